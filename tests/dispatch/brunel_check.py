"""Judges a reroute of the freight data from the CSV files alone: nothing of the product is imported here.

Rules: a plant may serve an order if it makes the product, customer-managed plants only their customers, and one of its
ports has a rate for the order's service level and weight (CRF is collected: no rate needed, freight 0). Cost is
quantity x unit cost + the cheapest max(minimum, rate x weight). A plant ships its daily capacity; orders that stay
where they are use theirs up first.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array


@dataclass(frozen=True)
class Order:
    number: str
    service: str
    customer: str
    product: str
    plant: str
    destination: str
    quantity: int
    weight: Decimal
    carrier: str


class Files:
    """The seven tables, as plain dictionaries."""

    def __init__(self, folder: Path) -> None:
        def rows(name: str) -> list[dict[str, str]]:
            with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
                return list(csv.DictReader(file))

        self.capacity = {row["Plant ID"]: int(row["Daily Capacity"]) for row in rows("WhCapacities")}
        self.unit_cost = {row["Plant ID"]: Decimal(row["Cost/unit"]) for row in rows("WhCosts")}
        self.makers = defaultdict(set)
        for row in rows("ProductsPerPlant"):
            self.makers[row["Product ID"]].add(row["Plant Code"])
        self.managed = defaultdict(set)
        for row in rows("VmiCustomers"):
            self.managed[row["Plant Code"]].add(row["Customers"])
        self.ports = defaultdict(set)
        for row in rows("PlantPorts"):
            self.ports[row["Plant Code"]].add(row["Port"])
        self.rates = defaultdict(list)
        for row in rows("FreightRates"):
            band = [Decimal(row[name]) for name in ("minm_wgh_qty", "max_wgh_qty", "minimum cost", "rate")]
            band.append(row["Carrier"])
            self.rates[row["orig_port_cd"], row["dest_port_cd"], row["svc_cd"]].append(band)
        self.orders = {
            row["Order ID"]: Order(
                row["Order ID"],
                row["Service Level"],
                row["Customer"],
                row["Product ID"],
                row["Plant Code"],
                row["Destination Port"],
                int(row["Unit quantity"]),
                Decimal(row["Weight"]),
                row["Carrier"],
            )
            for row in rows("OrderList")
        }


class Judge:
    """What is lawful, what it costs, and what the best plan would be, once plants and carriers are closed.

    Orders of those are to be rerouted, and with `everything` all others as well. Each plant has its capacity on each of
    `days`; orders that stay where they are use the first day's up.
    """

    def __init__(
        self, files: Files, closed: str = "", *, carrier: str = "", everything: bool = False, days: int = 1
    ) -> None:
        self.files, self.closed, self.carrier, self.days = files, closed, carrier, days
        self.affected = {
            number: order
            for number, order in files.orders.items()
            if everything or order.plant == closed or order.carrier == carrier
        }
        stay = Counter(order.plant for number, order in files.orders.items() if number not in self.affected)
        self.capacity = {plant: capacity for plant, capacity in files.capacity.items() if plant != closed}
        self.room = {plant: max(capacity - stay[plant], 0) for plant, capacity in self.capacity.items()}

    def over_days(self, days: int | None = None) -> dict[str, int]:
        """Each plant's room on all days together."""
        later = (self.days if days is None else days) - 1
        return {plant: self.room[plant] + later * self.capacity[plant] for plant in self.room}

    def freight(self, order: Order, plant: str) -> Decimal | None:
        if order.service == "CRF":
            return Decimal(0)
        offers = [
            max(minimum, rate * order.weight)
            for port in self.files.ports[plant]
            for low, high, minimum, rate, carrier in self.files.rates[port, order.destination, order.service]
            if low <= order.weight <= high and carrier != self.carrier
        ]
        return min(offers, default=None)

    def cost(self, order: Order, plant: str) -> Decimal | None:
        freight = self.freight(order, plant)
        return None if freight is None else freight + order.quantity * self.files.unit_cost[plant]

    def ways(self, order: Order) -> tuple[dict[str, Decimal], str]:
        """Lawful plants with their costs, and the first rule that fails when there is none."""
        makers = [plant for plant in self.room if plant in self.files.makers[order.product]]
        if not makers:
            return {}, "product"
        servers = [
            plant for plant in makers if plant not in self.files.managed or order.customer in self.files.managed[plant]
        ]
        if not servers:
            return {}, "customer"
        costs = {plant: cost for plant in servers if (cost := self.cost(order, plant)) is not None}
        return costs, "" if costs else "rate"

    def routable(self) -> int:
        """Orders that some plant may lawfully serve."""
        return sum(bool(self.ways(order)[0]) for order in self.affected.values())

    def optimum(self, days: int | None = None) -> tuple[int, float]:
        """(most orders that can be served, least cost of serving that many), by HiGHS over single orders."""
        room = self.over_days(days)
        order, plant, cost = [], [], []
        plants = sorted(self.room)
        for row, wanted in enumerate(self.affected.values()):
            for name, price in self.ways(wanted)[0].items():
                order.append(row)
                plant.append(plants.index(name))
                cost.append(float(price))
        count, columns = len(self.affected), np.arange(len(order))
        rows = np.concatenate([np.array(order), count + np.array(plant)])
        shape = (count + len(plants), len(order))
        matrix = coo_array((np.ones(len(rows)), (rows, np.tile(columns, 2))), shape=shape).tocsr()
        limits = np.concatenate([np.ones(count), [room[name] for name in plants]])
        most = linprog(-np.ones(len(order)), A_ub=matrix, b_ub=limits, bounds=(0, 1), method="highs")
        served = round(-most.fun)
        ones = coo_array(np.ones((1, len(order)))).tocsr()
        least = linprog(cost, A_ub=matrix, b_ub=limits, A_eq=ones, b_eq=[served], bounds=(0, 1), method="highs")
        return served, least.fun

    def faults(
        self, plants: Mapping[str, str], reasons: Mapping[str, str], costs: Mapping[str, Decimal], tolerance: Decimal
    ) -> list[str]:
        """Everything wrong with a plan: `plants` of the served orders, `reasons` of the others, `costs` as stated."""
        found = []
        if set(plants) | set(reasons) != set(self.affected) or set(plants) & set(reasons):
            found.append("the plan does not decide about every affected order exactly once")
        for plant, count in Counter(plants.values()).items():
            if count > self.over_days().get(plant, 0):
                found.append(f"{plant} gets {count} orders and has room for {self.over_days().get(plant, 0)}")
        for number, plant in plants.items():
            lawful, _rule = self.ways(self.affected[number])
            if plant not in lawful:
                found.append(f"{number} may not go to {plant}")
            elif abs(lawful[plant] - costs[number]) > tolerance:
                found.append(f"{number} costs {lawful[plant]}, not {costs[number]}")
        for number, reason in reasons.items():
            lawful, rule = self.ways(self.affected[number])
            if reason != (rule or "capacity"):
                found.append(f"{number} has no way for {rule or 'capacity'}, not {reason}")
        return found
