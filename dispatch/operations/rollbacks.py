"""Taking back what waves did: the whole run, or one wave."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.actors import Actor
from accounts.roles import Permission
from dispatch.bulk import prepare_for_bulk
from dispatch.models import WAVES_AHEAD, RerouteRun, RerouteWave, RunState, WaveState, Zone
from dispatch.operations.detours import take_back_detours
from dispatch.operations.held_stock import return_stock
from dispatch.operations.reservations import lock_capacity, release_capacity, told_shortages
from dispatch.operations.steps import IllegalStep, IllegalWaveStep, lock_run, note, require_version, save
from dispatch.operations.wave_steps import move_wave, wave_of
from dispatch.queries.reservations import Shortage
from dispatch.queries.rollbacks import UNDONE, no_room, parameters_of
from journal import clock
from journal.refusal import AlreadyDone, Refusal

MOVING = (RunState.APPROVED, RunState.APPLYING, RunState.APPLIED)

# Where there is less room than orders, the ones of the highest priority go back.
ROLL_BACK = f"""
WITH ranked AS (
    SELECT u.*, row_number() OVER (PARTITION BY u.lane_id ORDER BY u.priority DESC, u.order_id) AS on_lane,
        row_number() OVER (PARTITION BY u.warehouse_id ORDER BY u.priority DESC, u.order_id) AS in_house
    FROM ({UNDONE}) u
),
undone AS MATERIALIZED (
    SELECT r.* FROM ranked r
    LEFT JOIN unnest(%(lanes)s::bigint[], %(lane_room)s::bigint[]) AS lane(id, room) ON lane.id = r.lane_id
    LEFT JOIN unnest(%(houses)s::text[], %(house_room)s::bigint[]) AS house(code, room) ON house.code = r.warehouse_id
    WHERE (lane.id IS NULL OR on_lane <= lane.room) AND (house.code IS NULL OR in_house <= house.room)
),
moved AS (
    UPDATE dispatch_order o SET warehouse_id = u.warehouse_id, lane_id = u.lane_id, carrier_id = u.carrier_id,
        planned_on = NULL, updated_at = %(now)s
    FROM undone u WHERE o.id = u.order_id AND %(exercise)s::bigint IS NULL
),
assigned AS (
    INSERT INTO dispatch_assignment (position, kind, run_id, wave, order_id, order_version, warehouse_id, lane_id,
        carrier_id, made_at, exercise)
    SELECT (SELECT fenghuo_position()), 'rollback', %(run)s, wave, order_id, order_version, warehouse_id, lane_id,
        carrier_id, %(now)s, %(exercise)s FROM undone ORDER BY order_id
    RETURNING order_id, warehouse_id, lane_id
)
SELECT count(*), encode(sha256(convert_to(
    coalesce(string_agg(concat_ws(',', order_id, warehouse_id, lane_id), E'\\n' ORDER BY order_id), ''),
    'UTF8')), 'hex'),
    (SELECT coalesce(jsonb_object_agg(wave, orders), '{{}}') FROM (SELECT wave, count(*) AS orders FROM undone
        GROUP BY wave) by_wave)
