"""Orders in transit: proposed with the run as a list and a wave of their own, told through the same feed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from dispatch.detouring import Leg, Roads, Standing, Way, advise
from dispatch.models import AssignmentKind, RerouteRun, RerouteWave, WaveState, Zone
from dispatch.queries.detours import OF_SET, STANDINGS
from dispatch.queries.network import closed_hubs, closed_warehouses
from dispatch.scope import Scope, resolve
from journal import clock

# A lane that is closed only because its warehouse is concerns nobody who has left.
WAYS = """
SELECT l.id, l.region_id, l.warehouse_id, l.id IN (
        SELECT b.lane_id FROM dispatch_barred_lanes(%(exercise)s::bigint) b JOIN dispatch_lane x ON x.id = b.lane_id
        WHERE b.why = 'retired' OR b.why = 'closed' AND (x.region_id = ANY(%(regions)s::varchar[])
            OR x.carrier_id = ANY(%(carriers)s::varchar[]) OR x.id = ANY(%(named_lanes)s::bigint[])
            OR NOT EXISTS (SELECT 1 FROM dispatch_warehouseclosure h WHERE h.warehouse_id = x.warehouse_id
                AND h.reference = b.reference AND h.opened_at IS NULL AND h.exercise IS NOT DISTINCT FROM b.exercise))
    ), coalesce((SELECT array_agg(g.hub_id ORDER BY g.position) FROM dispatch_laneleg g WHERE g.lane_id = l.id), '{}'),
    coalesce((SELECT array_agg(g.road_id ORDER BY g.position) FROM dispatch_laneleg g WHERE g.lane_id = l.id), '{}'),
    coalesce((SELECT array_agg(g.hours ORDER BY g.position) FROM dispatch_laneleg g WHERE g.lane_id = l.id), '{}')
FROM dispatch_lane l
"""
CASES = "SELECT DISTINCT key, lane_id, leg, told, at, refused, by, by_leg FROM standing"
# What each case is told, as the table a.
ADVICE = """unnest(%(keys)s::text[], %(steps)s::text[], %(hubs)s::text[], %(lanes)s::bigint[], %(whys)s::text[])
    AS a(key, step, hub, lane, why)"""
WRITE = f"""
INSERT INTO dispatch_detour (run_id, order_id, order_version, wave, step, hub_id, lane_id, leg, by_id, since, why)
SELECT %(run)s, s.order_id, s.order_version, %(wave)s, a.step, a.hub, a.lane, coalesce(s.by_leg, s.leg),
    CASE WHEN s.by_leg IS NOT NULL THEN s.by END, s.since, a.why
FROM standing s JOIN {ADVICE} USING (key) ORDER BY s.order_id
"""
# In the sequence in which the intake locks orders. A statement of its own: what another run told meanwhile is seen only
# by one that begins later.
LOCK = """
SELECT count(*) FROM (
    SELECT o.id FROM dispatch_detour d JOIN dispatch_order o ON o.id = d.order_id
    WHERE d.run_id = %(run)s AND d.wave = %(wave)s ORDER BY o.external_id FOR NO KEY UPDATE OF o
) locked
"""
# A hub that has been closed since is no place to wait.
TELL = """
WITH wave AS MATERIALIZED (
    SELECT d.*, o.state, o.version, o.warehouse_id AS origin_id
    FROM dispatch_detour d JOIN dispatch_order o ON o.id = d.order_id
    WHERE d.run_id = %(run)s AND d.wave = %(wave)s
),
checked AS MATERIALIZED (
    SELECT w.*, l.carrier_id, CASE WHEN w.state <> 'dispatched' THEN 'state'
        WHEN w.version <> w.order_version THEN 'version'
        WHEN EXISTS (SELECT 1 FROM dispatch_assignment s WHERE s.order_id = w.order_id AND s.id > coalesce(w.since, 0)
            AND s.kind IN ('detour', 'hold', 'turn_back', 'resume')
            AND s.exercise IS NOT DISTINCT FROM %(exercise)s::bigint) THEN 'told'
        WHEN w.lane_id = ANY(%(blocked)s::bigint[]) OR w.hub_id = ANY(%(shut)s::text[]) THEN 'closed' END AS skipped
    FROM wave w LEFT JOIN dispatch_lane l ON l.id = w.lane_id
),
skips AS (
    INSERT INTO dispatch_rerouteskip (run_id, order_id, wave, why)
    SELECT %(run)s, order_id, %(wave)s, skipped FROM checked WHERE skipped IS NOT NULL RETURNING 1
),
assigned AS (
    INSERT INTO dispatch_assignment (position, kind, run_id, wave, order_id, order_version, warehouse_id, lane_id,
        carrier_id, hub_id, made_at, exercise)
    SELECT (SELECT fenghuo_position()), step, %(run)s, %(wave)s, order_id, order_version,
        CASE WHEN step = 'turn_back' THEN origin_id END, lane_id, carrier_id, hub_id, %(now)s, %(exercise)s
    FROM checked WHERE skipped IS NULL ORDER BY order_id
    RETURNING order_id, kind, hub_id, lane_id
)
SELECT (SELECT count(*) FROM assigned), (SELECT count(*) FROM skips), (SELECT encode(sha256(convert_to(
    coalesce(string_agg(concat_ws(',', order_id, kind, hub_id, lane_id), E'\\n' ORDER BY order_id), ''),
    'UTF8')), 'hex') FROM assigned)
