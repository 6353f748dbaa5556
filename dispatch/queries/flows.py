"""Where a proposal moves orders from and to, and what that does to their cost: the pictures of the reroute page."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from dispatch.models import Region, RerouteRun, Warehouse, Zone
from dispatch.queries.counted import by_move, by_zone, tally_of_run
from dispatch.queries.proposals import rows

MOST_WAYS = 60

# One row per warehouse before, warehouse after and destination; '' stands for none.
MOVES = """
SELECT coalesce(a.warehouse_id, ''), coalesce(l.warehouse_id, p.warehouse_id, ''), o.region_id, count(*)
FROM dispatch_proposal p
JOIN dispatch_affectedorder a ON a.affected_set_id = %(set)s AND a.order_id = p.order_id
JOIN dispatch_order o ON o.id = p.order_id
LEFT JOIN dispatch_lane l ON l.id = p.lane_id
WHERE p.run_id = %(run)s GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3
"""
COSTS = """
SELECT w.zone, coalesce(sum(p.cost_before), 0)::bigint,
    coalesce(sum(p.cost) FILTER (WHERE p.cost_before IS NOT NULL), 0)::bigint,
    coalesce(sum(p.cost) FILTER (WHERE p.cost_before IS NULL), 0)::bigint
FROM dispatch_proposal p JOIN dispatch_reroutewave w ON w.run_id = p.run_id AND w.number = p.wave
WHERE p.run_id = %(run)s AND p.wave > 0 GROUP BY w.number, w.zone ORDER BY w.number
"""


@dataclass(frozen=True)
class Flow:
    """Orders that go from one warehouse to another; both "" for none."""

    before: str
    after: str
    orders: int


@dataclass(frozen=True)
class Way:
    """Orders from a warehouse to a region, for the map; `after` False for where they go today."""

    warehouse: str
    region: str
    orders: int
    after: bool


@dataclass(frozen=True)
class Bar:
    """A step of the cost's waterfall: a total, or what is added to it."""

    label: str
    amount: Decimal
    total: bool


@dataclass(frozen=True)
class Flows:
    """`sankey` between warehouses, `ways` for the map (the largest), `bars` of the waterfall; `names` by code and
    `places` (lon, lat) by "w:code" or "r:code"."""

    sankey: list[Flow]
    ways: list[Way]
    bars: list[Bar]
    names: dict[str, str]
    places: dict[str, tuple[float, float]]


def flows_of(run: RerouteRun) -> Flows:
    """The pictures of a solved run."""
    tally = tally_of_run(run)
    moves = rows(MOVES, run) if tally is None else by_move(tally)
    between: dict[tuple[str, str], int] = defaultdict(int)
    before: dict[tuple[str, str], int] = defaultdict(int)
    after: dict[tuple[str, str], int] = defaultdict(int)
    for old, new, region, orders in moves:
        between[old, new] += orders
        if old:
            before[old, region] += orders
        if new:
            after[new, region] += orders
    sankey = [Flow(old, new, orders) for (old, new), orders in between.items()]
    ways = [Way(*way, orders, after=False) for way, orders in before.items() if orders > after.get(way, 0)]
    ways += [Way(*way, orders, after=True) for way, orders in after.items()]
    ways.sort(key=lambda way: (-way.orders, way.warehouse, way.region))
    ways = [way for side in (False, True) for way in [w for w in ways if w.after == side][:MOST_WAYS]]
    houses = Warehouse.objects.in_bulk([*{code for pair in between for code in pair if code}])
    regions = Region.objects.in_bulk([*{way.region for way in ways}])
    names = {code: str(house.label) for code, house in houses.items()}
    names |= {code: str(region.label) for code, region in regions.items()}
    places = {f"w:{code}": place for code, house in houses.items() if (place := where(house))}
    places |= {f"r:{code}": place for code, region in regions.items() if (place := where(region))}
    return Flows(sorted(sankey, key=lambda flow: -flow.orders), ways, bars_of(run), names, places)


def where(thing: Any) -> tuple[float, float] | None:
    return None if thing.lat is None or thing.lon is None else (thing.lon, thing.lat)


def bars_of(run: RerouteRun) -> list[Bar]:
    """From today's cost of the orders that move, zone by zone, to what they cost afterwards."""
    tally = tally_of_run(run)
    zones = rows(COSTS, run) if tally is None else by_zone(tally)
    if not zones:
        return []
    unit = Decimal(run.scale)
    today = sum((Decimal(before) for _zone, before, _after, _new in zones), Decimal(0)) / unit
    bars = [Bar(_("Before"), today, total=True)]
    for zone, before, after, _new in zones:
        bars.append(Bar(str(Zone(zone).label), (Decimal(after) - Decimal(before)) / unit, total=False))
    unknown = sum((Decimal(new) for *_rest, new in zones), Decimal(0)) / unit
    if unknown:
        bars.append(Bar(_("orders without a price today"), unknown, total=False))
    bars.append(Bar(_("After"), sum((bar.amount for bar in bars), Decimal(0)), total=True))
    return bars
