"""Asking for a better plan than the one at once."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.roles import Permission
from dispatch.models import Goal, RerouteRun, RunState
from dispatch.operations.steps import HINT_AGAIN, NEXT_STEPS, IllegalStep, lock_run, note, remind, save
from journal import clock
from journal.refusal import AlreadyDone, Refusal


class NothingToPolish(Refusal):
    """The plan is the best one already, or its orders share nothing but lanes and warehouses."""


@transaction.atomic
def polish_run(*, run_id: int, by: Actor, expected_version: int | None = None) -> RerouteRun:
    """Have the cheapest plan of a proposed run sought with more time; it becomes one more option, and what is proposed
    stays proposed.

    Journals reroute.polish_wanted. Raises AlreadyDone, NothingToPolish, IllegalStep, RunChanged, NoSuchRun, NotAllowed.
    """
    by.require(Permission.APPROVE_REROUTE)
    run = lock_run(run_id, expected_version)
    if run.state != RunState.PROPOSED:
        raise IllegalStep(run)
    if run.polish or run.goal == Goal.POLISHED:
        raise AlreadyDone(_("The polished plan was asked for already."), next=NEXT_STEPS[run.state])
    if not run.may_be_polished:
        raise NothingToPolish(_("More time would not find a better plan."), next=NEXT_STEPS[run.state])
    run.polish, run.options_at, run.hint_at = True, None, clock.now() + HINT_AGAIN
    save(run, ["polish", "options_at", "hint_at"])
    remind(run)
    note(run, "polish_wanted", by)
    return run
