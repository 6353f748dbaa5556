"""What approved runs hold of the network until their waves are applied, and whether a plan still fits beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import Sum

from dispatch.bulk import hashing, prepare_for_bulk
from dispatch.models import CapacityReservation, Lane, RerouteRun, Warehouse
from dispatch.queries.rooms import LANE_ROOMS, WAREHOUSE_ROOMS, resting_calendars


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


class OnWay(Protocol):
    """Something about a lane or a warehouse."""

    @property
    def lane(self) -> int | None: ...

    @property
    def warehouse(self) -> str | None: ...


def way_labels(items: Iterable[OnWay]) -> dict[int | str | None, str]:
    """How people call these lanes (by id) and warehouses (by code)."""
    found = list(items)
    related = Lane.objects.select_related("warehouse", "region", "carrier")
    lanes = related.in_bulk({item.lane for item in found if item.lane is not None})
    houses = Warehouse.objects.in_bulk({item.warehouse for item in found if item.warehouse is not None})
    return {
        **{pk: f"{lane.warehouse.label} → {lane.region.label} ({lane.carrier.label})" for pk, lane in lanes.items()},
        **{code: house.label for code, house in houses.items()},
    }


# One statement a day, so that all of it is of one moment: a wave that is applied meanwhile turns its reservation into
# load. Orders of the run count by its plan, wherever they are now. What was held for a day gone by is today's.
PLANNED = """
    SELECT p.lane_id, coalesce(l.warehouse_id, p.warehouse_id) AS warehouse_id, count(*) AS orders
    FROM dispatch_proposal p LEFT JOIN dispatch_lane l ON l.id = p.lane_id
    WHERE p.run_id = %(run)s AND p.wave > 0 AND p.day = %(number)s GROUP BY 1, 2
"""
SHORTAGES = f"""
WITH plan AS MATERIALIZED ({{plan}}),
houses AS (SELECT warehouse_id, sum(orders) AS need FROM plan GROUP BY 1),
loads AS MATERIALIZED (
    SELECT o.warehouse_id, o.lane_id, count(*) AS orders
    FROM dispatch_order o JOIN houses h ON h.warehouse_id = o.warehouse_id
    WHERE (o.state = 'open' AND greatest(coalesce(o.planned_on, %(today)s), %(today)s) = %(day)s
            OR %(day)s::date = %(today)s AND o.state IN ('dispatched', 'delivered')
                AND o.dispatched_at >= %(midnight)s)
        AND NOT EXISTS (SELECT 1 FROM {{moving}} p WHERE {{mine}} p.order_id = o.id)
    GROUP BY 1, 2
),
held AS MATERIALIZED (
    SELECT lane_id, warehouse_id, sum(orders) AS orders, array_agg(DISTINCT run_id) AS runs
    FROM dispatch_capacityreservation
    WHERE released_at IS NULL AND run_id <> %(run)s AND greatest(day, %(today)s) = %(day)s GROUP BY 1, 2
),
rooms AS MATERIALIZED ({LANE_ROOMS}),
on_lanes AS (
    SELECT n.lane_id, n.orders AS need, h.runs, coalesce(r.guaranteed + r.surge, CASE WHEN r.lane_id IS NULL THEN 0 END)
        - coalesce(o.orders, 0) - coalesce(h.orders, 0) AS rest
    FROM plan n LEFT JOIN rooms r ON r.lane_id = n.lane_id LEFT JOIN held h ON h.lane_id = n.lane_id
    LEFT JOIN (SELECT lane_id, sum(orders) AS orders FROM loads GROUP BY 1) o ON o.lane_id = n.lane_id
    WHERE n.lane_id IS NOT NULL
),
in_houses AS (
    SELECT n.warehouse_id, n.need, h.runs,
        coalesce(r.room, 0) - coalesce(o.orders, 0) - coalesce(h.orders, 0) AS rest
    FROM houses n LEFT JOIN ({WAREHOUSE_ROOMS}) r ON r.warehouse_id = n.warehouse_id
    LEFT JOIN (SELECT warehouse_id, sum(orders) AS orders FROM loads GROUP BY 1) o
        ON o.warehouse_id = n.warehouse_id
    LEFT JOIN held h ON h.warehouse_id = n.warehouse_id
)
SELECT lane_id, NULL, need::bigint, rest::bigint, coalesce(runs, '{{{{}}}}') FROM on_lanes WHERE need > rest
UNION ALL
SELECT NULL, warehouse_id, need::bigint, rest::bigint, coalesce(runs, '{{{{}}}}') FROM in_houses WHERE need > rest
ORDER BY 1, 2
"""
SHORT = SHORTAGES.format(plan=PLANNED, moving="dispatch_proposal", mine="p.run_id = %(run)s AND")


def about(run: RerouteRun, now: datetime) -> dict[str, Any]:
    """What SHORTAGES needs of a run and of today."""
    local = now.astimezone(ZoneInfo(settings.TIME_ZONE))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return {"run": run.pk, "midnight": midnight, "today": local.date(), "exercise": run.exercise}


def shortages(run: RerouteRun, now: datetime) -> list[Shortage]:
    """Where the run's plan no longer fits beside everything else that leaves and all that is held, day by day, lanes
    first."""
    parameters = about(run, now)
    today, first = parameters["today"], local_day(run.solved_at or now)
    found: list[Shortage] = []
    for number in run.proposals.filter(wave__gt=0).order_by("day").values_list("day", flat=True).distinct():
        day = max(first + timedelta(days=number), today)
        with connection.cursor() as cursor, hashing(cursor):
            prepare_for_bulk(cursor)
            cursor.execute(SHORT, {**parameters, "number": number, "day": day, "resting": resting_calendars(day)})
            found += [
                Shortage(lane, house, (day - today).days, need, rest, runs)
                for lane, house, need, rest, runs in cursor.fetchall()
            ]
    return found
