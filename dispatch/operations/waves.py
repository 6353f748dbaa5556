"""Applying an approved proposal, one wave and one transaction at a time."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Case, When

from accounts.actors import Actor
from accounts.roles import Permission
from dispatch.bulk import prepare_for_bulk
from dispatch.models import WAVES_AHEAD, AssignmentKind, RerouteRun, RerouteWave, RunKind, RunState, WaveState, Zone
from dispatch.operations.detours import tell_detours
from dispatch.operations.held_stock import use_stock
from dispatch.operations.readvice import propose_advice
from dispatch.operations.reservations import release_capacity
from dispatch.operations.steps import HINT_AGAIN, IllegalStep, lock_run, note
from dispatch.queries.network import LANES_CLOSED_THEMSELVES, WAREHOUSES_NOT_YET
from dispatch.queries.reservations import local_day
from dispatch.scope import Scope
from journal import clock

MOST_FAILURES = 3

# A wave's proposals p with the frozen row a, the order o and the new way l; SHUT once that has been closed. A
# warehouse that is being opened may be planned for the day it can be used from.
PLANNED = f"""
FROM dispatch_proposal p
JOIN dispatch_affectedorder a ON a.affected_set_id = %(set)s AND a.order_id = p.order_id
JOIN dispatch_order o ON o.id = p.order_id
LEFT JOIN dispatch_lane l ON l.id = p.lane_id
LEFT JOIN ({LANES_CLOSED_THEMSELVES}) shut_lane ON shut_lane.id = p.lane_id
LEFT JOIN ({WAREHOUSES_NOT_YET}) shut_house ON shut_house.code = coalesce(l.warehouse_id, p.warehouse_id)
    AND (p.day = 0 OR shut_house.until >= (%(first)s::date + p.day + 1)::timestamp AT TIME ZONE '{settings.TIME_ZONE}')
WHERE p.run_id = %(run)s AND p.wave = %(wave)s
"""
SHUT = "(shut_lane.id IS NOT NULL OR shut_house.code IS NOT NULL)"
# In the sequence in which the intake locks orders, so that the two never wait for each other in a ring.
WAVE = f"""
WITH wave AS MATERIALIZED (
    SELECT p.order_id, p.order_version, p.lane_id, p.day, coalesce(l.warehouse_id, p.warehouse_id) AS warehouse_id,
        l.carrier_id, a.warehouse_id AS old_warehouse_id, a.lane_id AS old_lane_id,
        {SHUT} AS shut
    {PLANNED}
    ORDER BY o.external_id
),
"""
# Whether an order may be moved. Written without any "o.x = w.y", which leaves the planner no join but looking up one
# order after the other, in the wave's sequence.
MOVABLE = """
o.id = ANY(ARRAY[w.order_id]) AND NOT w.shut AND o.state = 'open' AND o.version - w.order_version = 0
    AND o.warehouse_id IS NOT DISTINCT FROM w.old_warehouse_id AND o.lane_id IS NOT DISTINCT FROM w.old_lane_id
"""
# What somebody else is changing is waited for and checked again as he left it.
MOVED = f"""
moved AS (
    UPDATE dispatch_order o SET warehouse_id = w.warehouse_id, lane_id = w.lane_id, carrier_id = w.carrier_id,
        planned_on = CASE WHEN w.day > 0 THEN %(first)s::date + w.day END, updated_at = %(now)s
    FROM wave w WHERE {MOVABLE}
    RETURNING o.id AS order_id, o.version AS order_version, o.warehouse_id, o.lane_id, o.carrier_id
),
"""
# An exercise goes through the same checks and writes its assignments, but moves no order.
PRETENDED = f"""
moved AS (
    SELECT w.order_id, w.order_version, w.warehouse_id, w.lane_id, w.carrier_id
    FROM wave w JOIN dispatch_order o ON {MOVABLE}
),
"""
WRITTEN = """
sorted AS MATERIALIZED (SELECT * FROM moved ORDER BY order_id),
assigned AS (
    INSERT INTO dispatch_assignment (position, kind, run_id, wave, order_id, order_version, warehouse_id, lane_id,
        carrier_id, made_at, exercise)
    SELECT (SELECT fenghuo_position()), %(kind)s, %(run)s, %(wave)s, order_id, order_version, warehouse_id, lane_id,
        carrier_id, %(now)s, %(exercise)s FROM sorted
)
SELECT count(*), encode(sha256(convert_to(
    coalesce(string_agg(concat_ws(',', order_id, warehouse_id, lane_id), E'\\n' ORDER BY order_id), ''),
    'UTF8')), 'hex') FROM sorted
"""
APPLY = WAVE + MOVED + WRITTEN
PRETEND = WAVE + PRETENDED + WRITTEN
# Why the others were left alone, as they are now; where nothing else tells, another allocation did.
SKIPPED = f"""
INSERT INTO dispatch_rerouteskip (run_id, order_id, wave, why)
SELECT p.run_id, p.order_id, p.wave, CASE WHEN o.state <> 'open' THEN 'state'
    WHEN o.version <> p.order_version THEN 'version'
    WHEN o.warehouse_id IS DISTINCT FROM a.warehouse_id OR o.lane_id IS DISTINCT FROM a.lane_id THEN 'allocation'
    WHEN {SHUT} THEN 'closed'
    ELSE 'allocation' END
{PLANNED}
    AND NOT EXISTS (SELECT 1 FROM dispatch_assignment s WHERE s.order_id = p.order_id AND s.run_id = p.run_id)
