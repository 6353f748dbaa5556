"""What approved runs hold of the network until their waves are applied, and whether a plan still fits beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import Sum

from dispatch.models import CapacityReservation, RerouteRun


def local_day(moment: datetime) -> date:
    """The day that a moment belongs to where the network runs."""
    return moment.astimezone(ZoneInfo(settings.TIME_ZONE)).date()


@dataclass(frozen=True)
class Held:
    """Orders that a run holds a lane or a warehouse for; `day` counts from today, what is overdue is today's."""

    run: int
    reference: str
    lane: int | None
    warehouse: str | None
    day: int
    orders: int


def held(today: date, *, besides: int | None = None) -> list[Held]:
    """Everything that approved runs hold and have not used yet, `besides` one of them."""
    rows = CapacityReservation.objects.filter(released_at=None).exclude(run=besides)
    found = rows.values_list("run", "run__reference", "lane", "warehouse", "day").annotate(Sum("orders"))
    return [
        Held(run, reference, lane, warehouse, max((day - today).days, 0), orders)
        for run, reference, lane, warehouse, day, orders in found.order_by("run", "lane", "warehouse", "day")
    ]


@dataclass(frozen=True)
class Shortage:
    """A lane or warehouse that cannot take what a plan puts on it. `left` is what others leave of its capacity,
    `runs` the approved runs that hold some of it."""

    lane: int | None
    warehouse: str | None
    day: int
    need: int
    left: int
    runs: list[int]


# One statement, so that all of it is of one moment: a wave that is applied meanwhile turns its reservation into load.
# Orders of the run count by its plan, wherever they are now.
SHORT = """
WITH plan AS MATERIALIZED (
    SELECT p.lane_id, coalesce(l.warehouse_id, p.warehouse_id) AS warehouse_id, p.day::int AS day, count(*) AS orders
    FROM dispatch_proposal p LEFT JOIN dispatch_lane l ON l.id = p.lane_id
    WHERE p.run_id = %(run)s AND p.wave > 0 GROUP BY 1, 2, 3
),
houses AS (SELECT DISTINCT warehouse_id FROM plan),
loads AS MATERIALIZED (
    SELECT o.warehouse_id, o.lane_id, {day} AS day, count(*) AS orders
    FROM dispatch_order o JOIN houses h ON h.warehouse_id = o.warehouse_id
    WHERE (o.state = 'open' OR (o.state IN ('dispatched', 'delivered') AND o.dispatched_at >= %(midnight)s))
        AND NOT EXISTS (SELECT 1 FROM dispatch_proposal p WHERE p.run_id = %(run)s AND p.order_id = o.id)
    GROUP BY 1, 2, 3
),
held AS MATERIALIZED (
    SELECT lane_id, warehouse_id, greatest(day - %(today)s::date, 0) AS day, sum(orders) AS orders,
        array_agg(DISTINCT run_id) AS runs
    FROM dispatch_capacityreservation WHERE released_at IS NULL AND run_id <> %(run)s GROUP BY 1, 2, 3
),
on_lanes AS (
    SELECT n.lane_id, n.day, n.need, {lane_capacity} - coalesce((SELECT sum(orders) FROM loads
        WHERE loads.lane_id = n.lane_id AND loads.day = n.day), 0) - coalesce(h.orders, 0) AS left, h.runs
    FROM (SELECT lane_id, day, sum(orders) AS need FROM plan WHERE lane_id IS NOT NULL GROUP BY 1, 2) n
    JOIN dispatch_lane l ON l.id = n.lane_id
    LEFT JOIN held h ON h.lane_id = n.lane_id AND h.day = n.day
    WHERE {lane_capacity} IS NOT NULL
),
in_houses AS (
    SELECT n.warehouse_id, n.day, n.need, {warehouse_capacity} - coalesce((SELECT sum(orders) FROM loads
        WHERE loads.warehouse_id = n.warehouse_id AND loads.day = n.day), 0) - coalesce(h.orders, 0) AS left, h.runs
    FROM (SELECT warehouse_id, day, sum(orders) AS need FROM plan GROUP BY 1, 2) n
    JOIN dispatch_warehouse w ON w.code = n.warehouse_id
    LEFT JOIN held h ON h.warehouse_id = n.warehouse_id AND h.day = n.day
)
SELECT lane_id, NULL, day, need::bigint, "left"::bigint, coalesce(runs, '{{}}') FROM on_lanes WHERE need > "left"
UNION ALL
SELECT NULL, warehouse_id, day, need::bigint, "left"::bigint, coalesce(runs, '{{}}') FROM in_houses WHERE need > "left"
ORDER BY 1, 2, 3
""".replace("AS left", 'AS "left"').format(
    day="0", lane_capacity="l.daily_capacity", warehouse_capacity="w.daily_capacity"
)


def shortages(run: RerouteRun, now: datetime) -> list[Shortage]:
    """Where the run's plan no longer fits beside everything else that leaves and all that is held; lanes first."""
    midnight = now.astimezone(ZoneInfo(settings.TIME_ZONE)).replace(hour=0, minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(SHORT, {"run": run.pk, "midnight": midnight, "today": local_day(now)})
        return [Shortage(*row) for row in cursor.fetchall()]
