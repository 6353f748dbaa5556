"""How bad it is: what a scope means for orders, lanes and capacity."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from dispatch.models import Region, RegionLevel
from dispatch.queries.loads import loads
from dispatch.queries.network import CAPACITY, NetworkCapacity
from dispatch.scope import Resolved, Scope, resolve


@dataclass(frozen=True)
class Impact:
    """`orders` of the `open_orders` not yet dispatched orders are in the scope, as of `counted_at` (None for now);
    `lanes` of all `active_lanes` are.

    `cities` and `provinces` count the regions that the scope names or covers whole (a province without cities of its
    own counts as one city, too). `capacity_share` is the part of the warehouses' daily capacity that could not leave
    if the scope were closed. Shares are 0…1. `by_region` counts affected orders by destination.
    """

    orders: int
    open_orders: int
    order_share: float
    lanes: int
    active_lanes: int
    lane_share: float
    cities: int
    provinces: int
    capacity_share: float
    by_region: dict[str, int] = field(default_factory=dict)
    counted_at: datetime | None = None


IF_CLOSED = CAPACITY.format(
    blocked=f"SELECT l.id FROM dispatch_lane l WHERE {Resolved.LANES}",
    shut="SELECT code FROM dispatch_warehouse WHERE code = ANY(%(warehouses)s::varchar[])",
)


def impact(scope: Scope, exercise: int | None = None) -> Impact:
    """What closing `scope` would hit now. Orders are real in an exercise as well: it looks at them and changes none.

    Raises UnknownScope.
    """
    resolved, load = resolve(scope), loads()
    parts = [set(part) for part in (resolved.regions, resolved.warehouses, resolved.carriers, resolved.lanes)]
    by_region: Counter[str] = Counter()
    for way in load.ways:
        if way.open and any(value in part for value, part in zip(way, parts, strict=False)):
            by_region[way.region] += way.open
    with connection.cursor() as cursor:
        cursor.execute(IF_CLOSED, {**resolved.parameters, "exercise": exercise})
        capacity = NetworkCapacity(*cursor.fetchone())
    orders, open_orders = by_region.total(), sum(way.open for way in load.ways)
    regions = list(Region.objects.filter(code__in=resolved.regions).values_list("code", "level", "parent_id"))
    with_cities = {parent for _code, level, parent in regions if level == RegionLevel.CITY}
    provinces = [code for code, level, _parent in regions if level == RegionLevel.PROVINCE]
    cities = sum(level in (RegionLevel.CITY, RegionLevel.PORT) for _code, level, _parent in regions)
    return Impact(
        orders=orders,
        open_orders=open_orders,
        order_share=orders / open_orders if open_orders else 0.0,
        lanes=capacity.closed_lanes,
        active_lanes=capacity.lanes,
        lane_share=capacity.closed_lanes / capacity.lanes if capacity.lanes else 0.0,
        cities=cities + sum(code not in with_cities for code in provinces),
        provinces=len(provinces),
        capacity_share=capacity.lost_share,
        by_region=dict(sorted(by_region.items())),
        counted_at=load.counted_at,
    )
