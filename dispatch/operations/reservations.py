"""Holding capacity from a run's approval until its waves are applied, so that two runs never spend the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dispatch.models import RerouteRun
from dispatch.operations.held_stock import release_stock, reserve_stock, stock_sentence
from dispatch.queries.reservations import Shortage, local_day, shortages, way_labels
from dispatch.queries.stock_left import StockShortage, stock_shortages
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
    """What the plan counts on went to others since it was solved; `lanes`, `warehouses` and `stock` say where. Solve
    again."""


def lock_capacity() -> None:
    """One decision at a time about what the network has left."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK)


def reserve_capacity(run: RerouteRun, now: datetime) -> None:
    """Hold what every wave of the run will use. An exercise holds nothing.

    1. Take the lock that all approvals share, until this transaction ends.
    2. Ask whether the plan still fits beside what leaves and what other approved runs hold.
    3. Write the reservations, by wave, lane, warehouse and day, and those of stock by wave, warehouse and product.
    4. Ask whether the warehouses still have what is reserved, beside what others hold.
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
    reserve_stock(run)
    if lacking := stock_shortages(run):
        raise refusal_of_stock(lacking)


def release_capacity(run: RerouteRun, wave: int | None = None) -> None:
    """Give back what a wave, or the whole run, still holds and has not used."""
    rows = run.reservations.filter(released_at=None)
    if wave is not None:
        rows = rows.filter(wave=wave)
    rows.update(released_at=clock.now())
    release_stock(run, wave)


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
    left = max(first.left, 0)
    holders = sorted({run for item in short for run in item.runs})
    sentence = (
        ngettext(
            "%(way)s has room for %(left)s order; this plan needs %(need)s, since reroute %(runs)s holds the rest.",
            "%(way)s has room for %(left)s orders; this plan needs %(need)s, since reroute %(runs)s holds the rest.",
            left,
        )
        if first.runs
        else ngettext(
            "%(way)s has room for %(left)s order; this plan needs %(need)s.",
            "%(way)s has room for %(left)s orders; this plan needs %(need)s.",
            left,
        )
    )
    text = sentence % {
        "way": shown["label"],
        "left": f"{left:,}",
        "need": f"{first.need:,}",
        "runs": ", ".join(str(run) for run in holders),
    }
    return CapacityTaken(
        f"{text} {others_and_remedy(short)}",
        lanes=lanes,
        warehouses=warehouses,
        next=["adjust", "reject"],
    )


def refusal_of_stock(short: list[StockShortage]) -> CapacityTaken:
    named = short[:MOST_NAMED]
    labels = way_labels(named)
    stock = [
        {
            "warehouse": item.warehouse,
            "product": item.product,
            "label": f"{labels[item.warehouse]}: {item.product}",
            "need": item.need,
            "left": max(item.left, 0),
            "runs": item.runs,
        }
        for item in named
    ]
    return CapacityTaken(
        f"{stock_sentence(short, labels[short[0].warehouse])} {others_and_remedy(short)}",
        lanes=[],
        warehouses=[],
        stock=stock,
        next=["adjust", "reject"],
    )


def others_and_remedy(short: Sequence[object]) -> str:
    """In how many places it is so, if not in one only, and what to do."""
    text = _("Solve again: the new plan takes only what is left.")
    return text if len(short) == 1 else _("So it is in %(places)s places.") % {"places": len(short)} + " " + text
