"""The state of the network: what is closed and what it can carry."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.models import Q

from dispatch.models import LaneClosure, WarehouseClosure


def seen(exercise: int | None) -> Q:
    """Which closures count: the real ones, and in an exercise its own besides."""
    real = Q(exercise=None)
    return real if exercise is None else real | Q(exercise=exercise)


def closed_lanes(exercise: int | None = None) -> set[int]:
    """Ids of the lanes that are closed now."""
    rows = LaneClosure.objects.filter(seen(exercise), opened_at=None)
    return set(rows.values_list("lane_id", flat=True).distinct())


def closed_warehouses(exercise: int | None = None) -> set[str]:
    """Codes of the warehouses that are closed as a whole now."""
    rows = WarehouseClosure.objects.filter(seen(exercise), opened_at=None)
    return set(rows.values_list("warehouse_id", flat=True).distinct())


def open_closures(reference: str, exercise: int | None = None) -> int:
    """How many lanes are closed for this reference."""
    return LaneClosure.objects.filter(reference=reference, exercise=exercise, opened_at=None).count()


@dataclass(frozen=True)
class NetworkCapacity:
    """`daily_capacity` in orders a day over all warehouses; `lost_share` the part of it that cannot leave: each
    warehouse loses its share of closed lanes, a closed warehouse everything."""

    warehouses: int
    closed_warehouses: int
    daily_capacity: int
    lost_capacity: float
    lanes: int
    closed_lanes: int
    degraded_lanes: int

    @property
    def lost_share(self) -> float:
        return self.lost_capacity / self.daily_capacity if self.daily_capacity else 0.0


# One row: totals over warehouses, each losing capacity by the share of its lanes in `blocked` (or wholly when `shut`).
CAPACITY = """
WITH blocked AS MATERIALIZED ({blocked}), shut AS MATERIALIZED ({shut}),
lanes AS (
    SELECT l.warehouse_id, count(*) AS lanes, count(b.id) AS gone, count(*) FILTER (WHERE l.state = 'degraded') AS weak
    FROM dispatch_lane l LEFT JOIN blocked b ON b.id = l.id GROUP BY l.warehouse_id
)
SELECT count(*), count(s.code), coalesce(sum(w.daily_capacity), 0)::bigint,
    coalesce(sum(w.daily_capacity * CASE WHEN s.code IS NOT NULL THEN 1.0
        ELSE coalesce(l.gone::float / l.lanes, 0) END), 0)::float,
    coalesce(sum(l.lanes), 0)::bigint, coalesce(sum(l.gone), 0)::bigint, coalesce(sum(l.weak), 0)::bigint
FROM dispatch_warehouse w LEFT JOIN lanes l ON l.warehouse_id = w.code LEFT JOIN shut s ON s.code = w.code
"""
CLOSED_NOW = CAPACITY.format(
    blocked="SELECT DISTINCT lane_id AS id FROM dispatch_laneclosure"
    " WHERE opened_at IS NULL AND (exercise IS NULL OR exercise = %(exercise)s)",
    shut="SELECT DISTINCT warehouse_id AS code FROM dispatch_warehouseclosure"
    " WHERE opened_at IS NULL AND (exercise IS NULL OR exercise = %(exercise)s)",
)


def network_capacity(exercise: int | None = None) -> NetworkCapacity:
    """What the network has and what of it is closed now, in the real view or an exercise's."""
    with connection.cursor() as cursor:
        cursor.execute(CLOSED_NOW, {"exercise": exercise})
        return NetworkCapacity(*cursor.fetchone())
