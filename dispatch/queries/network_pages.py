"""What the network page shows: warehouses, carriers and lanes with what is closed for whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection
from django.db.models import Case, Q, QuerySet, Value, When

from dispatch.models import Carrier, Cause, Hub, Lane, LaneClosure, Warehouse, WarehouseKind, WarehouseOpening
from dispatch.queries.loads import Loads
from dispatch.queries.network_use import Use
from dispatch.scope import covered_regions, lanes_through, six_digits


@dataclass(frozen=True)
class Part:
    """A warehouse, hub or carrier: its lanes, those of them that are closed, the open orders it has, for which
    references it is closed itself, and what of its capacity is used today."""

    thing: Warehouse | Carrier | Hub
    lanes: int
    closed_lanes: int
    open_orders: int
    references: list[str]
    use: Use | None = None
    opening: WarehouseOpening | None = None

    @property
    def open_lanes(self) -> int:
        return self.lanes - self.closed_lanes

    @property
    def open_share(self) -> float:
        return self.open_lanes / self.lanes if self.lanes else 1.0


PARTS = """
WITH closed AS MATERIALIZED (SELECT DISTINCT lane_id FROM dispatch_barred_lanes(NULL) WHERE why IN ('closed', 'hub'))
SELECT l.{column}, count(*)::int, count(c.lane_id)::int
FROM dispatch_lane l LEFT JOIN closed c ON c.lane_id = l.id WHERE l.retired_at IS NULL GROUP BY 1
"""
HUBS = """
WITH closed AS MATERIALIZED (SELECT DISTINCT lane_id FROM dispatch_barred_lanes(NULL) WHERE why IN ('closed', 'hub')),
used AS (
    SELECT DISTINCT stop, lane_id FROM dispatch_laneleg g, unnest(ARRAY[g.hub_id, g.road_id]) AS stop
    WHERE stop IS NOT NULL
)
SELECT u.stop, count(*)::int, count(c.lane_id)::int FROM used u
JOIN dispatch_lane l ON l.id = u.lane_id AND l.retired_at IS NULL LEFT JOIN closed c ON c.lane_id = u.lane_id GROUP BY 1
"""


def counts(query: str) -> dict[str, tuple[int, int]]:
    """Lanes of each thing and how many of them are closed."""
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {key: (lanes, closed) for key, lanes, closed in cursor.fetchall()}


def closed_for(field: str = "closures") -> ArrayAgg:
    open_ones = Q(**{f"{field}__opened_at": None, f"{field}__exercise": None, f"{field}__pk__isnull": False})
    return ArrayAgg(f"{field}__reference", filter=open_ones, distinct=True, default=[])


def warehouses(use: dict[str, Use], load: Loads) -> list[Part]:
    """Every warehouse as it stands in the real network."""
    found, orders = counts(PARTS.format(column="warehouse_id")), load.sums("warehouse", "open")
    rows = (
        Warehouse.objects.filter(retired_at=None)
        .select_related("region__parent")
        .annotate(
            references=closed_for(),
            rank=Case(
                *(When(kind=kind, then=Value(rank)) for rank, kind in enumerate(WarehouseKind.values)), default=9
            ),
        )
    )
    openings = {row.warehouse_id: row for row in WarehouseOpening.objects.filter(ended_at=None, exercise=None)}
    return [
        Part(
            row,
            *found.get(row.code, (0, 0)),
            orders[row.code],
            row.references,
            use.get(row.code),
            openings.get(row.code),
        )
        for row in rows.order_by("rank", "code")
    ]


def hubs() -> list[Part]:
    """Every hub and road as it stands in the real network."""
    found = counts(HUBS)
    rows = Hub.objects.filter(retired_at=None).select_related("region").annotate(references=closed_for())
    return [Part(row, *found.get(row.code, (0, 0)), 0, row.references) for row in rows.order_by("kind", "code")]


def carriers(load: Loads) -> list[Part]:
    """Every carrier as it stands in the real network; closed for a reference when all its lanes are."""
    found, orders = counts(PARTS.format(column="carrier_id")), load.sums("carrier", "open")
    references: dict[str, list[str]] = {}
    closed = LaneClosure.objects.filter(opened_at=None, exercise=None, reference__startswith="closure:carrier:")
    for carrier, reference in closed.values_list("lane__carrier_id", "reference").distinct():
        references.setdefault(carrier, []).append(reference)
    return [
        Part(row, *found.get(row.code, (0, 0)), orders[row.code], references.get(row.code, []))
        for row in Carrier.objects.filter(retired_at=None).select_related("calendar").order_by("code")
    ]


@dataclass(frozen=True)
class OpenClosure:
    """What is closed for one reference: how many lanes, warehouses and hubs, since when, why, and how long it may
    last."""

    reference: str
    lanes: int
    warehouses: int
    hubs: int
    since: datetime
    cause: str
    source: str
    expected_until: datetime | None

    @property
    def cause_label(self) -> str:
        return str(Cause(self.cause).label) if self.cause in Cause.values else ""


OPEN_CLOSURES = """
SELECT reference, count(DISTINCT lane_id)::int, count(DISTINCT house)::int, count(DISTINCT hub)::int, min(closed_at),
    max(cause), max(source), max(expected_until) FROM (
    SELECT reference, lane_id, NULL::varchar AS house, NULL::varchar AS hub, closed_at, cause, source, expected_until
    FROM dispatch_barred_lanes(NULL) WHERE why IN ('closed', 'hub')
    UNION ALL SELECT reference, NULL, warehouse_id, NULL, closed_at, cause, source, expected_until
    FROM dispatch_warehouseclosure WHERE opened_at IS NULL AND exercise IS NULL
    UNION ALL SELECT reference, NULL, NULL, hub_id, closed_at, cause, source, expected_until
    FROM dispatch_hubclosure WHERE opened_at IS NULL AND exercise IS NULL
) closed GROUP BY reference ORDER BY min(closed_at) DESC, reference
"""


def closed_now() -> list[OpenClosure]:
    """Everything that is closed in the real network, newest first."""
    with connection.cursor() as cursor:
        cursor.execute(OPEN_CLOSURES)
        return [OpenClosure(*row) for row in cursor.fetchall()]


CLOSED = """
SELECT lane_id, reference, thing, cause, expected_until FROM dispatch_barred_lanes(NULL)
WHERE why IN ('closed', 'hub') ORDER BY lane_id, closed_at, reference
"""


@dataclass(frozen=True)
class LaneBar:
    """Why a lane is closed: for a reference, itself or by the hub `thing` on its way."""

    reference: str
    thing: str
    cause: str
    expected_until: datetime | None


def lane_bars() -> dict[int, list[LaneBar]]:
    """Every closed lane of the real network with what closes it; one row a reference."""
    found: dict[int, dict[str, LaneBar]] = {}
    with connection.cursor() as cursor:
        cursor.execute(CLOSED)
        for lane, reference, thing, cause, until in cursor.fetchall():
            found.setdefault(lane, {}).setdefault(reference, LaneBar(reference, thing, cause, until))
    return {lane: list(bars.values()) for lane, bars in found.items()}


def lanes(
    closed: Iterable[int],
    *,
    warehouse: str = "",
    carrier: str = "",
    region: str = "",
    state: str = "",
    hub: str = "",
    mode: str = "",
) -> QuerySet[Lane]:
    """Lanes in use by filter; `state` may be open, closed or degraded, `closed` are the ids of the closed ones."""
    found = Lane.objects.filter(retired_at=None).select_related("warehouse", "region", "carrier", "calendar")
    found = found.prefetch_related("legs__hub", "legs__road")
    if warehouse:
        found = found.filter(warehouse_id=warehouse)
    if carrier:
        found = found.filter(carrier_id=carrier)
    if region:
        found = found.filter(region_id__in=covered_regions([six_digits(region)]))
    if hub:
        found = found.filter(pk__in=lanes_through([hub]))
    if mode:
        found = found.filter(mode=mode)
    if state == "closed":
        found = found.filter(pk__in=closed)
    elif state == "degraded":
        found = found.filter(state="degraded")
    elif state == "open":
        found = found.exclude(pk__in=closed)
    return found.order_by("warehouse__standby", "warehouse_id", "region_id", "carrier_id", "service_level", "id")
