"""The life of a reroute run up to a decision: asked for, solved, proposed, approved or rejected."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar

import structlog
from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.actors import SYSTEM, Actor
from accounts.roles import Permission
from dispatch.bulk import prepare_for_bulk
from dispatch.instance import Instance, read_instance
from dispatch.models import AffectedSet, RerouteRun, RunState
from dispatch.models.reroute import OVER
from dispatch.operations.proposals import before_costs, figures_of, set_figures, write_proposal
from dispatch.plans import plan_of
from dispatch.solver import Options, solve
from journal import clock, hints
from journal import operations as journal
from journal.clock import Now
from journal.refusal import Invalid, Refusal

log = structlog.get_logger()

MOST_ATTEMPTS = 3
HINT_AGAIN = timedelta(seconds=15)
LEASE, LEASE_PER_ORDER = timedelta(seconds=60), timedelta(milliseconds=1)

NEXT_STEPS: dict[str, list[str]] = {
    RunState.QUEUED: ["reject"],
    RunState.SOLVING: ["reject"],
    RunState.PROPOSED: ["approve", "reject"],
    RunState.APPROVED: ["roll_back"],
    RunState.APPLYING: ["roll_back"],
    RunState.APPLIED: ["roll_back"],
}


class NoSuchRun(Refusal):
    """There is no reroute run of this number."""

    status: ClassVar[int] = 404


class UnknownAffectedSet(Invalid):
    """The affected set does not exist, or belongs to another reference or exercise."""


class IllegalStep(Refusal):
    """The run's state does not allow this step; `extra["next"]` lists those it does."""

    def __init__(self, run: RerouteRun) -> None:
        super().__init__(
            _("Reroute %(run)s is %(state)s; somebody may have been faster. Look at it again.")
            % {"run": run.pk, "state": RunState(run.state).label},
            state=run.state,
            next=NEXT_STEPS.get(run.state, []),
        )


class CostAboveCap(Refusal):
    """The proposal costs more than the response level allows."""


def lock_run(run_id: int) -> RerouteRun:
    """The run, locked for this transaction. Raises NoSuchRun."""
    run = RerouteRun.objects.select_for_update().filter(pk=run_id).first()
    if run is None:
        raise NoSuchRun(_("There is no reroute %(run)s.") % {"run": run_id})
    return run


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


def remind(run: RerouteRun) -> None:
    """Hint at the run's next work when this transaction commits; the sweep repeats it if that is lost."""
    from dispatch import tasks

    task = tasks.solve_run if run.state in (RunState.QUEUED, RunState.SOLVING) else tasks.apply_waves
    hints.nudge(task, run_id=run.pk)
    clock.wake()


@transaction.atomic
def request_reroute(
    *,
    reference: str,
    affected_set_id: int,
    by: Actor,
    exercise: int | None = None,
    cost_cap: Decimal | None = None,
    late_cost: Decimal = Decimal(0),
) -> RerouteRun:
    """Ask for new lanes for every order of a frozen affected set; a worker solves it (dispatch.solve_run).

    Idempotent: a set has one living run, which a repeated call returns as it is. A run of an older set of the same
    reference that nobody has approved yet is rejected, its successor takes its place. `cost_cap` 0.25 lets the
    approver spend 25 % more than today; `late_cost` prices a day's lateness (0: freight and handling alone decide).
    Journals reroute.requested (and reroute.rejected). Raises UnknownAffectedSet, NotAllowed.
    """
    by.require(Permission.APPROVE_REROUTE)
    frozen = AffectedSet.objects.select_for_update().filter(pk=affected_set_id).first()
    if frozen is None or frozen.reference != reference or frozen.exercise != exercise:
        raise UnknownAffectedSet(_("There is no such set of affected orders for this matter."))
    runs = RerouteRun.objects.select_for_update().filter(reference=reference, exercise=exercise).exclude(state__in=OVER)
    living = list(runs.order_by("pk"))
    for run in living:
        if run.affected_set_id == frozen.pk:
            return run
    for run in living:
        if run.state in (RunState.QUEUED, RunState.SOLVING, RunState.PROPOSED):
            refuse(run, by)
    now = clock.now()
    run = RerouteRun.objects.create(
        reference=reference,
        affected_set=frozen,
        exercise=exercise,
        cost_cap=cost_cap,
        late_cost=late_cost,
        due_at=now,
        hint_at=now + HINT_AGAIN,
        requested_at=now,
        requested_by=str(by),
        orders=frozen.orders,
    )
    remind(run)
    note(run, "requested", by, affected_set=frozen.pk, orders=frozen.orders)
    return run


def solve_run(*, run_id: int, by: Actor = SYSTEM) -> RerouteRun | None:
    """Solve a queued run and write its proposal; return it, or None when there was nothing to do.

    1. Lease the run, committed first, so that one worker solves it and a killed one is noticed.
    2. Read orders and network in one snapshot, outside any lock.
    3. Solve.
    4. Write the proposal in one transaction, if the lease's attempt is still the newest.
    Journals reroute.proposed, or reroute.failed after three attempts. Raises NotAllowed.
    """
    by.require(Permission.APPROVE_REROUTE)
    run = lease_run(run_id, by)
    if run is None:
        return None
    try:
        began = time.perf_counter()
        instance, moment = read(run)
        took = round(time.perf_counter() - began, 4)
        result = solve(instance.network, instance.orders, Options(late_cost=float(run.late_cost)))
        before = before_costs(instance, float(run.late_cost))
        with transaction.atomic():
            held = lock_run(run_id)
            if held.state != RunState.SOLVING or held.attempts != run.attempts:
                return None
            write_proposal(held, plan_of(instance, result, before))
            set_figures(held, figures_of(instance, result, before))
            held.seconds = {"read": took, **result.seconds}
            held.propose()
            held.lease_until, held.solved_at = None, moment
            held.save()
            note(
                held,
                "proposed",
                by,
                orders=held.orders,
                assigned=held.assigned,
                unroutable=held.unroutable,
                by_reason=held.by_reason,
                cost_before=held.cost_before,
                cost_after=held.cost_after,
                gap=held.gap,
                waves=held.waves.count(),
            )
            return held
    except Exception as error:
        release(run, error, by)
        raise