"""
# Whoever was told something else by this run, and nothing since, and is still on the way goes on as planned.
TAKE_BACK = """
WITH assigned AS (
    INSERT INTO dispatch_assignment (position, kind, run_id, wave, order_id, order_version, made_at, exercise)
    SELECT (SELECT fenghuo_position()), 'resume', %(run)s, %(wave)s, s.order_id, s.order_version, %(now)s, %(exercise)s
    FROM dispatch_assignment s JOIN dispatch_detour d ON d.run_id = s.run_id AND d.order_id = s.order_id
    JOIN dispatch_order o ON o.id = s.order_id
    LEFT JOIN dispatch_assignmentanswer n ON n.assignment_id = s.id
    WHERE s.run_id = %(run)s AND s.wave = %(wave)s AND s.kind IN ('detour', 'hold', 'turn_back')
        AND o.state = 'dispatched' AND o.version = s.order_version AND n.accepted IS DISTINCT FROM false
        AND NOT EXISTS (SELECT 1 FROM dispatch_assignment later WHERE later.order_id = s.order_id AND later.id > s.id
            AND later.run_id <> s.run_id AND later.exercise IS NOT DISTINCT FROM s.exercise)
    ORDER BY s.order_id RETURNING order_id, kind
)
SELECT count(*), encode(sha256(convert_to(coalesce(string_agg(concat_ws(',', order_id, kind), E'\\n' ORDER BY order_id),
    ''), 'UTF8')), 'hex') FROM assigned
"""


def read_roads(scope: Scope, exercise: int | None) -> Roads:
    """The network as it is now; `scope` says which closures are of lanes, whatever becomes of their warehouses."""
    hit = resolve(scope)
    with connection.cursor() as cursor:
        cursor.execute(
            WAYS,
            {"exercise": exercise, **{name: getattr(hit, name) for name in ("regions", "carriers", "named_lanes")}},
        )
        ways = {
            lane: Way(lane, region, house, tuple(map(Leg, hubs, roads, hours)) or (Leg(None, None, None),), closed)
            for lane, region, house, closed, hubs, roads, hours in cursor.fetchall()
        }
    return Roads(ways, frozenset(closed_hubs(exercise)), frozenset(closed_warehouses(exercise)))


@contextlib.contextmanager
def advised(
    cursor: CursorWrapper, scope: Scope, who: str, parameters: dict[str, Any]
) -> Iterator[dict[str, list[Any]]]:
    """What is to be told to the orders in transit of `who`, a case at a time: the columns of ADVICE. Within, the table
    "standing" says which order is in which case."""
    cursor.execute(STANDINGS.format(who=who), parameters)
    cursor.execute(CASES)
    cases = {key: Standing(*rest) for key, *rest in cursor.fetchall()}
    roads = read_roads(scope, parameters["exercise"])
    found = {key: advice for key, case in cases.items() if (advice := advise(case, roads))}
    yield {
        "keys": list(found),
        "steps": [advice.step for advice in found.values()],
        "hubs": [advice.hub for advice in found.values()],
        "lanes": [advice.lane for advice in found.values()],
        "whys": [advice.why for advice in found.values()],
    }
    cursor.execute("DROP TABLE standing")


def propose_detours(run: RerouteRun) -> None:
    """Write what the orders in transit of the run's set are to be told, and the wave that tells it; the caller has
    removed the run's waves. One case is decided once, however many orders are in it."""
    run.detours.all().delete()
    run.to_detour = 0
    if not run.affected_set.in_transit:
        return
    number = run.waves.count() + 1
    parameters: dict[str, Any] = {
        "set": run.affected_set_id,
        "run": run.pk,
        "now": clock.now(),
        "exercise": run.exercise,
    }
    scope = Scope.from_json(run.affected_set.scope)
    with connection.cursor() as cursor, advised(cursor, scope, OF_SET, parameters) as advice:
        cursor.execute(WRITE, {**parameters, "wave": number, **advice})
        run.to_detour = cursor.rowcount
    if run.to_detour:
        state = WaveState.HELD if run.approve_each_wave else WaveState.WAITING
        RerouteWave.objects.create(run=run, number=number, zone=Zone.TRANSIT, orders=run.to_detour, state=state)


def tell_detours(run: RerouteRun, wave: RerouteWave, now: datetime) -> tuple[int, int, str]:
    """Put a wave of detours into the feed: how many were told, how many left alone, and the SHA-256. Orders in
    transit are the order system's to move: no row of theirs changes here."""
    roads = read_roads(Scope.from_json(run.affected_set.scope), run.exercise)
    ways = run.detours.filter(wave=wave.number, step=AssignmentKind.DETOUR).values_list("lane_id", "hub_id").distinct()
    blocked = [lane for lane, hub in ways if not roads.onward_by(lane, hub)]
    parameters: dict[str, Any] = {"run": run.pk, "wave": wave.number, "now": now, "exercise": run.exercise}
    with connection.cursor() as cursor:
        if run.exercise is None:
            cursor.execute(LOCK, parameters)
        cursor.execute(TELL, {**parameters, "shut": sorted(roads.shut_hubs), "blocked": blocked})
        told, skipped, digest = cursor.fetchone()
    return told, skipped, digest


def take_back_detours(run: RerouteRun, wave: RerouteWave, now: datetime) -> tuple[int, str]:
    """Let orders that are still on the way go on as planned; how many, and the SHA-256."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE_BACK, {"run": run.pk, "wave": wave.number, "now": now, "exercise": run.exercise})
        count, digest = cursor.fetchone()
    return count, digest
