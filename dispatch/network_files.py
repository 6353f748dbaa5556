"""Reading a network and its orders from seven CSV files, as freight departments keep them.

The shape is that of the "Supply Chain Logistics Problem Dataset" (Dzalbs & Kalganova, Brunel University): OrderList,
FreightRates, WhCosts, WhCapacities, ProductsPerPlant, PlantPorts and VmiCustomers. No database here. Every problem is
collected with its file and row, so that a file can be put right in one go.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

COLLECTED = "CRF"  # customer referred freight: the customer's carrier fetches it, so that it needs no rate
THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?")
UNSTORABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
MOST_PROBLEMS = 50
Value = TypeVar("Value")


class FilesRefused(Exception):
    """The files cannot be imported; `problems` says where and why, each as "FILE row N: …"."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Rate:
    """One line of the freight table. Weights in kg, money per shipment and per kg, transit in days."""

    carrier: str
    origin: str
    destination: str
    service_level: str
    min_weight: Decimal
    max_weight: Decimal
    minimum: Decimal
    rate: Decimal
    mode: str
    transit_days: int


@dataclass(frozen=True)
class FileOrder:
    external_id: str
    ordered_on: date
    origin: str
    carrier: str
    service_level: str
    customer: str
    product: str
    plant: str
    destination: str
    quantity: int
    weight: Decimal

    @property
    def collected(self) -> bool:
        return self.service_level == COLLECTED


@dataclass
class NetworkFiles:
    """What the files say. `warnings` are rows that were left out because they name a plant that does not exist."""

    capacities: dict[str, int] = field(default_factory=dict)
    costs: dict[str, Decimal] = field(default_factory=dict)
    products: set[tuple[str, str]] = field(default_factory=set)
    ports: set[tuple[str, str]] = field(default_factory=set)
    customers: set[tuple[str, str]] = field(default_factory=set)
    rates: set[Rate] = field(default_factory=set)
    orders: list[FileOrder] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    sha256: str = ""


class Row:
    """One row of a file by column name; what cannot be read becomes a problem with its place."""

    def __init__(self, file: File, number: int, cells: dict[str, str]) -> None:
        self.file, self.number, self.cells = file, number, cells

    @property
    def place(self) -> str:
        return f"{self.file.name} row {self.number}"

    def read(self, column: str, parse: Callable[[str], Value]) -> Value:
        text = self.cells[column.casefold()]
        try:
            return parse(text)
        except ValueError as error:
            raise BadCell(f"{self.place}: {column} {text[:40]!r} {error}") from error

    def code(self, column: str, longest: int = 32) -> str:
        def parse(text: str) -> str:
            if not text:
                raise ValueError("is missing")
            if len(text) > longest or UNSTORABLE.search(text):
                raise ValueError(f"is not a code of at most {longest} characters")
            return text

        return self.read(column, parse)

    def decimal(self, column: str) -> Decimal:
        return self.read(column, exact)

    def count(self, column: str) -> int:
        return self.read(column, whole)

    def day(self, column: str) -> date:
        def parse(text: str) -> date:
            try:
                return date.fromisoformat(text[:10])
            except ValueError as error:
                raise ValueError("is not a date like 2013-05-26") from error

        return self.read(column, parse)


class BadCell(ValueError):
    pass


def exact(text: str) -> Decimal:
    """A number that is not negative; thousands separators are understood, rounding is not done."""
    if THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    if not NUMBER.fullmatch(text) or len(text) > 40:
        raise ValueError("is not a number")
    value = Decimal(text)
    if value < 0:
        raise ValueError("is negative")
    if value >= 10**12:
        raise ValueError("is too large")
    return value


def whole(text: str) -> int:
    value = exact(text)
    if value != int(value) or value >= 2**31:
        raise ValueError("is not a whole number")
    return int(value)


class File:
    """One CSV file of the folder: UTF-8, a header, blanks around headers and values ignored."""

    def __init__(self, folder: Path, name: str, problems: list[str]) -> None:
        self.name, self.path, self.problems = f"{name}.csv", folder / f"{name}.csv", problems

    def rows(self, *columns: str) -> Iterator[Row]:
        """The rows that have all of `columns`; stops early once there are problems enough to work on."""
        try:
            text = self.path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            self.problems.append(f"{self.name}: the file is missing")
            return
        except (OSError, UnicodeDecodeError) as error:
            self.problems.append(f"{self.name}: cannot be read: {error}")
            return
        reader = csv.reader(io.StringIO(text, newline=""))
        header = [cell.strip().casefold() for cell in next(reader, [])]
        missing = [column for column in columns if column.casefold() not in header]
        if missing:
            self.problems.append(f"{self.name}: has no column {', '.join(missing)}")
            return
        for cells in reader:
            if len(self.problems) >= MOST_PROBLEMS:
                return
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                self.problems.append(
                    f"{self.name} row {reader.line_num}: {len(cells)} columns instead of {len(header)}"
                )
                continue
            values = [cell.strip() for cell in cells]
            yield Row(self, reader.line_num, dict(zip(header, values, strict=True)))


