"""Solving a reroute run: the lease, the snapshot, the proposal, and the end of what cannot be solved."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.actors import SYSTEM, Actor
from accounts.roles import Permission
from dispatch.bulk import analyze, hashing, snapshot
from dispatch.instance import Instance, read_instance
from dispatch.models import AffectedOrder, RerouteRun, RunState
from dispatch.operations.options import Option, keep_options, keep_tally, option_for
from dispatch.operations.partly import proposed_option, solve_partly, write_with_part
from dispatch.operations.proposals import before_costs, set_figures, write_proposal
from dispatch.operations.steps import HINT_AGAIN, lock_run, note
from dispatch.solver.problem import Floats
from journal import clock
from journal import operations as journal
from journal.clock import Now

log = structlog.get_logger()

MOST_ATTEMPTS = 3
# What a worker may lease: runs to be solved, and proposals whose other options are missing.
TO_SOLVE = Q(state__in=[RunState.QUEUED, RunState.SOLVING]) | Q(state=RunState.PROPOSED, options_at=None)
AT_ONCE = 60_000  # fewer orders are written down at once
LEASE, LEASE_PER_ORDER = timedelta(seconds=60), timedelta(milliseconds=1)
POLISHING = 4  # a run to be polished is leased so many times as long


def solve_run(*, run_id: int, by: Actor = SYSTEM, options: bool = True) -> RerouteRun | None:
    """Solve a queued run and write its proposal, then its other options; return it, or None when there was nothing to
    do.

    1. Lease the run, committed first, so that one worker solves it and a killed one is noticed.
    2. Read orders and network in one snapshot, outside any lock; of an adjusted run only what its wishes touch, if that
       is enough (operations.partly).
    3. Solve for the run's goal. Of many orders the figures are told first; the run is still being solved.
    4. Write the proposal in one transaction, if the lease's attempt is still the newest.
    5. Solve for the other goals on what was read and keep their plans (not with `options` False), until somebody
       decides. A run whose worker died meanwhile stays proposed, and the sweep has its options made up for.
    Journals reroute.proposed, or reroute.failed after three attempts. Raises NotAllowed.
    """
    by.require(Permission.APPROVE_REROUTE)
    run = lease_run(run_id, by)
    if run is None:
        return None
    try:
        reading, kept = None, None
        if run.state == RunState.SOLVING:
            kept = solve_partly(run)
            if kept is None:
                reading = read(run)
                kept = option_for(run, run.goal, reading.instance, reading.before, reading.moment)
                kept.figures["seconds"] = {"read": reading.seconds, **kept.figures["seconds"]}
            if not tell_figures(run, kept) or propose(run, kept, by, more=options) is None:
                return None
        if options:
            reading = reading or read(run)
            if (kept is None or kept.part is not None) and not run.options.filter(goal=run.goal).exists():
                kept = proposed_option(run)
            keep_options(run, reading.instance, reading.before, reading.moment, kept)
        return RerouteRun.objects.get(pk=run_id)
    except Exception as error:
        release(run, error, by)
        raise


def tell_figures(run: RerouteRun, option: Option) -> bool:
    """Let people see what the plan comes to, and what it changes, while its rows are being written; False when this
    worker's lease is over. Nothing can be decided before the rows are there."""
    with transaction.atomic():
        held = lock_run(run.pk)
        if held.state != RunState.SOLVING or held.attempts != run.attempts:
            return False
        keep_tally(held, option)
        if option.figures["orders"] > AT_ONCE:
            set_figures(held, option.figures)
            held.solved_at, held.change = option.solved_at, option.change
            held.version += 1
            held.save()
            journal.touch(held.reference, f"reroute:{held.pk}")
        return True


def propose(run: RerouteRun, option: Option, by: Actor, *, more: bool) -> RerouteRun | None:
    """Write an option down as the run's proposal; None when this worker's lease is over."""
    with transaction.atomic():
        held = lock_run(run.pk)
        if held.state != RunState.SOLVING or held.attempts != run.attempts:
            return None
        write_proposal(held, option.plan) if option.part is None else write_with_part(held, option)
        set_figures(held, option.figures)
        held.propose()
        held.solved_at, held.change, held.written_at = option.solved_at, option.change, clock.now()
        if not more:
            held.lease_until, held.options_at = None, option.solved_at
        held.version += 1
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


def lease_run(run_id: int, by: Actor) -> RerouteRun | None:
    """Take the lease of a run that waits to be solved, or for its other options; None when another worker has it or
    nothing is to be done."""
    with transaction.atomic():
        free = Q(lease_until=None) | Q(lease_until__lte=Now())
        waiting = RerouteRun.objects.filter(free, TO_SOLVE, pk=run_id)
        run = waiting.select_for_update(skip_locked=True).first()
        if run is None:
            return None
        if run.state == RunState.PROPOSED:
            return lease_options(run)
        if run.attempts >= MOST_ATTEMPTS:
            give_up(run, run.failure or _("Its workers died %(times)s times.") % {"times": run.attempts}, by)
            return None
        run.start_solving()
        lease(run)
        return run


def lease_options(run: RerouteRun) -> RerouteRun | None:
    if run.attempts >= 2 * MOST_ATTEMPTS:  # a proposal without options is still a proposal
        run.options_at, run.lease_until = clock.now(), None
        run.save(update_fields=["state", "options_at", "lease_until"])
        return None
    lease(run)
    return run


def lease(run: RerouteRun) -> None:
    run.attempts += 1
    run.lease_until = clock.now() + (LEASE + LEASE_PER_ORDER * run.orders) * (POLISHING if run.polish else 1)
    run.save(update_fields=["state", "attempts", "lease_until"])
    journal.touch(run.reference, f"reroute:{run.pk}")


@dataclass(frozen=True)
class Snapshot:
    """The instance in one snapshot, what its orders cost today, the moment it is of, and how long it took to read."""

    instance: Instance
    before: Floats
    moment: datetime
    seconds: float


def read(run: RerouteRun) -> Snapshot:
    """All of a run's orders, and the network. A caller's own transaction is joined as it is."""
    began = time.perf_counter()
    analyze(AffectedOrder)  # frozen a moment ago, and statistics come late by themselves
    with snapshot() as cursor:
        moment = clock.now()
        with hashing(cursor):
            instance = read_instance(run, now=moment)
    seconds = round(time.perf_counter() - began, 4)
    return Snapshot(instance, before_costs(instance), moment, seconds)


def release(run: RerouteRun, error: Exception, by: Actor) -> None:
    """Give the lease back after an error, so that the run is tried again soon, or give it up."""
    log.exception("reroute not solved", run=run.pk, attempt=run.attempts)
    with transaction.atomic():
        held = lock_run(run.pk)
        if held.state not in (RunState.SOLVING, RunState.PROPOSED) or held.attempts != run.attempts:
            return
        held.lease_until, held.failure = None, f"{type(error).__name__}: {error}"[:2000]
        if held.state == RunState.SOLVING and held.attempts >= MOST_ATTEMPTS:
            give_up(held, held.failure, by)
        else:
            held.hint_at = clock.now() + HINT_AGAIN
            held.save(update_fields=["state", "lease_until", "failure", "hint_at"])


def give_up(run: RerouteRun, failure: str, by: Actor) -> None:
    run.fail()
    run.failure, run.lease_until = failure, None
    run.save(update_fields=["state", "failure", "lease_until"])
    note(run, "failed", by, attempts=run.attempts)
