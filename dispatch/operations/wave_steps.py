"""Holding waves up and letting them go: approve, pause, resume, drop; one wave, or all that are ahead."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.roles import Permission
from dispatch.models import WAVE_MOVES, WAVES_AHEAD, RerouteRun, RerouteWave, RunState, WaveState
from dispatch.operations.reservations import release_capacity
from dispatch.operations.steps import HINT_AGAIN, IllegalStep, IllegalWaveStep, lock_run, note, remind, save
from dispatch.operations.waves import finish_if_over
from journal import clock
from journal.moves import sources
from journal.refusal import AlreadyDone, Refusal

DECIDED = (RunState.APPROVED, RunState.APPLYING)


class NoSuchWave(Refusal):
    """The run has no wave of this number."""

    status: ClassVar[int] = 404


def wave_of(run: RerouteRun, number: int) -> RerouteWave:
    """A wave of a run that is locked. Raises NoSuchWave."""
    wave = run.waves.filter(number=number).first()
    if wave is None:
        raise NoSuchWave(_("Reroute %(run)s has no wave %(wave)s.") % {"run": run.pk, "wave": number})
    return wave


def move_wave(wave: RerouteWave, to: WaveState, **fields: Any) -> None:
    """One step of a wave, by WAVE_MOVES; the run's lock guards it."""
    moved = RerouteWave.objects.filter(pk=wave.pk, state__in=sources(WAVE_MOVES, to)).update(state=to, **fields)
    assert moved == 1, "the run's lock guards its waves"
    for name, value in {"state": to, **fields}.items():
        setattr(wave, name, value)


def decide(
    run_id: int, number: int, by: Actor, expected_version: int | None, *sources: str
) -> tuple[RerouteRun, RerouteWave]:
    """The run under its lock and the wave, of which one of `sources` is the state."""
    run = lock_decided(run_id, by, expected_version)
    wave = wave_of(run, number)
    if wave.state not in sources:
        raise IllegalWaveStep(wave)
    return run, wave


def step(run: RerouteRun, wave: RerouteWave, to: WaveState, kind: str, by: Actor) -> RerouteRun:
    now = clock.now()
    move_wave(wave, to, decided_at=now, decided_by=str(by))
    run.hint_at = now + HINT_AGAIN
    save(run, ["hint_at"])
    if to == WaveState.WAITING:
        remind(run)
    note(run, f"wave_{kind}", by, wave=wave.number, zone=f"zone:{wave.zone}", orders=wave.orders)
    return run


@transaction.atomic
def approve_wave(*, run_id: int, number: int, by: Actor, expected_version: int | None = None) -> RerouteRun:
    """Let a wave go that was held for its own approval.

    Journals reroute.wave_approved. Raises IllegalStep, IllegalWaveStep, AlreadyDone, RunChanged, NoSuchWave,
    NoSuchRun, NotAllowed.
    """
    refuse_repeat(run_id, number, by, WaveState.WAITING, WaveState.APPLIED)
    run, wave = decide(run_id, number, by, expected_version, WaveState.HELD)
    return step(run, wave, WaveState.WAITING, "approved", by)


@transaction.atomic
def pause_wave(*, run_id: int, number: int, by: Actor, expected_version: int | None = None) -> RerouteRun:
    """Hold a waiting wave up; it keeps what it reserved. One that is being applied is finished first.

    Journals reroute.wave_paused. Raises as `approve_wave`.
    """
    refuse_repeat(run_id, number, by, WaveState.PAUSED)
    run, wave = decide(run_id, number, by, expected_version, WaveState.WAITING)
    return step(run, wave, WaveState.PAUSED, "paused", by)


@transaction.atomic
def resume_wave(*, run_id: int, number: int, by: Actor, expected_version: int | None = None) -> RerouteRun:
    """Let a paused wave go on. Journals reroute.wave_resumed. Raises as `approve_wave`."""
    refuse_repeat(run_id, number, by, WaveState.WAITING, WaveState.APPLIED)
    run, wave = decide(run_id, number, by, expected_version, WaveState.PAUSED)
    return step(run, wave, WaveState.WAITING, "resumed", by)


@transaction.atomic
def drop_wave(*, run_id: int, number: int, by: Actor, expected_version: int | None = None) -> RerouteRun:
    """Do without a wave that was not applied: its orders stay where they are, what it reserved is free again.

    Journals reroute.wave_dropped, and reroute.applied when it was the last one ahead. Raises as `approve_wave`.
    """
    refuse_repeat(run_id, number, by, WaveState.DROPPED)
    run, wave = decide(run_id, number, by, expected_version, *WAVES_AHEAD)
    release_capacity(run, wave.number)
    run = step(run, wave, WaveState.DROPPED, "dropped", by)
    finish_if_over(run, by)
    return run


def refuse_repeat(run_id: int, number: int, by: Actor, *after: str) -> None:
    """Whoever did the same before is told so."""
    by.require(Permission.APPROVE_REROUTE)
    wave = wave_of(lock_run(run_id), number)
    if wave.state in after and wave.decided_by == str(by):
        raise AlreadyDone(
            _("Wave %(wave)s is %(state)s by your own decision.")
            % {"wave": wave.number, "state": WaveState(wave.state).label},
            state=wave.state,
        )


@transaction.atomic
def pause_run(*, run_id: int, by: Actor, expected_version: int | None = None) -> RerouteRun:
    """Hold up every wave that waits. Journals reroute.wave_paused for each.

    Raises AlreadyDone when none waits, IllegalStep, RunChanged, NoSuchRun, NotAllowed.
    """
    return all_waves(lock_decided(run_id, by, expected_version), WaveState.WAITING, WaveState.PAUSED, by)


@transaction.atomic
def resume_run(*, run_id: int, by: Actor, expected_version: int | None = None) -> RerouteRun:
    """Let every paused wave go on. Journals reroute.wave_resumed for each. Raises as `pause_run`."""
    return all_waves(lock_decided(run_id, by, expected_version), WaveState.PAUSED, WaveState.WAITING, by)


def lock_decided(run_id: int, by: Actor, expected_version: int | None) -> RerouteRun:
    by.require(Permission.APPROVE_REROUTE)
    run = lock_run(run_id, expected_version)
    if run.state not in DECIDED:
        raise IllegalStep(run)
    return run


def all_waves(run: RerouteRun, source: WaveState, to: WaveState, by: Actor) -> RerouteRun:
    waves = list(run.waves.filter(state=source))
    if not waves:
        raise AlreadyDone(_("No wave of reroute %(run)s is %(state)s.") % {"run": run.pk, "state": source.label})
    for wave in waves:
        run = step(run, wave, to, "paused" if to == WaveState.PAUSED else "resumed", by)
    return run
