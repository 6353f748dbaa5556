"""Reading what a reroute has to solve: the affected orders and the network as both stand now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings
from django.db import connection
from django.db.backends.utils import CursorWrapper

from dispatch.bulk import fetch_columns
from dispatch.fingerprint import fingerprint, seconds_of_day
from dispatch.instance_sql import (
    BASKETS,
    CARRIERS,
    GOODS,
    JOIN_BASKET,
    LANES,
    ORDERS,
    PRODUCTS,
    RATES,
    REGIONS,
    RESTRICTIONS,
    SERVICES,
    STOCKED_LINES,
    TO_SOLVE,
    WANTED,
    WAREHOUSES,
)
from dispatch.models import RerouteRun, Zone
from dispatch.queries.network import coming_warehouses, lanes_closed_themselves
from dispatch.queries.standby import openable
from dispatch.queries.stock_left import STOCK_LEFT
from dispatch.room_left import UNLIMITED, RoomLeft
from dispatch.solver import Goods, Network, Orders
from dispatch.solver.problem import Bools, Floats, Ints

ZONES = list(Zone)


@dataclass(frozen=True)
class Instance:
    """The solver's input and what its indexes stand for.

    Lanes 0…len(lane_ids)-1 are those of `lane_ids`; after them comes each warehouse's counter, for orders that their
    customer collects. `changed` orders of the affected set were no longer open or allocated as frozen. `provinces`
    (the first digits of the region's code, "" where unknown), `temporary` and `capacities` (orders a day) are by
    warehouse; `products` are those of the goods. `openable` are the warehouses that are on standby and would be opened
    for it.
    """

    network: Network
    orders: Orders
    order_ids: Ints
    order_versions: Ints
    zone: Ints
    house: Ints
    lane_ids: Ints
    warehouse_codes: list[str]
    carrier_codes: list[str]
    changed: int
    provinces: list[str]
    temporary: Bools
    capacities: Ints
    goods: Goods | None = None
    products: list[str] = field(default_factory=list)
    openable: list[str] = field(default_factory=list)
    regions: list[str] = field(default_factory=list)
    zones: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    fingerprint: str = ""

    def is_collection(self, lane: Ints) -> Bools:
        return lane >= len(self.lane_ids)


def without_warehouses(instance: Instance, houses: Sequence[int]) -> Instance:
    """The same, as if these warehouses could not be used."""
    network, gone = instance.network, np.array(houses, np.int64)
    shut = np.isin(np.arange(len(instance.warehouse_codes)), gone)
    return replace(
        instance,
        network=replace(
            network,
            warehouse_open=network.warehouse_open & ~shut,
            lane_open=network.lane_open & ~shut[network.lane_warehouse],
        ),
        openable=[code for code in instance.openable if not shut[instance.warehouse_codes.index(code)]],
    )


def read_instance(run: RerouteRun, *, now: datetime) -> Instance:
    """The orders of the run's affected set that are still open and where they were, and the network around them.

    Lanes and warehouses offer on each of the run's days what their daily capacity leaves after everything else that
    leaves: orders dispatched since midnight, open orders outside the set on the day they are planned for, and what
    other approved runs hold. So it is with stock, of which the order system tells what is left to give. Call it in a
    REPEATABLE READ transaction.
    """
    with connection.cursor() as cursor:
        return Reading(cursor, run, now).instance()


class Reading:
    """One pass over the tables; codes become indexes on the way."""

    wanted = WANTED

    def __init__(self, cursor: CursorWrapper, run: RerouteRun, now: datetime) -> None:
        self.cursor, self.run = cursor, run
        self.local = now.astimezone(ZoneInfo(settings.TIME_ZONE))
        warehouses = self.rows(WAREHOUSES, {"exercise": run.exercise})
        self.houses: list[str] = [row[0] for row in warehouses]
        self.house_index = {code: index for index, code in enumerate(self.houses)}
        self.house_capacity = np.array([row[1] for row in warehouses], np.int64)
        self.unit_cost = np.array([row[2] for row in warehouses], np.float64)
        self.full = np.array([row[3] for row in warehouses], np.bool_)
        self.provinces = [row[4] for row in warehouses]
        self.temporary = np.array([row[5] for row in warehouses], np.bool_)
        regions = self.rows(REGIONS)
        self.regions = [row[0] for row in regions]
        self.core = np.array([row[1] for row in regions], np.bool_)
        self.services = [row[0] for row in self.rows(SERVICES)]
        self.carriers = [row[0] for row in self.rows(CARRIERS)]
        managed = self.rows(RESTRICTIONS)
        self.customers = sorted({customer for _house, customer in managed})
        self.managed = managed
        self.stock: list[tuple[str, str, int]] = [*self.rows(STOCK_LEFT, {"run": run.pk})]
        self.openable = openable(run)
        self.stocked: list[str] = []
        self.parameters: dict[str, Any] = {
            "set": run.affected_set_id,
            "now": now,
            "regions": self.regions,
            "services": self.services,
            "warehouses": self.houses,
            "customers": self.customers,
            "carriers": self.carriers,
            "exercise": run.exercise,
            "today": self.local.date(),
        }

    def rows(self, query: str, parameters: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        self.cursor.execute(query, parameters)
        return self.cursor.fetchall()

    def instance(self) -> Instance:
        lanes = fetch_columns(
            self.cursor,
            LANES,
            self.parameters,
            {
                "id": "int8",
                "warehouse": "int4",
                "region": "int4",
                "service": "int4",
                "carrier": "int4",
                "hours": "float8",
                "cutoff": "float8",
                "risk": "float8",
                "carbon": "float8",
                "sure": "float8",
            },
        )
        rates = fetch_columns(
            self.cursor,
            RATES,
            {},
            {"lane": "int8", "from": "float8", "to": "float8", "minimum": "float8", "rate": "float8"},
        )
        of_basket, baskets = self.maker_sets()
        # Baskets that the same warehouses have are one and the same to the solver.
        maker_sets, maker = np.unique(of_basket, axis=0, return_inverse=True)
        rows = self.order_rows(baskets)
        ids = lanes["id"]
        collected = rows["collected"]
        house = np.where(rows["house"] < 0, -1, rows["house"]).astype(np.int64)
        before = index_in(ids, rows["lane"])
        before = np.where(collected & (house >= 0), len(ids) + house, before)
        orders = Orders(
            region=rows["region"].astype(np.int64),
            service=rows["service"].astype(np.int64),
            collected=collected,
            weight=rows["weight"],
            quantity=rows["quantity"],
            priority=1 + np.maximum(rows["priority"], 0).astype(np.int64) + self.core[rows["region"]],
            makers=maker.reshape(-1)[rows["basket"]].astype(np.int64),
            servers=rows["customer"].astype(np.int64),
            slack=rows["slack"],
            lane=before,
            maker_sets=maker_sets,
            server_sets=self.server_sets(),
        )
        room = self.room(ids)
        room.without(before, house, rows["planned"].astype(np.int64))
        network, zones = self.network(lanes, rates, room), self.zones()
        return Instance(
            network=network,
            orders=orders,
            order_ids=rows["id"],
            order_versions=rows["version"],
            zone=zones[rows["region"]],
            house=house,
            lane_ids=ids,
            warehouse_codes=self.houses,
            carrier_codes=self.carriers,
            changed=self.run.affected_set.orders - self.run.affected_set.in_transit - len(rows["id"]),
            provinces=self.provinces,
            temporary=self.temporary,
            capacities=self.house_capacity,
            goods=self.goods(rows["id"]),
            products=self.stocked,
            openable=list(self.openable),
            regions=self.regions,
            zones=zones,
            fingerprint=fingerprint(self, lanes, rates, room, network),
        )

    def room(self, lane_ids: Ints) -> RoomLeft:
        room = RoomLeft(self.cursor, self.local, self.run.days, lane_ids, self.houses)
        room.read(self.run.pk)
        return room

    def clock(self) -> datetime:
        """The local time at which the network is looked at."""
        return self.local

    def order_rows(self, baskets: list[list[str]]) -> dict[str, Any]:
        import json

        query = ORDERS.format(
            basket="b.n::int4 - 1" if baskets else "0::int4",
            to_solve=TO_SOLVE,
            goods=GOODS + JOIN_BASKET if baskets else "",
            wanted=self.wanted,
        )
        return fetch_columns(
            self.cursor,
            query,
            {**self.parameters, "baskets": json.dumps(baskets)},
            {
                "id": "int8",
                "version": "int8",
                "region": "int4",
                "service": "int4",
                "collected": "bool",
                "weight": "float8",
                "quantity": "float8",
                "priority": "int4",
                "basket": "int4",
                "customer": "int4",
                "lane": "int8",
                "house": "int4",
                "slack": "float8",
                "planned": "int2",
            },
        )

    def maker_sets(self) -> tuple[Bools, list[list[str]]]:
        """Which warehouses have every product of each distinct basket; one row and no baskets when all have all. A
        product that a warehouse is known to have run out of is one it does not have."""
        gone: dict[str, set[str]] = {}
        for code, product, units in self.stock:
            if not units:
                gone.setdefault(code, set()).add(product)
        if self.full.all() and not gone:
            return np.ones((1, len(self.houses)), np.bool_), []
        kept: dict[str, set[str]] = {code: set() for code in self.houses}
        for code, product in self.rows(PRODUCTS):
            kept[code].add(product)
        baskets = [
            list(products) for (products,) in self.rows(f"{BASKETS} {self.wanted} ORDER BY products", self.parameters)
        ]
        sets = np.ones((max(len(baskets), 1), len(self.houses)), np.bool_)
        for index, code in enumerate(self.houses):
            if not self.full[index]:
                sets[: len(baskets), index] = [kept[code].issuperset(basket) for basket in baskets]
            if code in gone:
                having = [gone[code].isdisjoint(basket) for basket in baskets]
                sets[: len(baskets), index] &= np.array(having, np.bool_)
        return sets, baskets

    def goods(self, order_ids: Ints) -> Goods | None:
        """What the orders ask of products whose stock is known somewhere; None when nobody asks for any."""
        if not self.stock:
            return None
        products = self.stocked = sorted({product for _house, product, _units in self.stock})
        lines = fetch_columns(
            self.cursor,
            STOCKED_LINES,
            {**self.parameters, "products": products},
            {"order": "int8", "product": "int4", "units": "int8"},
        )
        if not len(lines["order"]):
            return None
        known = np.full((len(self.houses), len(products)), -1, np.int64)
        place = {product: index for index, product in enumerate(products)}
        for code, product, units in self.stock:
            known[self.house_index[code], place[product]] = units
        order = index_in(order_ids, lines["order"])
        asked = order >= 0
        return Goods(order[asked], lines["product"][asked].astype(np.int64), lines["units"][asked], known)

    def server_sets(self) -> Bools:
        """Row 0: warehouses that serve anybody; row n: those that may serve the n-th restricted customer."""
        sets = np.ones((len(self.customers) + 1, len(self.houses)), np.bool_)
        place = {customer: row for row, customer in enumerate(self.customers, start=1)}
        sets[:, [self.house_index[code] for code, _customer in self.managed]] = False
        for code, customer in self.managed:
            sets[place[customer], self.house_index[code]] = True
        return sets

    def network(self, lanes: dict[str, Any], rates: dict[str, Any], room: RoomLeft) -> Network:
        houses, count = len(self.houses), len(lanes["id"])
        first_day = self.first_days()
        opened = first_day < self.run.days
        closed = np.fromiter(lanes_closed_themselves(self.run.exercise), np.int64)

        def counters(values: Any, counter: int) -> Any:
            """Columns for the lanes, continued for the counters."""
            values = np.asarray(values)
            return np.concatenate([values, np.full((*values.shape[:-1], houses), counter, values.dtype)], -1)

        waiting = self.hours_to_cutoff(lanes["cutoff"])
        spread = bool((lanes["sure"] > lanes["hours"]).any())
        left, surge = room.lanes()
        left, surge, house_left = counters(left, UNLIMITED), counters(surge, 0), room.warehouses(self.house_capacity)
        house_left = np.where(np.arange(len(house_left))[:, None] < first_day, 0, house_left)
        return Network(
            warehouse_capacity=house_left[0],
            warehouse_open=opened,
            unit_cost=self.unit_cost,
            lane_warehouse=np.concatenate([lanes["warehouse"], np.arange(houses)]).astype(np.int64),
            lane_region=counters(lanes["region"].astype(np.int64), -1),
            lane_service=counters(lanes["service"].astype(np.int64), 0),
            lane_capacity=left[0],
            lane_hours=counters(lanes["hours"] + waiting, 0),
            lane_open=np.concatenate([~np.isin(lanes["id"], closed) & opened[lanes["warehouse"]], opened]),
            lane_collected=np.arange(count + houses) >= count,
            rate_lane=index_in(lanes["id"], rates["lane"]),
            rate_from=rates["from"],
            rate_to=rates["to"],
            rate_minimum=rates["minimum"],
            rate_per_weight=rates["rate"],
            lane_later=left[1:] if len(left) > 1 else None,
            warehouse_later=house_left[1:] if len(left) > 1 else None,
            lane_carrier=counters(lanes["carrier"].astype(np.int64), -1),
            lane_surge=surge[0],
            lane_surge_later=surge[1:] if len(left) > 1 else None,
            lane_surge_cost=counters(room.surge_cost, 0),
            lane_risk=counters(lanes["risk"], 0),
            lane_carbon=counters(lanes["carbon"], 0),
            lane_sure_hours=counters(lanes["sure"] + waiting, 0) if spread else None,
        )

    def first_days(self) -> Ints:
        """The day from which each warehouse can be used: today, the one on which it is to be open, or would be when it
        is opened now, or none."""
        never = np.iinfo(np.int64).max
        coming, zone = coming_warehouses(self.run.exercise), self.local.tzinfo
        coming |= {code: self.local + lead for code, lead in self.openable.items()}

        def first(code: str) -> int:
            usable = coming[code]
            return never if usable is None else max((usable.astimezone(zone).date() - self.local.date()).days, 1)

        return np.array([first(code) if code in coming else 0 for code in self.houses], np.int64)

    def hours_to_cutoff(self, cutoff: Floats) -> Floats:
        """From now to the departure at the next cut-off; none without one."""
        return np.where(cutoff < 0, 0.0, np.mod(cutoff - seconds_of_day(self.local), 86_400) / 3600)

    def zones(self) -> Ints:
        """Index into ZONES of each region."""
        by_digit = {zone.value: index for index, zone in enumerate(ZONES)}
        zones = []
        for code, core in zip(self.regions, self.core, strict=True):
            national = len(code) == 6 and code.isascii() and code.isdigit()
            zone = Zone.CORE if core else code[0] if national and code[0] in by_digit else Zone.OTHER
            zones.append(by_digit[str(zone)])
        return np.array(zones, np.int64)


def index_in(ids: Ints, wanted: Ints) -> Ints:
    """Place of each wanted id in the sorted `ids`, -1 where it is not among them."""
    if not len(ids):
        return np.full(len(wanted), -1, np.int64)
    place = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return np.where(ids[place] == wanted, place, -1).astype(np.int64)
