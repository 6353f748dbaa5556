"""What taking waves back would mean: which orders go back, where there is no room for them, what is closed there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from dispatch.models import RerouteRun, WaveState, Zone
from dispatch.queries.network import CLOSED_LANES, CLOSED_WAREHOUSES
from dispatch.queries.reservations import SHORTAGES, Shortage, about, way_labels
from dispatch.queries.stock_left import COUNTED, LINES, STOCK_LEFT, UNITS
from journal import clock

# The orders of applied waves that are as the run left them, with where the frozen set found them.
UNDONE = """
    SELECT s.order_id, s.wave, s.order_version, a.warehouse_id, a.lane_id, a.carrier_id, o.priority
    FROM dispatch_proposal p
    JOIN dispatch_assignment s ON s.order_id = p.order_id AND s.run_id = p.run_id AND s.kind <> 'rollback'
    JOIN dispatch_affectedorder a ON a.affected_set_id = %(set)s AND a.order_id = p.order_id
    JOIN dispatch_order o ON o.id = p.order_id
    WHERE p.run_id = %(run)s AND p.wave = ANY(%(waves)s::smallint[]) AND o.state = 'open'
        AND o.version = s.order_version AND (%(exercise)s::bigint IS NOT NULL
            OR (o.warehouse_id IS NOT DISTINCT FROM s.warehouse_id AND o.lane_id IS NOT DISTINCT FROM s.lane_id))
"""
BACK = "undone AS MATERIALIZED (" + UNDONE + ")"
SHORT = SHORTAGES.format(
    plan="SELECT lane_id, warehouse_id, count(*) AS orders FROM undone WHERE warehouse_id IS NOT NULL GROUP BY 1, 2",
    moving="undone",
    mine="",
).replace("WITH plan", f"WITH {BACK}, plan", 1)
CLOSED = f"""
WITH {BACK}
SELECT u.lane_id, u.warehouse_id, count(*) FROM undone u
LEFT JOIN ({CLOSED_LANES}) lane ON lane.id = u.lane_id
LEFT JOIN ({CLOSED_WAREHOUSES}) house ON house.code = u.warehouse_id
WHERE lane.id IS NOT NULL OR house.code IS NOT NULL GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2
"""
# Orders of the highest priority come first; those for which nothing is left lack it.
LACKING = f"""
WITH {BACK},
asked AS (
    SELECT u.warehouse_id, line->>'product' AS product, u.order_id, o.external_id, u.priority, sum({UNITS}) AS units
    FROM undone u JOIN dispatch_order o ON o.id = u.order_id AND o.warehouse_id IS DISTINCT FROM u.warehouse_id
    {LINES}
    WHERE {COUNTED} GROUP BY 1, 2, 3, 4, 5
),
filled AS (
    SELECT *, sum(units) OVER (PARTITION BY warehouse_id, product ORDER BY priority DESC, order_id) > there AS lacking
    FROM asked JOIN ({STOCK_LEFT}) AS known(warehouse_id, product, there) USING (warehouse_id, product)
)
SELECT warehouse_id, product, sum(units)::bigint, max(there), count(*) FILTER (WHERE lacking),
    (array_agg(external_id ORDER BY priority DESC, order_id) FILTER (WHERE lacking))[1:3],
    (SELECT count(DISTINCT order_id) FROM filled WHERE lacking)
FROM filled GROUP BY 1, 2 HAVING bool_or(lacking) ORDER BY 5 DESC, 1, 2
"""
COUNT = f"WITH {BACK} SELECT count(*) FROM undone"


@dataclass(frozen=True)
class ClosedWay:
    """Orders that would go back to a lane or warehouse that cannot be used now."""

    lane: int | None
    warehouse: str | None
    orders: int


@dataclass(frozen=True)
class MissingGoods:
    """Of a product that orders would need `need` units where they would go back, `left` are there: so many of these
    orders, the first of which are `such`, would wait for it."""

    warehouse: str
    product: str
    need: int
    left: int
    orders: int
    such: list[str]
    lane: None = None


def parameters_of(run: RerouteRun, waves: Sequence[int]) -> dict[str, Any]:
    return {"run": run.pk, "set": run.affected_set_id, "exercise": run.exercise, "waves": list(waves)}


def no_room(run: RerouteRun, waves: Sequence[int], now: datetime) -> list[Shortage]:
    """Where the orders of these waves do not fit any more beside what leaves today and what approved runs hold. A
    lane that rests today counts with what it takes on a day on which it runs: orders wait for it there as before."""
    if run.exercise is not None:
        return []
    given = {**about(run, now), **parameters_of(run, waves), "resting": []}
    given["day"] = given["today"]
    with connection.cursor() as cursor:
        cursor.execute(SHORT, given)
        return [Shortage(lane, house, 0, need, rest, runs) for lane, house, need, rest, runs in cursor.fetchall()]


def closed_ways(run: RerouteRun, waves: Sequence[int]) -> list[ClosedWay]:
    with connection.cursor() as cursor:
        cursor.execute(CLOSED, parameters_of(run, waves))
        return [ClosedWay(*row) for row in cursor.fetchall()]


def missing_goods(run: RerouteRun, waves: Sequence[int]) -> tuple[int, list[MissingGoods]]:
    """How many orders would lack goods where they would go back, and where which."""
    with connection.cursor() as cursor:
        cursor.execute(LACKING, parameters_of(run, waves))
        rows = cursor.fetchall()
    return rows[0][-1] if rows else 0, [MissingGoods(*row[:-1]) for row in rows]


MOST_NAMED = 20


def consequence(run: RerouteRun, number: int | None = None) -> dict[str, Any]:
    """What taking back the run, or one of its waves, would mean now: {"orders", "in_transit", "short": [{"label",
    "lane", "warehouse", "need", "left", "runs"}], "closed": [{"label", "lane", "warehouse", "orders"}], "missing":
    [{"label", "warehouse", "product", "need", "left", "orders", "such"}], …}."""
    waves = run.waves.filter(state=WaveState.APPLIED)
    waves = waves if number is None else waves.filter(number=number)
    numbers = [wave.number for wave in waves if wave.zone != Zone.TRANSIT]
    short, closed = no_room(run, numbers, clock.now()), closed_ways(run, numbers)
    lacking, missing = missing_goods(run, numbers)
    labels = way_labels([*short[:MOST_NAMED], *closed[:MOST_NAMED], *missing[:MOST_NAMED]])
    return {
        "orders": to_restore(run, numbers),
        "in_transit": sum(wave.applied for wave in waves if wave.zone == Zone.TRANSIT),
        "short": [
            {**asdict(item), "left": max(item.left, 0), "label": labels[item.lane or item.warehouse]}
            for item in short[:MOST_NAMED]
        ],
        "more_short": max(0, len(short) - MOST_NAMED),
        "closed": [{**asdict(item), "label": labels[item.lane or item.warehouse]} for item in closed[:MOST_NAMED]],
        "more_closed": max(0, len(closed) - MOST_NAMED),
        "closed_orders": sum(item.orders for item in closed),
        "missing": [{**asdict(item), "label": labels[item.warehouse]} for item in missing[:MOST_NAMED]],
        "more_missing": max(0, len(missing) - MOST_NAMED),
        "lacking": lacking,
    }


def to_restore(run: RerouteRun, waves: Sequence[int]) -> int:
    """How many orders would go back."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, parameters_of(run, waves))
        return int(cursor.fetchone()[0])
