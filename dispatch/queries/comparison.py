"""Two proposals for the same orders, side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
from django.core.cache import cache
from django.db import connection, transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dispatch.models import Carrier, Lane, Order, Region, RerouteRun, Warehouse
from dispatch.plans import UNKNOWN, Plan
from dispatch.queries.reroutes import require_written
from dispatch.solver.problem import Ints

MOST_ROWS, MOST_SAMPLES, KEPT = 12, 10, 600

# Orders that the two proposals treat differently, by both ways: lane 0 and warehouse '' stand for none.
CHANGED = """
SELECT coalesce(b.lane_id, 0), coalesce(b.warehouse_id, ''), coalesce(n.lane_id, 0), coalesce(n.warehouse_id, ''),
    count(*), min(coalesce(n.order_id, b.order_id)),
    count(*) FILTER (WHERE n.on_time) - count(*) FILTER (WHERE b.on_time)
FROM (SELECT * FROM dispatch_proposal WHERE run_id = %(old)s) b
FULL JOIN (SELECT * FROM dispatch_proposal WHERE run_id = %(new)s) n ON n.order_id = b.order_id
WHERE (b.lane_id, b.warehouse_id) IS DISTINCT FROM (n.lane_id, n.warehouse_id)
    OR coalesce(b.day, 0) <> coalesce(n.day, 0)
GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 1, 2, 3, 4
"""
SAMPLES = """
SELECT o.external_id, b.lane_id, b.warehouse_id, n.lane_id, n.warehouse_id, b.cost, n.cost
FROM dispatch_proposal n JOIN dispatch_proposal b ON b.order_id = n.order_id AND b.run_id = %(old)s
JOIN dispatch_order o ON o.id = n.order_id
WHERE n.run_id = %(new)s AND n.order_id = ANY(%(orders)s::bigint[]) ORDER BY n.order_id
"""

# Of some orders of a proposal: way, day, whether in time (-1: nothing promised) and cost.
OLD = """
SELECT p.order_id, coalesce(p.lane_id, 0), coalesce(p.warehouse_id, ''), p.day, coalesce(p.on_time::int, -1), p.cost
FROM unnest(%(part)s::bigint[]) part(id) JOIN dispatch_proposal p ON p.run_id = %(run)s AND p.order_id = part.id
"""


@dataclass(frozen=True)
class Gain:
    """How many more (or fewer) orders something gets than in the other proposal."""

    code: str
    label: str
    before: int
    after: int

    @property
    def change(self) -> int:
        return self.after - self.before


@dataclass(frozen=True)
class Sample:
    """One order that the two treat differently; costs in currency, None without a way."""

    external_id: str
    before: str
    after: str
    cost_before: Decimal | None
    cost_after: Decimal | None


@dataclass(frozen=True)
class Comparison:
    """What `after` changes against `before`: `orders` with another way, and the differences of the figures.
    `warehouses`, `carriers` and `regions` count those orders only."""

    before: int
    after: int
    orders: int
    on_time: int
    assigned: int
    cost: Decimal | None
    on_time_share: float | None
    warehouses: list[Gain] = field(default_factory=list)
    carriers: list[Gain] = field(default_factory=list)
    regions: list[Gain] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)


def compare_runs(before: RerouteRun, after: RerouteRun) -> Comparison:
    """The change from one proposal to another; kept for a while, since a million rows take their time. Raises
    BeingWritten."""
    key = f"dispatch:change:{before.pk}:{before.version}:{after.pk}:{after.version}:{get_language()}"
    found = cache.get(key)
    if found is None:
        found = read_comparison(before, after)
        cache.set(key, found, KEPT)
    return found


def change_of(base: RerouteRun, plan: Plan, part: Ints) -> dict[str, Any]:
    """What a plan for the orders of `part` changes against a proposal that has them: rows as of CHANGED and SAMPLES."""
    with connection.cursor() as cursor:
        cursor.execute(OLD, {"run": base.pk, "part": part.tolist()})
        old = {order: tuple(row) for order, *row in cursor.fetchall()}
    house, lane = np.where(plan.way < 0, -1 - plan.way, -1), np.maximum(plan.way, 0)
    cost = [None if units == UNKNOWN else units for units in plan.cost.tolist()]
    columns = (plan.order.tolist(), lane.tolist(), house.tolist(), plan.day.tolist(), plan.on_time.tolist(), cost)
    new = {
        order: (lane, "" if house < 0 else plan.houses[house], *rest)
        for order, lane, house, *rest in zip(*columns, strict=True)
    }
    none = (0, "", 0, -1, None)
    groups: dict[tuple[Any, ...], list[int]] = {}
    for order in part.tolist():
        was, now = old.get(order, none), new.get(order, none)
        if was[:3] != now[:3]:
            group = groups.setdefault((*was[:2], *now[:2]), [0, order, 0])
            group[0] += 1
            group[2] += (now[3] == 1) - (was[3] == 1)
    rows = [[*ways, *group] for ways, group in groups.items()]
    rows.sort(key=lambda row: (-row[4], *row[:4]))
    least = sorted(row[5] for row in rows[:MOST_SAMPLES] if row[5] in old and row[5] in new)
    samples = [
        [order, *[way or None for way in (*old[order][:2], *new[order][:2])], old[order][4], new[order][4]]
        for order in least
    ]
    return {"base": base.pk, "rows": rows, "samples": samples}


def read_changed(before: RerouteRun, after: RerouteRun) -> tuple[list[Any], list[Any]]:
    """Rows of CHANGED and of SAMPLES. Raises BeingWritten."""
    if after.change is not None and after.change["base"] == before.pk:
        orders = Order.objects.in_bulk([row[0] for row in after.change["samples"]])
        samples = [[orders[order].external_id, *rest] for order, *rest in after.change["samples"]]
        return after.change["rows"], samples
    require_written(before)
    require_written(after)
    parameters = {"old": before.pk, "new": after.pk}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute(CHANGED, parameters)
        changed = cursor.fetchall()
        cursor.execute(SAMPLES, {**parameters, "orders": [row[5] for row in changed[:MOST_SAMPLES]]})
        return changed, cursor.fetchall()


def read_comparison(before: RerouteRun, after: RerouteRun) -> Comparison:
    changed, samples = read_changed(before, after)
    ids = {row[0] for row in changed} | {row[2] for row in changed}
    ids |= {lane for row in samples for lane in (row[1], row[3]) if lane}
    lanes = Lane.objects.select_related("warehouse", "region", "carrier").in_bulk(list(ids))
    counts: dict[str, dict[str, list[int]]] = {
        thing: defaultdict(lambda: [0, 0]) for thing in ("warehouse", "carrier", "region")
    }
    for old_lane, old_house, new_lane, new_house, orders, _least, _gain in changed:
        for side, number, house in ((0, old_lane, old_house), (1, new_lane, new_house)):
            lane = lanes.get(number)
            counts["warehouse"][lane.warehouse_id if lane else house][side] += orders
            if lane:
                counts["carrier"][lane.carrier_id][side] += orders
        lane = lanes.get(new_lane) or lanes.get(old_lane)
        if lane:
            counts["region"][lane.region_id][0 if new_lane == 0 else 1] += orders
    return Comparison(
        before=before.pk,
        after=after.pk,
        orders=sum(row[4] for row in changed),
        on_time=sum(row[6] for row in changed),
        assigned=after.assigned - before.assigned,
        cost=None if before.cost_after is None or after.cost_after is None else after.cost_after - before.cost_after,
        on_time_share=None
        if before.on_time_after is None or after.on_time_after is None
        else after.on_time_after - before.on_time_after,
        warehouses=gains(counts["warehouse"], Warehouse.objects.in_bulk(list(counts["warehouse"]))),
        carriers=gains(counts["carrier"], Carrier.objects.in_bulk(list(counts["carrier"]))),
        regions=gains(counts["region"], Region.objects.in_bulk(list(counts["region"]))),
        samples=[
            Sample(
                number,
                way(lanes.get(old_lane), old_house),
                way(lanes.get(new_lane), new_house),
                None if old_cost is None else Decimal(old_cost) / before.scale,
                None if new_cost is None else Decimal(new_cost) / after.scale,
            )
            for number, old_lane, old_house, new_lane, new_house, old_cost, new_cost in samples
        ],
    )


def gains(counts: dict[str, list[int]], named: Mapping[str, object]) -> list[Gain]:
    found = [
        Gain(code, str(getattr(named.get(code), "label", "")) or _("no way"), before, after)
        for code, (before, after) in counts.items()
    ]
    return sorted(found, key=lambda gain: (-abs(gain.change), -gain.after, gain.code))[:MOST_ROWS]


def way(lane: Lane | None, house: str | None) -> str:
    if lane is not None:
        return f"{lane.warehouse.label} → {lane.region.label} · {lane.carrier.label}"
    return house or str(_("no way"))
