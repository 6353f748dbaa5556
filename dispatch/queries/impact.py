"""How bad it is: what a scope means for orders, lanes and capacity."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import connection

from dispatch.models import Region, RegionLevel
from dispatch.queries.network import CAPACITY, NetworkCapacity
from dispatch.scope import Resolved, Scope, resolve


@dataclass(frozen=True)
class Impact:
    """`orders` of the `open_orders` not yet dispatched orders are in the scope; `lanes` of all `active_lanes` are.

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


ORDERS_BY_REGION = f"""
SELECT o.region_id, count(*), count(*) FILTER (WHERE {Resolved.ORDERS})
FROM dispatch_order o WHERE o.state = 'open' GROUP BY o.region_id
"""
IF_CLOSED = CAPACITY.format(
    blocked=f"SELECT l.id FROM dispatch_lane l WHERE {Resolved.LANES}",
    shut="SELECT code FROM dispatch_warehouse WHERE code = ANY(%(warehouses)s::varchar[])",
)


def impact(scope: Scope, exercise: int | None = None) -> Impact:
    """What closing `scope` would hit now. Orders are real in an exercise as well: it looks at them and changes none.

    Raises UnknownScope.
    """
    resolved = resolve(scope)
    with connection.cursor() as cursor:
        cursor.execute(ORDERS_BY_REGION, resolved.parameters)
        counts = cursor.fetchall()
        cursor.execute(IF_CLOSED, {**resolved.parameters, "exercise": exercise})
        capacity = NetworkCapacity(*cursor.fetchone())
    by_region = {code: hit for code, _all, hit in sorted(counts) if hit}
    orders, open_orders = sum(by_region.values()), sum(every for _code, every, _hit in counts)
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
        by_region=by_region,
    )
