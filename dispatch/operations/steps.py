"""What the steps of a reroute share: the lock, the refusals, the journal's entry and the hint to the workers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from django.db import connection
from django.utils.translation import gettext as _

from accounts.actors import Actor
from dispatch.models import AffectedSet, RerouteRun, RerouteWave, RunState, WaveState
from journal import clock, hints
from journal import operations as journal
from journal.refusal import Refusal

HINT_AGAIN = timedelta(seconds=15)
NETWORK = "network"  # the journal's subject for what happens to the network as a whole

NEXT_STEPS: dict[str, list[str]] = {
    RunState.QUEUED: ["adjust", "reject"],
    RunState.SOLVING: ["adjust", "reject"],
    RunState.PROPOSED: ["approve", "choose", "adjust", "reject"],
    RunState.APPROVED: ["roll_back"],
    RunState.APPLYING: ["roll_back"],
    RunState.APPLIED: ["roll_back"],
}
NEXT_OF_WAVE: dict[str, list[str]] = {
    WaveState.HELD: ["approve", "drop"],
    WaveState.WAITING: ["pause", "drop"],
    WaveState.PAUSED: ["resume", "drop"],
    WaveState.APPLIED: ["roll_back"],
}


class NoSuchRun(Refusal):
    """There is no reroute run of this number."""

    status: ClassVar[int] = 404


class RunChanged(Refusal):
    """Somebody changed the run after the caller looked at it."""

    status: ClassVar[int] = 412


class IllegalStep(Refusal):
    """The run's state does not allow this step; `extra["next"]` lists those it does."""

    def __init__(self, run: RerouteRun) -> None:
        super().__init__(
            _("Reroute %(run)s is %(state)s; somebody may have been faster. Look at it again.")
            % {"run": run.pk, "state": RunState(run.state).label},
            state=run.state,
            next=NEXT_STEPS.get(run.state, []),
        )


class IllegalWaveStep(Refusal):
    """The wave's state does not allow this step; `extra["next"]` lists those it does."""

    def __init__(self, wave: RerouteWave) -> None:
        super().__init__(
            _("Wave %(wave)s is %(state)s; somebody may have been faster. Look at it again.")
            % {"wave": wave.number, "state": WaveState(wave.state).label},
            state=wave.state,
            next=NEXT_OF_WAVE.get(wave.state, []),
        )


def lock_run(run_id: int, expected_version: int | None = None) -> RerouteRun:
    """The run, locked for this transaction. Raises NoSuchRun, and RunChanged when it is not of the version that the
    caller looked at."""
    run = RerouteRun.objects.select_for_update().filter(pk=run_id).first()
    if run is None:
        raise NoSuchRun(_("There is no reroute %(run)s.") % {"run": run_id})
    require_version(run, expected_version)
    return run


def lock_reference(reference: str, exercise: int | None) -> None:
    """One writer at a time for the closures and affected sets of a reference."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"dispatch:{reference}:{exercise or ''}"]
        )


def queue_run(frozen: AffectedSet, *, reference: str, by: Actor, **terms: Any) -> RerouteRun:
    """A new run about the orders of a frozen set, on these terms; the workers are told when this transaction commits.
    The caller journals it."""
    now = clock.now()
    run = RerouteRun.objects.create(
        affected_set=frozen,
        reference=reference,
        exercise=frozen.exercise,
        orders=frozen.orders,
        due_at=now,
        hint_at=now + HINT_AGAIN,
        requested_at=now,
        requested_by=str(by),
        **terms,
    )
    remind(run)
    return run


TERMS = ("cost_cap", "authority", "late_cost", "risk_cost", "carbon_cost", "approve_each_wave", "days", "standby")


def terms_of(run: RerouteRun) -> dict[str, Any]:
    """On what terms a run was asked for, for another one about the same matter."""
    return {name: getattr(run, name) for name in TERMS}


def require_version(run: RerouteRun, expected: int | None) -> None:
    if expected is not None and run.version != expected:
        raise RunChanged(
            _("Reroute %(run)s was changed meanwhile. Look at it again.") % {"run": run.pk},
            version=run.version,
            state=run.state,
            next=NEXT_STEPS.get(run.state, []),
        )


def save(run: RerouteRun, fields: Iterable[str]) -> None:
    """Save what a person changed: the next version of the run."""
    run.version += 1
    run.save(update_fields=["state", "version", *fields])


def note(run: RerouteRun, kind: str, by: object, **payload: object) -> None:
    """The journal's entry about a run."""
    journal.write(
        kind=f"reroute.{kind}",
        subject=f"reroute:{run.pk}",
        by=by,
        reference=run.reference,
        exercise=run.exercise,
        payload={"run": run.pk, **payload},
    )


def moment(at: datetime | None) -> str:
    """A time as the journal keeps it, shown in the reader's own zone; blank when it is not known."""
    return f"moment:{at.astimezone(UTC).isoformat(timespec='seconds')}" if at else "moment:"


def remind(run: RerouteRun) -> None:
    """Hint at the run's next work when this transaction commits; the sweep repeats it if that is lost."""
    from dispatch import tasks

    solving = run.state in (RunState.QUEUED, RunState.SOLVING, RunState.PROPOSED)
    hints.nudge(tasks.solve_run if solving else tasks.apply_waves, run_id=run.pk)
    clock.wake()