def lease_run(run_id: int, by: Actor) -> RerouteRun | None:
    """Take the lease of a run that waits to be solved; None when another worker has it or nothing is to be done."""
    with transaction.atomic():
        free = Q(lease_until=None) | Q(lease_until__lte=Now())
        waiting = RerouteRun.objects.filter(free, pk=run_id, state__in=[RunState.QUEUED, RunState.SOLVING])
        run = waiting.select_for_update(skip_locked=True).first()
        if run is None:
            return None
        if run.attempts >= MOST_ATTEMPTS:
            give_up(run, run.failure or _("Its workers died %(times)s times.") % {"times": run.attempts}, by)
            return None
        run.start_solving()
        run.attempts += 1
        run.lease_until = clock.now() + LEASE + LEASE_PER_ORDER * run.orders
        run.save(update_fields=["state", "attempts", "lease_until"])
        journal.touch(run.reference, f"reroute:{run.pk}")
        return run


def read(run: RerouteRun) -> tuple[Instance, datetime]:
    """The instance in one snapshot, and the moment it is of. A caller's own transaction is joined as it is."""
    outermost = not connection.in_atomic_block
    with connection.cursor() as cursor:
        # Frozen a moment ago, and statistics come late by themselves.
        cursor.execute("ANALYZE dispatch_affectedorder")
    with transaction.atomic(), connection.cursor() as cursor:
        if outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        prepare_for_bulk(cursor)
        # Codes are turned into indexes by joins whose size the planner cannot guess; hashing is right for any.
        cursor.execute("SET LOCAL enable_nestloop = off")
        moment = clock.now()
        return read_instance(run, now=moment), moment


def release(run: RerouteRun, error: Exception, by: Actor) -> None:
    """Give the lease back after an error, so that the run is tried again soon, or give it up."""
    log.exception("reroute not solved", run=run.pk, attempt=run.attempts)
    with transaction.atomic():
        held = lock_run(run.pk)
        if held.state != RunState.SOLVING or held.attempts != run.attempts:
            return
        held.lease_until, held.failure = None, f"{type(error).__name__}: {error}"[:2000]
        if held.attempts >= MOST_ATTEMPTS:
            give_up(held, held.failure, by)
        else:
            held.hint_at = clock.now() + HINT_AGAIN
            held.save(update_fields=["state", "lease_until", "failure", "hint_at"])


def give_up(run: RerouteRun, failure: str, by: Actor) -> None:
    run.fail()
    run.failure, run.lease_until = failure, None
    run.save(update_fields=["state", "failure", "lease_until"])
    note(run, "failed", by, attempts=run.attempts)


@transaction.atomic
def approve_run(*, run_id: int, by: Actor, over_cap: bool = False) -> RerouteRun:
    """Decide for the proposal; its waves follow by themselves (dispatch.apply_waves), core regions first.

    A second click of the same person changes nothing; whoever comes second is refused with the legal next steps.
    A proposal above its cost cap needs `over_cap` and somebody who may command at any level (LOWER_LEVEL).
    Journals reroute.approved. Raises IllegalStep, CostAboveCap, NoSuchRun, NotAllowed.
    """
    by.require(Permission.APPROVE_REROUTE)
    run = lock_run(run_id)
    if run.state in (RunState.APPROVED, RunState.APPLYING, RunState.APPLIED) and run.decided_by == str(by):
        return run
    if run.state != RunState.PROPOSED:
        raise IllegalStep(run)
    if run.over_cap and not (over_cap and by.may(Permission.LOWER_LEVEL)):
        raise CostAboveCap(
            _("It costs %(change)s more than today; this level allows %(cap)s. Raise the level or ask the commander.")
            % {"change": f"{run.cost_change:.1%}", "cap": f"{run.cost_cap:.0%}"},
            cost_change=run.cost_change,
            cost_cap=run.cost_cap,
            next=NEXT_STEPS[RunState.PROPOSED],
        )
    run.approve()
    run.decided_at, run.decided_by = clock.now(), str(by)
    run.hint_at = run.decided_at + HINT_AGAIN
    run.save(update_fields=["state", "decided_at", "decided_by", "hint_at"])
    remind(run)
    note(run, "approved", by, waves=run.waves.count(), orders=run.assigned, over_cap=run.over_cap)
    return run


@transaction.atomic
def reject_run(*, run_id: int, by: Actor) -> RerouteRun:
    """Decide against a run that is not approved yet; its affected set may then be rerouted anew.

    Journals reroute.rejected; nothing when it is rejected already. Raises IllegalStep, NoSuchRun, NotAllowed.
    """
    by.require(Permission.APPROVE_REROUTE)
    run = lock_run(run_id)
    if run.state == RunState.REJECTED:
        return run
    if run.state not in (RunState.QUEUED, RunState.SOLVING, RunState.PROPOSED):
        raise IllegalStep(run)
    refuse(run, by)
    return run


def refuse(run: RerouteRun, by: Actor) -> None:
    run.reject()
    run.decided_at, run.decided_by = clock.now(), str(by)
    run.save(update_fields=["state", "decided_at", "decided_by"])
    note(run, "rejected", by)
