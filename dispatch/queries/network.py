"""The state of the network: what is closed and what it can carry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q

from dispatch.models import HubClosure

# What cannot be used now, whatever the reason: closed itself, behind a closed hub, road or warehouse, not opened yet,
# retired. Everybody who asks uses these; %(exercise)s is an exercise's number or None.
CLOSED_LANES = "SELECT DISTINCT lane_id AS id FROM dispatch_barred_lanes(%(exercise)s::bigint)"
CLOSED_WAREHOUSES = "SELECT DISTINCT warehouse_id AS code FROM dispatch_barred_warehouses(%(exercise)s::bigint)"

LANES_CLOSED_THEMSELVES = """
SELECT DISTINCT lane_id AS id FROM dispatch_barred_lanes(%(exercise)s::bigint) WHERE why <> 'warehouse'
"""
# `until` is when the warehouse can be used, if it is being opened and nothing else bars it.
WAREHOUSES_NOT_YET = """
SELECT warehouse_id AS code,
    max(CASE why WHEN 'opening' THEN coalesce(expected_until, 'infinity') ELSE 'infinity' END) AS until
FROM dispatch_barred_warehouses(%(exercise)s::bigint) GROUP BY 1
"""


def seen(exercise: int | None) -> Q:
    """Which rows count: the real ones, and in an exercise its own besides."""
    real = Q(exercise=None)
    return real if exercise is None else real | Q(exercise=exercise)


def closed_lanes(exercise: int | None = None) -> set[int]:
    """Ids of the lanes that cannot be used now: closed, through a closed hub or road, of a closed or unopened
    warehouse, or retired."""
    return {lane for (lane,) in rows(CLOSED_LANES, exercise=exercise)}


def closed_warehouses(exercise: int | None = None) -> set[str]:
    """Codes of the warehouses that cannot be used now: closed, on standby and not usable yet, or retired."""
    return {code for (code,) in rows(CLOSED_WAREHOUSES, exercise=exercise)}


def lanes_closed_themselves(exercise: int | None = None) -> set[int]:
    """Ids of the lanes that cannot be used now whatever becomes of their warehouse."""
    query = f"SELECT id FROM ({LANES_CLOSED_THEMSELVES}) closed"
    return {lane for (lane,) in rows(query, exercise=exercise)}


def coming_warehouses(exercise: int | None = None) -> dict[str, datetime | None]:
    """Warehouses that cannot be used now, and from when on those can that are being opened; None for the others."""
    return dict(rows(f"SELECT code, nullif(until, 'infinity') FROM ({WAREHOUSES_NOT_YET}) coming", exercise=exercise))


def closed_hubs(exercise: int | None = None) -> set[str]:
    """Codes of the hubs and roads that are closed now."""
    found = HubClosure.objects.filter(seen(exercise), opened_at=None)
    return set(found.values_list("hub_id", flat=True).distinct())


def warehouse_states(exercise: int | None = None) -> dict[str, str]:
    """Warehouses that cannot be used now, by what they are: closed, standby, opening or retired."""
    found = rows("SELECT warehouse_id, why FROM dispatch_barred_warehouses(%(exercise)s::bigint)", exercise=exercise)
    states: dict[str, str] = {}
    for code, why in found:
        states[code] = why if why in ("closed", "retired") else states.get(code, why)
    return states


def open_closures(reference: str, exercise: int | None = None) -> int:
    """How many lanes are closed for this reference, those behind its closed hubs and warehouses included; not those of
    a standby warehouse that is still being opened for it."""
    query = """SELECT count(DISTINCT lane_id) FROM dispatch_barred_lanes(%(exercise)s::bigint) b
    WHERE b.reference = %(reference)s AND b.exercise IS NOT DISTINCT FROM %(exercise)s::bigint
        AND (b.why <> 'warehouse' OR EXISTS (SELECT 1 FROM dispatch_lane l JOIN dispatch_warehouseclosure c
            USING (warehouse_id) WHERE l.id = b.lane_id AND c.opened_at IS NULL AND c.reference = b.reference
            AND c.exercise IS NOT DISTINCT FROM b.exercise))"""
    return int(rows(query, exercise=exercise, reference=reference)[0][0])


def rows(query: str, **parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


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


# One row: totals over the warehouses in service, each losing capacity by the share of its lanes in `blocked` (or wholly
# when `shut`). Standby warehouses count from the moment they can be used, retired things not at all.
CAPACITY = """
WITH blocked AS MATERIALIZED ({blocked}), shut AS MATERIALIZED ({shut}),
idle AS MATERIALIZED (
    SELECT warehouse_id AS code FROM dispatch_barred_warehouses(%(exercise)s::bigint) WHERE why <> 'closed'
),
lanes AS (
    SELECT l.warehouse_id, count(*) AS lanes, count(b.id) AS gone, count(*) FILTER (WHERE l.state = 'degraded') AS weak
    FROM dispatch_lane l LEFT JOIN blocked b ON b.id = l.id WHERE l.retired_at IS NULL GROUP BY l.warehouse_id
)
SELECT count(*), count(s.code), coalesce(sum(r.room), 0)::bigint,
    coalesce(sum(r.room * CASE WHEN s.code IS NOT NULL THEN 1.0
        ELSE coalesce(l.gone::float / l.lanes, 0) END), 0)::float,
    coalesce(sum(l.lanes), 0)::bigint, coalesce(sum(l.gone), 0)::bigint, coalesce(sum(l.weak), 0)::bigint
FROM dispatch_warehouse w JOIN dispatch_warehouse_rooms(%(exercise)s::bigint) r ON r.warehouse_id = w.code
LEFT JOIN lanes l ON l.warehouse_id = w.code LEFT JOIN shut s ON s.code = w.code
WHERE w.code NOT IN (SELECT code FROM idle)
"""
CLOSED_NOW = CAPACITY.format(blocked=CLOSED_LANES, shut=CLOSED_WAREHOUSES)


def network_capacity(exercise: int | None = None) -> NetworkCapacity:
    """What the network has and what of it is closed now, in the real view or an exercise's."""
    with connection.cursor() as cursor:
        cursor.execute(CLOSED_NOW, {"exercise": exercise})
        return NetworkCapacity(*cursor.fetchone())
