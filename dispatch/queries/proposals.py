"""What a proposal means for warehouses, lanes and orders: the tables of the reroute page."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.models import Count

from dispatch.models import Lane, Outcome, RerouteRun, SkipReason, Warehouse
from dispatch.models.network import service_name
from dispatch.queries.counted import by_lane, by_warehouse, tally_of_run
from dispatch.queries.reservations import local_day
from dispatch.queries.rooms import lane_rooms
from journal import clock


@dataclass(frozen=True)
class Load:
    """Orders of the run at a warehouse or on a lane, before and after. `capacity` is that of the run's days on which
    there was room, `others` what orders outside the run use of it; both None without a limit."""

    label: str
    detail: str
    before: int
    after: int
    capacity: int | None
    others: int | None
    closed: bool

    @property
    def shares(self) -> tuple[float, float]:
        """Percent of the capacity that others and this run take."""
        if not self.capacity or self.others is None:
            return (0.0, 0.0)
        others = min(100.0, 100 * self.others / self.capacity)
        return (others, min(100 - others, 100 * self.after / self.capacity))

    @property
    def full(self) -> bool:
        return self.capacity is not None and self.others is not None and self.others + self.after >= self.capacity


BY_WAREHOUSE = """
SELECT w.code, coalesce(b.orders, 0), coalesce(n.orders, 0) FROM dispatch_warehouse w
LEFT JOIN (
    SELECT a.warehouse_id AS code, count(*) AS orders FROM dispatch_proposal p
    JOIN dispatch_affectedorder a ON a.affected_set_id = %(set)s AND a.order_id = p.order_id
    WHERE p.run_id = %(run)s GROUP BY 1
) b ON b.code = w.code
LEFT JOIN (
    SELECT coalesce(l.warehouse_id, p.warehouse_id) AS code, count(*) AS orders FROM dispatch_proposal p
    LEFT JOIN dispatch_lane l ON l.id = p.lane_id WHERE p.run_id = %(run)s AND p.wave > 0 GROUP BY 1
) n ON n.code = w.code
WHERE b.orders > 0 OR n.orders > 0 ORDER BY coalesce(n.orders, 0) DESC, coalesce(b.orders, 0) DESC, w.code
"""
BY_LANE = """
SELECT coalesce(b.lane, n.lane), coalesce(b.orders, 0), coalesce(n.orders, 0) FROM (
    SELECT a.lane_id AS lane, count(*) AS orders FROM dispatch_proposal p
    JOIN dispatch_affectedorder a ON a.affected_set_id = %(set)s AND a.order_id = p.order_id
    WHERE p.run_id = %(run)s AND a.lane_id IS NOT NULL GROUP BY 1
) b
FULL JOIN (
    SELECT lane_id AS lane, count(*) AS orders FROM dispatch_proposal
    WHERE run_id = %(run)s AND lane_id IS NOT NULL GROUP BY 1
) n ON n.lane = b.lane
ORDER BY 3 DESC, 2 DESC, 1 LIMIT %(limit)s
"""


KEPT = 3600  # seconds


def rows(query: str, run: RerouteRun, **parameters: int | None) -> list[tuple[Any, ...]]:
    """What a query counts in the proposal of a run that was solved before its plan was counted; kept for a while, since
    a million rows take their time. They change only when the run is solved or another of its options is chosen."""
    told = (run.pk, run.goal, run.solved_at, query, sorted(parameters.items()))
    key = f"dispatch:proposal:{hashlib.sha256(repr(told).encode()).hexdigest()}"
    found = None if run.solved_at is None else cache.get(key)
    if found is None:
        with connection.cursor() as cursor:
            cursor.execute(query, {"run": run.pk, "set": run.affected_set_id, **parameters})
            found = cursor.fetchall()
        if run.solved_at is not None:
            cache.set(key, found, KEPT)
    return found


def warehouse_loads(run: RerouteRun) -> list[Load]:
    """Warehouses that lose or gain orders, most gained first."""
    tally = tally_of_run(run)
    counts = rows(BY_WAREHOUSE, run) if tally is None else by_warehouse(tally)
    houses = Warehouse.objects.in_bulk([code for code, _before, _after in counts])
    loads = []
    for code, before, after in counts:
        house = houses[code]
        left, days = left_over_days(run, "warehouses", code)
        closed = not left and not after and before > 0
        capacity = house.daily_capacity * days
        others = None if closed else max(capacity - (left or 0), 0)
        loads.append(Load(house.label, code, before, after, capacity, others, closed))
    return loads


def left_over_days(run: RerouteRun, what: str, key: str) -> tuple[int | None, int]:
    """What the run was offered of a lane or warehouse on all its days (None: not counted), and on how many there was
    some, one at least."""
    days = [day.get(what, {}).get(key) for day in (run.offered, *run.offered.get("later", []))]
    left = [count for count in days if count is not None]
    return (sum(left) if left else None), max(sum(count > 0 for count in left), 1)


def lane_loads(run: RerouteRun, limit: int | None = None) -> list[Load]:
    """Lanes that lose or gain orders, most gained first."""
    tally = tally_of_run(run)
    counts = rows(BY_LANE, run, limit=limit) if tally is None else by_lane(tally)[:limit]
    related = Lane.objects.select_related("warehouse", "region", "carrier")
    lanes = related.in_bulk([lane for lane, _before, _after in counts])
    rooms = lane_rooms(local_day(run.solved_at or clock.now()), [*lanes])
    loads = []
    for number, before, after in counts:
        lane = lanes[number]
        left, days = left_over_days(run, "lanes", str(number))
        daily = rooms[number].total if number in rooms else 0
        capacity = None if daily is None else daily * days
        closed = left is None and capacity is not None and not after
        others = None if left is None or capacity is None else max(capacity - left, 0)
        label = f"{lane.warehouse.label} → {lane.region.label}"
        detail = f"{lane.carrier.label} · {service_name(lane.service_level)}"
        loads.append(Load(label, detail, before, after, capacity, others, closed))
    return loads


@dataclass(frozen=True)
class ReasonCount:
    code: str
    label: str
    orders: int


def reasons(run: RerouteRun) -> list[ReasonCount]:
    """Why orders get no lane, in the order in which the rules are asked."""
    found = []
    for outcome in Outcome:
        count = run.by_reason.get(outcome.name.lower(), 0)
        if count:
            found.append(ReasonCount(outcome.name.lower(), str(outcome.label), count))
    return found


@dataclass(frozen=True)
class Unserved:
    """An order without a lane and why."""

    external_id: str
    region: str
    priority: int
    reason: str


def unserved(run: RerouteRun, *, reason: str = "", limit: int = 100) -> list[Unserved]:
    """Orders without a lane: those that capacity cost their lane first, then by number."""
    if not run.unroutable:
        return []
    found = run.proposals.exclude(outcome=Outcome.ASSIGNED).select_related("order__region")
    if reason:
        found = found.filter(outcome=Outcome[reason.upper()])
    return [
        Unserved(row.order.external_id, row.order.region.label, row.order.priority, str(Outcome(row.outcome).label))
        for row in found.order_by("-outcome", "order_id")[:limit]
    ]


@dataclass(frozen=True)
class Skipped:
    why: str
    orders: int


def skipped(run: RerouteRun) -> list[Skipped]:
    """How many orders the waves left alone, by what had changed."""
    counts = run.skips.values("why").annotate(orders=Count("order_id")).order_by("-orders", "why")
    return [Skipped(str(SkipReason(row["why"]).label), row["orders"]) for row in counts]