"""


@transaction.atomic
def apply_next_wave(*, run_id: int, by: Actor) -> RerouteWave | None:
    """Apply the first waiting wave of an approved run; return it, or None when none waits. Waves that are paused or
    held for approval are left out, and keep the run from being finished.

    1. Lock the run.
    2. Move each of the wave's orders that is still open, of the same version, where the frozen set says, and whose new
       way is open, and append the assignments, in one statement. What somebody is changing is waited for and looked
       at again.
    3. Note the others in RerouteSkip with the reason; the next run of a fresh set picks them up.
    4. Release what the wave held of the network; units of products are gone from now on.
    The wave of orders in transit comes first and only tells (operations.detours); the run's figures are without it.
    Those it left alone get new advice proposed where they need any.
    A repeated call goes on with the next wave and never repeats one. Journals reroute.wave_applied with the SHA-256
    of "order,warehouse,lane" lines in order of id, and after the last wave reroute.applied.
    Raises IllegalStep, NoSuchRun, NotAllowed.
    """
    by.require(Permission.APPROVE_REROUTE)
    run = lock_run(run_id)
    if run.state == RunState.APPLIED:
        return None
    if run.state not in (RunState.APPROVED, RunState.APPLYING):
        raise IllegalStep(run)
    in_transit = Case(When(zone=Zone.TRANSIT, then=0), default=1)
    wave = run.waves.filter(state=WaveState.WAITING).order_by(in_transit, "number").first()
    if wave is None:
        finish_if_over(run, by)
        return None
    parameters = {
        "run": run.pk,
        "set": run.affected_set_id,
        "wave": wave.number,
        "exercise": run.exercise,
        "first": local_day(run.solved_at or clock.now()),
        "kind": AssignmentKind.RETURN if run.kind == RunKind.RETURN else AssignmentKind.REROUTE,
    }
    with connection.cursor() as cursor:
        prepare_for_bulk(cursor)
        now = clock.now()
        if wave.zone == Zone.TRANSIT:
            applied, skipped, digest = tell_detours(run, wave, now)
        else:
            cursor.execute(APPLY if run.exercise is None else PRETEND, {**parameters, "now": now})
            applied, digest = cursor.fetchone()
            skipped = 0
            if applied < wave.orders:
                cursor.execute(SKIPPED, parameters)
                skipped = cursor.rowcount
            run.applied += applied
            run.skipped += skipped
    mark_applied(wave, applied, skipped, digest, now)
    use_stock(run, wave.number, skipped=skipped > 0)
    release_capacity(run, wave.number)
    run.start_applying()
    run.hint_at, run.attempts, run.failure = now + HINT_AGAIN, 0, ""
    run.save(update_fields=["state", "applied", "skipped", "hint_at", "attempts", "failure"])
    note(
        run,
        "wave_applied",
        by,
        wave=wave.number,
        zone=f"zone:{wave.zone}",
        applied=applied,
        skipped=skipped,
        sha256=digest,
    )
    finish_if_over(run, by)
    if wave.zone == Zone.TRANSIT and skipped:
        propose_advice(by=by, scope=Scope(), exercise=run.exercise)
    return wave


def apply_waves(*, run_id: int, by: Actor) -> int:
    """Apply every waiting wave of a run that is approved; return how many this call applied.

    Another worker that is at it already is left alone. A wave that fails three times in a row is not tried for ever:
    what waits is paused, for people to resume or to roll back. Journals what `apply_next_wave` does, and
    reroute.stopped. Raises NotAllowed, and whatever a wave raised.
    """
    by.require(Permission.APPROVE_REROUTE)
    try:
        return apply_all(run_id, by)
    except Exception as error:
        count_failure(run_id, error, by)
        raise


def count_failure(run_id: int, error: Exception, by: Actor) -> None:
    """Remember that a wave could not be applied; stop the run after MOST_FAILURES in a row."""
    with transaction.atomic():
        run = lock_run(run_id)
        if run.state not in (RunState.APPROVED, RunState.APPLYING):
            return
        run.attempts += 1
        run.failure = f"{type(error).__name__}: {error}"[:2000]
        run.hint_at = clock.now() + HINT_AGAIN
        stopped = run.attempts >= MOST_FAILURES
        if stopped:
            run.waves.filter(state=WaveState.WAITING).update(state=WaveState.PAUSED)
            run.attempts = 0
        run.save(update_fields=["state", "attempts", "failure", "hint_at"])
        if stopped:
            note(run, "stopped", by, times=MOST_FAILURES)


def apply_all(run_id: int, by: Actor) -> int:
    applied = 0
    while True:
        with transaction.atomic():
            at_work = RerouteRun.objects.filter(pk=run_id, state__in=[RunState.APPROVED, RunState.APPLYING])
            if at_work.select_for_update(skip_locked=True).first() is None:
                return applied
            if apply_next_wave(run_id=run_id, by=by) is None:
                return applied
            applied += 1


def mark_applied(wave: RerouteWave, applied: int, skipped: int, digest: str, now: datetime) -> None:
    moved = RerouteWave.objects.filter(pk=wave.pk, state=WaveState.WAITING).update(
        state=WaveState.APPLIED, applied=applied, skipped=skipped, sha256=digest, applied_at=now
    )
    assert moved == 1, "the run's lock guards its waves"
    wave.state, wave.applied, wave.skipped = WaveState.APPLIED, applied, skipped


def finish_if_over(run: RerouteRun, by: Actor) -> None:
    """The run is applied once no wave of it is ahead any more."""
    if run.waves.filter(state__in=WAVES_AHEAD).exists():
        return
    run.finish()
    run.applied_at = clock.now()
    run.save(update_fields=["state", "applied_at"])
    note(run, "applied", by, applied=run.applied, skipped=run.skipped, unroutable=run.unroutable)
