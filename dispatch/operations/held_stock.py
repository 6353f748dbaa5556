"""Holding units of products from a run's approval until the order system's figures know that they are gone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.utils.translation import ngettext

from dispatch.bulk import prepare_for_bulk
from dispatch.models import RerouteRun, Stock
from dispatch.queries.stock_left import COUNTED, LINES, UNITS, StockShortage
from journal import clock

# What a run's orders ask of warehouses whose stock of it is known. An order that stays in its warehouse has its goods
# already; one that has changed since is left alone by its wave.
ASKED = f"""
SELECT wave, warehouse_id, product, sum(units)::bigint AS units FROM (
    SELECT p.wave, coalesce(l.warehouse_id, p.warehouse_id) AS warehouse_id, line->>'product' AS product,
        {UNITS} AS units
    FROM dispatch_proposal p
    JOIN dispatch_affectedorder a ON a.affected_set_id = %(set)s AND a.order_id = p.order_id
    JOIN dispatch_order o ON o.id = p.order_id AND o.version = p.order_version
    LEFT JOIN dispatch_lane l ON l.id = p.lane_id
    {LINES}
    WHERE p.run_id = %(run)s AND p.wave > 0 AND {COUNTED}
        AND a.warehouse_id IS DISTINCT FROM coalesce(l.warehouse_id, p.warehouse_id) {{which}}
) asked JOIN dispatch_stock s USING (warehouse_id, product)
GROUP BY 1, 2, 3
"""
RESERVE = f"""
INSERT INTO dispatch_stockreservation (run_id, wave, warehouse_id, product, units)
SELECT %(run)s, wave, warehouse_id, product, units FROM ({ASKED.format(which="")}) asked
"""
USE = """
UPDATE dispatch_stockreservation SET used_position = (SELECT fenghuo_position())
WHERE run_id = %(run)s AND wave = %(wave)s AND released_at IS NULL
"""
# In the sequence in which the intake of stock takes them, too.
GIVE_BACK = f"""
WITH back AS ({ASKED}),
held AS (
    SELECT r.id, back.units FROM dispatch_stockreservation r JOIN back USING (wave, warehouse_id, product)
    WHERE r.run_id = %(run)s AND r.released_at IS NULL ORDER BY r.id FOR UPDATE OF r
)
UPDATE dispatch_stockreservation r SET units = greatest(r.units - held.units, 0) FROM held WHERE r.id = held.id
"""
SKIPPED = GIVE_BACK.format(
    which="""AND p.wave = %(wave)s AND p.order_id IN (
        SELECT order_id FROM dispatch_rerouteskip WHERE run_id = %(run)s AND wave = %(wave)s)"""
)
RESTORED = GIVE_BACK.format(
    which="""AND p.wave = ANY(%(waves)s::smallint[]) AND p.order_id IN (
        SELECT order_id FROM dispatch_assignment
        WHERE run_id = %(run)s AND wave = ANY(%(waves)s::smallint[]) AND kind = 'rollback')"""
)
REFUSED = GIVE_BACK.format(
    which="""AND p.order_id IN (
        SELECT s.order_id FROM dispatch_assignment s JOIN dispatch_refusedlane f ON f.assignment_id = s.id
        WHERE s.id = ANY(%(refused)s) AND s.run_id = %(run)s AND s.kind <> 'rollback' AND f.restored)"""
)


def reserve_stock(run: RerouteRun) -> None:
    """Hold what every wave will take from warehouses; the caller has the lock that all approvals share."""
    if not Stock.objects.exists():
        return
    with connection.cursor() as cursor:
        prepare_for_bulk(cursor)
        cursor.execute(RESERVE, {"run": run.pk, "set": run.affected_set_id})


def use_stock(run: RerouteRun, wave: int, *, skipped: bool) -> None:
    """What an applied wave held is gone, except for what the orders asked that it left alone."""
    with connection.cursor() as cursor:
        cursor.execute(USE, {"run": run.pk, "wave": wave})
        if cursor.rowcount and skipped:
            cursor.execute(SKIPPED, {"run": run.pk, "set": run.affected_set_id, "wave": wave})


def release_stock(run: RerouteRun, wave: int | None = None) -> None:
    """Give back what a wave, or the whole run, holds and has not used."""
    rows = run.stock_reservations.filter(released_at=None, used_position=None)
    if wave is not None:
        rows = rows.filter(wave=wave)
    rows.update(released_at=clock.now())


def return_stock(run: RerouteRun, waves: Sequence[int]) -> None:
    """What the orders asked that were taken back from applied waves is not gone any more."""
    give_back(run, RESTORED, waves=list(waves))


def return_refused(run: RerouteRun, refused: Sequence[int]) -> None:
    """So it is with orders whose assignments were refused and that went back."""
    give_back(run, REFUSED, refused=list(refused))


def give_back(run: RerouteRun, statement: str, **which: Any) -> None:
    if run.stock_reservations.filter(released_at=None).exists():
        with connection.cursor() as cursor:
            cursor.execute(statement, {"run": run.pk, "set": run.affected_set_id, **which})


def stock_sentence(short: Sequence[StockShortage], label: str) -> str:
    first = short[0]
    left = max(first.left, 0)
    sentence = (
        ngettext(
            "%(way)s has %(left)s unit of %(product)s left; this plan takes %(need)s, reroute %(runs)s holds some.",
            "%(way)s has %(left)s units of %(product)s left; this plan takes %(need)s, reroute %(runs)s holds some.",
            left,
        )
        if first.runs
        else ngettext(
            "%(way)s has %(left)s unit of %(product)s left; this plan takes %(need)s.",
            "%(way)s has %(left)s units of %(product)s left; this plan takes %(need)s.",
            left,
        )
    )
    return sentence % {
        "way": label,
        "product": first.product,
        "left": f"{left:,}",
        "need": f"{first.need:,}",
        "runs": ", ".join(str(run) for run in first.runs),
    }