FROM assigned
"""
LOCK_APPLIED = """
SELECT count(*) FROM (
    SELECT o.id FROM dispatch_proposal p JOIN dispatch_order o ON o.id = p.order_id
    WHERE p.run_id = %(run)s AND p.wave = ANY(%(waves)s::smallint[]) ORDER BY o.external_id FOR NO KEY UPDATE OF o
) locked
"""


class NoRoomBack(Refusal):
    """Orders no longer fit where they were: `lanes` and `warehouses` say where, and how many."""


@transaction.atomic
def roll_back_run(*, run_id: int, by: Actor, fitting: bool = False, expected_version: int | None = None) -> RerouteRun:
    """Put every order the run moved back to where it was, unless it has changed since; drop waves not yet applied.

    Where they do not fit any more beside what leaves today and what approved runs hold, nothing is done, or with
    `fitting` as many go back as fit, the highest priority first; the others stay where the run sent them. A way that
    is closed takes them all the same: they are then affected again.

    Appends assignments of kind rollback, so that the order system learns of it through the same feed. Journals
    reroute.rolled_back with counts and the SHA-256 as for a wave; nothing when it is rolled back already.
    Raises IllegalStep, RunChanged, NoRoomBack, NoSuchRun, NotAllowed.
    """
    by.require(Permission.APPROVE_REROUTE)
    run = lock_run(run_id)
    if run.state == RunState.ROLLED_BACK:
        return run
    if run.state not in MOVING:
        raise IllegalStep(run)
    require_version(run, expected_version)
    drop_ahead(run)
    digest, now = undo(run, list(run.waves.filter(state=WaveState.APPLIED)), by, fitting=fitting)
    end(run, now)
    save(run, ["restored", "rolled_back_at"])
    note(run, "rolled_back", by, restored=run.restored, kept=run.applied - run.restored, sha256=digest)
    return run


@transaction.atomic
def roll_back_wave(
    *, run_id: int, number: int, by: Actor, fitting: bool = False, expected_version: int | None = None
) -> RerouteRun:
    """Put the orders of one applied wave back to where they were, as `roll_back_run` does for all; the other waves go
    on. With the last of them the run itself is rolled back.

    Journals reroute.wave_rolled_back with counts and the SHA-256. Raises IllegalStep, IllegalWaveStep, AlreadyDone,
    RunChanged, NoRoomBack, NoSuchWave, NoSuchRun, NotAllowed.
    """
    by.require(Permission.APPROVE_REROUTE)
    run = lock_run(run_id)
    wave = wave_of(run, number)
    if wave.state == WaveState.ROLLED_BACK and wave.decided_by == str(by):
        raise AlreadyDone(_("Wave %(wave)s is rolled back already.") % {"wave": number}, state=wave.state)
    if run.state not in MOVING:
        raise IllegalStep(run)
    if wave.state != WaveState.APPLIED:
        raise IllegalWaveStep(wave)
    require_version(run, expected_version)
    digest, now = undo(run, [wave], by, fitting=fitting)
    if not run.waves.filter(state__in=(WaveState.APPLIED, *WAVES_AHEAD)).exists():
        end(run, now)
    save(run, ["restored", "rolled_back_at"])
    note(
        run,
        "wave_rolled_back",
        by,
        wave=number,
        zone=f"zone:{wave.zone}",
        restored=wave.restored,
        kept=wave.applied - wave.restored,
        sha256=digest,
    )
    return run


def undo(run: RerouteRun, waves: list[RerouteWave], by: Actor, *, fitting: bool) -> tuple[str, datetime]:
    """Take applied waves back; the SHA-256 of what that assigned, and when it was. Orders in transit are told to go on
    as planned."""
    on_the_way = [wave for wave in waves if wave.zone == Zone.TRANSIT]
    waves = [wave for wave in waves if wave.zone != Zone.TRANSIT]
    parameters = parameters_of(run, [wave.number for wave in waves])
    if run.exercise is None:
        lock_capacity()
    with connection.cursor() as cursor:
        prepare_for_bulk(cursor)
        if run.exercise is None:
            cursor.execute(LOCK_APPLIED, parameters)
        now = clock.now()
        short = no_room(run, parameters["waves"], now)
        if short and not fitting:
            raise refusal_back(short)
        cursor.execute(ROLL_BACK, {**parameters, **room_of(short), "now": now})
        restored, digest, by_wave = cursor.fetchone()
    return_stock(run, parameters["waves"])
    counts = {
        int(number): count for number, count in (json.loads(by_wave) if isinstance(by_wave, str) else by_wave).items()
    }
    for wave in on_the_way:
        counts[wave.number], told = take_back_detours(run, wave, now)
        digest = digest if waves else told
    for wave in [*waves, *on_the_way]:
        move_wave(wave, WaveState.ROLLED_BACK, restored=counts.get(wave.number, 0), decided_at=now, decided_by=str(by))
    run.restored += restored
    return digest, now


def room_of(short: list[Shortage]) -> dict[str, list[Any]]:
    lanes = [item for item in short if item.lane is not None]
    houses = [item for item in short if item.lane is None]
    return {
        "lanes": [item.lane for item in lanes],
        "lane_room": [max(item.left, 0) for item in lanes],
        "houses": [item.warehouse for item in houses],
        "house_room": [max(item.left, 0) for item in houses],
    }


def refusal_back(short: list[Shortage]) -> NoRoomBack:
    lanes, warehouses = told_shortages(short)
    first = (lanes or warehouses)[0]
    text = ngettext(
        "%(way)s has no room for the %(need)s order that would go back.",
        "%(way)s has room for %(left)s of the %(need)s orders that would go back.",
        first["need"],
    ) % {
        "way": first["label"],
        "left": f"{first['left']:,}",
        "need": f"{first['need']:,}",
    }
    if len(short) > 1:
        text += " " + _("So it is in %(places)s places.") % {"places": len(short)}
    text += " " + _("Roll back what fits, or make room first.")
    return NoRoomBack(text, lanes=lanes, warehouses=warehouses, next=["roll_back"])


def drop_ahead(run: RerouteRun) -> None:
    """Drop what is not applied yet, and give back what it held."""
    for wave in run.waves.filter(state__in=WAVES_AHEAD):
        move_wave(wave, WaveState.DROPPED)
    release_capacity(run)


def end(run: RerouteRun, now: datetime) -> None:
    run.roll_back()
    run.rolled_back_at = now