class Reading:
    """Collects the files of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.found, self.problems = folder, NetworkFiles(), list[str]()

    def file(self, name: str) -> File:
        return File(self.folder, name, self.problems)

    def each(self, file: File, columns: tuple[str, ...], take: Callable[[Row], None]) -> None:
        for row in file.rows(*columns):
            try:
                take(row)
            except BadCell as error:
                self.problems.append(str(error))

    def plants(self) -> None:
        """Plants are what both the capacity and the cost table have."""
        capacities, costs = self.found.capacities, self.found.costs

        def capacity(row: Row) -> None:
            self.once(row, capacities, row.code("Plant ID"), row.count("Daily Capacity"))

        def cost(row: Row) -> None:
            self.once(row, costs, row.code("Plant ID"), row.decimal("Cost/unit"))

        self.each(self.file("WhCapacities"), ("Plant ID", "Daily Capacity"), capacity)
        self.each(self.file("WhCosts"), ("Plant ID", "Cost/unit"), cost)
        for code in sorted(set(capacities) ^ set(costs)):
            lacking = "WhCosts.csv" if code in capacities else "WhCapacities.csv"
            self.problems.append(f"{lacking}: has no row for {code}")

    @staticmethod
    def once(row: Row, table: dict[str, Value], code: str, value: Value) -> None:
        if table.setdefault(code, value) != value:
            raise BadCell(f"{row.place}: {code} is listed again with another value")

    def pairs(self, name: str, column: str, longest: int, into: set[tuple[str, str]]) -> None:
        """A table of plant and something; rows of what is not a plant are left out with a warning."""

        def take(row: Row) -> None:
            plant = row.code("Plant Code")
            if plant not in self.found.capacities:
                self.found.warnings.append(f"{row.place}: {plant} is not a plant; left out")
                return
            into.add((plant, row.code(column, longest)))

        self.each(self.file(name), ("Plant Code", column), take)

    def rates(self) -> None:
        ports = {port for _plant, port in self.found.ports}
        idle: set[str] = set()

        def take(row: Row) -> None:
            rate = Rate(
                carrier=row.code("Carrier"),
                origin=row.code("orig_port_cd"),
                destination=row.code("dest_port_cd"),
                service_level=row.code("svc_cd", 16),
                min_weight=row.decimal("minm_wgh_qty"),
                max_weight=row.decimal("max_wgh_qty"),
                minimum=row.decimal("minimum cost"),
                rate=row.decimal("rate"),
                mode=row.code("mode_dsc", 16),
                transit_days=row.count("tpt_day_cnt"),
            )
            if rate.min_weight > rate.max_weight:
                raise BadCell(f"{row.place}: minm_wgh_qty {rate.min_weight} is above max_wgh_qty {rate.max_weight}")
            if rate.transit_days > 365:
                raise BadCell(f"{row.place}: tpt_day_cnt {rate.transit_days} is more than a year")
            if rate.origin not in ports and rate.origin not in idle:
                idle.add(rate.origin)
                self.found.warnings.append(f"{row.place}: no plant has port {rate.origin}; its rates are left out")
            self.found.rates.add(rate)

        columns = ("Carrier", "orig_port_cd", "dest_port_cd", "minm_wgh_qty", "max_wgh_qty", "svc_cd")
        self.each(self.file("FreightRates"), (*columns, "minimum cost", "rate", "mode_dsc", "tpt_day_cnt"), take)

    def orders(self) -> None:
        seen: dict[str, int] = {}

        def take(row: Row) -> None:
            order = FileOrder(
                external_id=row.code("Order ID", 64),
                ordered_on=row.day("Order Date"),
                origin=row.code("Origin Port"),
                carrier=row.code("Carrier"),
                service_level=row.code("Service Level", 16),
                customer=row.code("Customer", 64),
                product=row.code("Product ID", 64),
                plant=row.code("Plant Code"),
                destination=row.code("Destination Port"),
                quantity=row.count("Unit quantity"),
                weight=row.decimal("Weight"),
            )
            if order.plant not in self.found.capacities:
                raise BadCell(f"{row.place}: Plant Code {order.plant!r} is not a plant")
            if (first := seen.setdefault(order.external_id, row.number)) != row.number:
                raise BadCell(f"{row.place}: Order ID {order.external_id} was listed in row {first} already")
            self.found.orders.append(order)

        columns = ("Order ID", "Order Date", "Origin Port", "Carrier", "Service Level", "Customer", "Product ID")
        self.each(self.file("OrderList"), (*columns, "Plant Code", "Destination Port", "Unit quantity", "Weight"), take)


def read_network(folder: Path) -> NetworkFiles:
    """Read the seven files of `folder`. Raises FilesRefused with up to 50 problems; then nothing can be used."""
    reading = Reading(folder)
    reading.plants()
    reading.pairs("ProductsPerPlant", "Product ID", 64, reading.found.products)
    reading.pairs("PlantPorts", "Port", 32, reading.found.ports)
    reading.pairs("VmiCustomers", "Customers", 64, reading.found.customers)
    reading.rates()
    reading.orders()
    if reading.problems:
        raise FilesRefused(reading.problems[:MOST_PROBLEMS])
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.csv")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    reading.found.sha256 = digest.hexdigest()
    return reading.found
