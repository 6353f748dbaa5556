"""What the network page shows: warehouses, carriers and lanes with what is closed for whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Subquery, Value, When

from dispatch.models import Carrier, Lane, LaneClosure, Warehouse, WarehouseKind
from dispatch.scope import covered_regions, six_digits


@dataclass(frozen=True)
class Part:
    """A warehouse or carrier: its lanes, those of them that are closed, the open orders it has, and for which
    references it is closed itself."""

    thing: Warehouse | Carrier
    lanes: int
    closed_lanes: int
    open_orders: int
    references: list[str]

    @property
    def open_lanes(self) -> int:
        return self.lanes - self.closed_lanes

    @property
    def open_share(self) -> float:
        return self.open_lanes / self.lanes if self.lanes else 1.0


PARTS = """
SELECT key, sum(lanes)::int, sum(closed)::int, sum(orders)::int FROM (
    SELECT l.{column} AS key, count(*) AS lanes, count(c.lane_id) AS closed, 0 AS orders
    FROM dispatch_lane l LEFT JOIN (
        SELECT DISTINCT lane_id FROM dispatch_laneclosure WHERE opened_at IS NULL AND exercise IS NULL
    ) c ON c.lane_id = l.id GROUP BY 1
    UNION ALL SELECT {column}, 0, 0, count(*) FROM dispatch_order WHERE state = 'open' GROUP BY 1
) counted GROUP BY key
"""


def counts(column: str) -> dict[str, tuple[int, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(PARTS.format(column=column))
        return {key: (lanes, closed, orders) for key, lanes, closed, orders in cursor.fetchall()}


def warehouses() -> list[Part]:
    """Every warehouse as it stands in the real network."""
    found = counts("warehouse_id")
    rows = Warehouse.objects.select_related("region__parent").annotate(
        references=ArrayAgg(
            "closures__reference",
            filter=Q(closures__opened_at=None, closures__exercise=None, closures__pk__isnull=False),
            distinct=True,
            default=[],
        ),
        rank=Case(*(When(kind=kind, then=Value(rank)) for rank, kind in enumerate(WarehouseKind.values)), default=9),
    )
    return [Part(row, *found.get(row.code, (0, 0, 0)), row.references) for row in rows.order_by("rank", "code")]


def carriers() -> list[Part]:
    """Every carrier as it stands in the real network; closed for a reference when all its lanes are."""
    found = counts("carrier_id")
    references: dict[str, list[str]] = {}
    closed = LaneClosure.objects.filter(opened_at=None, exercise=None, reference__startswith="closure:carrier:")
    for carrier, reference in closed.values_list("lane__carrier_id", "reference").distinct():
        references.setdefault(carrier, []).append(reference)
    return [
        Part(row, *found.get(row.code, (0, 0, 0)), references.get(row.code, []))
        for row in Carrier.objects.order_by("code")
    ]


@dataclass(frozen=True)
class OpenClosure:
    """What is closed for one reference: how many lanes and warehouses, and since when."""

    reference: str
    lanes: int
    warehouses: int
    since: datetime


OPEN_CLOSURES = """
SELECT reference, sum(lanes)::int, sum(warehouses)::int, min(since) FROM (
    SELECT reference, count(*) AS lanes, 0 AS warehouses, min(closed_at) AS since FROM dispatch_laneclosure
    WHERE opened_at IS NULL AND exercise IS NULL GROUP BY reference
    UNION ALL SELECT reference, 0, count(*), min(closed_at) FROM dispatch_warehouseclosure
    WHERE opened_at IS NULL AND exercise IS NULL GROUP BY reference
) closed GROUP BY reference ORDER BY min(since) DESC
"""


def closed_now() -> list[OpenClosure]:
    """Everything that is closed in the real network, newest first."""
    with connection.cursor() as cursor:
        cursor.execute(OPEN_CLOSURES)
        return [OpenClosure(*row) for row in cursor.fetchall()]


def lanes(*, warehouse: str = "", carrier: str = "", region: str = "", state: str = "") -> QuerySet[Lane]:
    """Lanes with `closed_for`, the references for which each is closed; `state` may be open, closed or degraded."""
    open_closures = LaneClosure.objects.filter(lane=OuterRef("pk"), opened_at=None, exercise=None)
    found = Lane.objects.select_related("warehouse", "region", "carrier").annotate(
        closed_for=Subquery(
            open_closures.order_by().values("lane").annotate(all=ArrayAgg("reference", distinct=True)).values("all")
        )
    )
    if warehouse:
        found = found.filter(warehouse_id=warehouse)
    if carrier:
        found = found.filter(carrier_id=carrier)
    if region:
        found = found.filter(region_id__in=covered_regions([six_digits(region)]))
    if state == "closed":
        found = found.filter(Exists(open_closures))
    elif state == "degraded":
        found = found.filter(state="degraded")
    elif state == "open":
        found = found.filter(~Exists(open_closures))
    return found.order_by("warehouse_id", "region_id", "carrier_id", "service_level", "id")
