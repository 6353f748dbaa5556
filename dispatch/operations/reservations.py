"""Holding capacity from a run's approval until its waves are applied, so that two runs never spend the same."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from dispatch.models import RerouteRun
from dispatch.queries.reservations import Shortage, local_day, shortages, way_labels
from journal import clock
from journal.refusal import Refusal

MOST_NAMED = 20

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('dispatch:capacity', 0))"
RESERVE = """
WITH plan AS (
    SELECT p.wave, p.lane_id, coalesce(l.warehouse_id, p.warehouse_id) AS warehouse_id, p.day, count(*) AS orders
    FROM dispatch_proposal p LEFT JOIN dispatch_lane l ON l.id = p.lane_id
    WHERE p.run_id = %(run)s AND p.wave > 0 GROUP BY 1, 2, 3, 4
)
INSERT INTO dispatch_capacityreservation (run_id, wave, lane_id, warehouse_id, day, orders)
SELECT %(run)s, wave, lane_id, NULL, %(first)s::date + day, sum(orders) FROM plan WHERE lane_id IS NOT NULL
GROUP BY wave, lane_id, day
UNION ALL
SELECT %(run)s, wave, NULL, warehouse_id, %(first)s::date + day, sum(orders) FROM plan GROUP BY wave, warehouse_id, day
"""


class CapacityTaken(Refusal):
    """What the plan counts on went to others since it was solved; `lanes` and `warehouses` say where. Solve again."""


def lock_capacity() -> None:
    """One decision at a time about what the network has left."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK)


def reserve_capacity(run: RerouteRun, now: datetime) -> None:
    """Hold what every wave of the run will use. An exercise holds nothing.

    1. Take the lock that all approvals share, until this transaction ends.
    2. Ask whether the plan still fits beside what leaves and what other approved runs hold.
    3. Write the reservations, by wave, lane, warehouse and day.
    Raises CapacityTaken.
    """
    if run.exercise is not None:
        return
    lock_capacity()
    if short := shortages(run, now):
        raise refusal(short)
    first = local_day(run.solved_at or now)
    with connection.cursor() as cursor:
        cursor.execute(RESERVE, {"run": run.pk, "first": first})


def release_capacity(run: RerouteRun, wave: int | None = None) -> None:
    """Give back what a wave, or the whole run, still holds."""
    rows = run.reservations.filter(released_at=None)
    if wave is not None:
        rows = rows.filter(wave=wave)
    rows.update(released_at=clock.now())


def told_shortages(short: list[Shortage]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The first of them with names: those of lanes, and those of warehouses."""
    named = short[:MOST_NAMED]
    labels = way_labels(named)

    def told(item: Shortage, **of: object) -> dict[str, Any]:
        left = max(item.left, 0)
        return {
            **of,
            "label": labels[item.lane or item.warehouse],
            "day": item.day,
            "need": item.need,
            "left": left,
            "runs": item.runs,
        }

    return (
        [told(item, lane=item.lane) for item in named if item.lane is not None],
        [told(item, warehouse=item.warehouse) for item in named if item.warehouse is not None],
    )


def refusal(short: list[Shortage]) -> CapacityTaken:
    lanes, warehouses = told_shortages(short)
    shown = (lanes or warehouses)[0]
    first = short[0]
    holders = sorted({run for item in short for run in item.runs})
    sentence = (
        _("%(way)s has room for %(left)s orders; this plan needs %(need)s, since reroute %(runs)s holds the rest.")
        if first.runs
        else _("%(way)s has room for %(left)s orders; this plan needs %(need)s.")
    )
    text = sentence % {
        "way": shown["label"],
        "left": f"{max(first.left, 0):,}",
        "need": f"{first.need:,}",
        "runs": ", ".join(str(run) for run in holders),
    }
    if len(short) > 1:
        text += " " + _("So it is in %(places)s places.") % {"places": len(short)}
    return CapacityTaken(
        text + " " + _("Solve again: the new plan takes only what is left."),
        lanes=lanes,
        warehouses=warehouses,
        next=["adjust", "reject"],
    )
