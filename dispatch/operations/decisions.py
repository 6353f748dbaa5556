"""What people decide about a proposal: approve it, choose another option of it, have it solved again, reject it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.roles import Permission
from dispatch.authority import beyond_words, decider_of, own_rung, who_may
from dispatch.models import RerouteRun, RunState, Standby
from dispatch.models.figures import FIGURES
from dispatch.models.reroute import OVER
from dispatch.operations.openings import open_planned
from dispatch.operations.proposals import figures_of_option, set_figures, write_proposal
from dispatch.operations.reservations import reserve_capacity
from dispatch.operations.steps import (
    HINT_AGAIN,
    NEXT_STEPS,
    IllegalStep,
    lock_run,
    note,
    queue_run,
    remind,
    require_version,
    save,
    terms_of,
)
from dispatch.operations.wishes import checked_wishes
from dispatch.plans import unpack
from journal import clock
from journal.refusal import AlreadyDone, Refusal

UNDECIDED = (RunState.QUEUED, RunState.SOLVING, RunState.PROPOSED)


class BeyondAuthority(Refusal):
    """The proposal is beyond what the response level may decide: `exceeded` says in what (cost, orders, crossing,
    temporary), `approver` who may."""


class CostAboveCap(BeyondAuthority):
    """The proposal costs more than the response level allows, and that is all."""


class NoSuchOption(Refusal):
    """The run has no plan for this goal, or not yet."""


class AnotherIsAhead(Refusal):
    """The affected set has a run that was approved: that one goes on, or is rolled back first."""


@transaction.atomic
def approve_run(*, run_id: int, by: Actor, over_cap: bool = False, expected_version: int | None = None) -> RerouteRun:
    """Decide for the proposal; its waves follow by themselves (dispatch.apply_waves), core regions first. With
    `approve_each_wave` each waits for its own approval.

    A second click of the same person changes nothing; whoever comes second is refused with the legal next steps.
    A proposal beyond what its level may decide (dispatch.authority) needs `over_cap` and somebody who may command at
    any level (LOWER_LEVEL); others may ask for that (`ask_approval`). What the plan uses is reserved until its waves
    are applied, and the standby warehouses that it counts on are opened.
    Journals reroute.approved, and dispatch.warehouse_opened for each that is opened. Raises IllegalStep, RunChanged,
    BeyondAuthority, CapacityTaken, NoSuchRun, NotAllowed.
    """
    by.require(Permission.APPROVE_REROUTE)
    run = lock_run(run_id)
    if run.state in (RunState.APPROVED, RunState.APPLYING, RunState.APPLIED) and run.decided_by == str(by):
        return run
    if run.state != RunState.PROPOSED:
        raise IllegalStep(run)
    require_version(run, expected_version)
    excess = own_rung(run).excess(run)
    if excess and not (over_cap and by.may(Permission.LOWER_LEVEL)):
        raise beyond_authority(run, excess)
    now = clock.now()
    reserve_capacity(run, now)
    opened = open_planned(run, by, now)
    run.approve()
    run.decided_at, run.decided_by = now, str(by)
    run.hint_at, run.lease_until, run.attempts, run.failure = now + HINT_AGAIN, None, 0, ""
    save(run, ["decided_at", "decided_by", "hint_at", "lease_until", "attempts", "failure"])
    remind(run)
    note(run, "approved", by, waves=run.waves.count(), orders=run.assigned, exceeded=excess, opened=opened)
    return run


def beyond_authority(run: RerouteRun, excess: list[str]) -> BeyondAuthority:
    rung = who_may(run, run)
    refusal = CostAboveCap if excess == ["cost"] else BeyondAuthority
    return refusal(
        _("This level may not decide it: %(what)s. Ask %(who)s, or raise the level.")
        % {"what": beyond_words(run, run), "who": decider_of(run, run)},
        exceeded=excess,
        approver={"level": rung.level, "post": rung.post} if rung else {"level": "", "post": "commander"},
        cost_change=run.cost_change,
        cost_cap=run.cost_cap,
        next=["ask_approval", *NEXT_STEPS[RunState.PROPOSED][1:]],
    )


@transaction.atomic
def choose_option(*, run_id: int, goal: str, by: Actor, expected_version: int | None = None) -> RerouteRun:
    """Propose another option of the run: its rows and waves are written from the plan that was kept, without a solve.

    Choosing the one that is proposed already raises AlreadyDone. Journals reroute.option_chosen.
    Raises IllegalStep, RunChanged, NoSuchOption, NoSuchRun, NotAllowed.
    """
    by.require(Permission.APPROVE_REROUTE)
    run = lock_run(run_id, expected_version)
    if run.state != RunState.PROPOSED:
        raise IllegalStep(run)
    if run.goal == goal:
        raise AlreadyDone(_("This option is the proposed one already."), next=NEXT_STEPS[run.state])
    option = run.options.filter(goal=goal).first()
    if option is None:
        raise NoSuchOption(
            _("There is no such option, or it is still being solved."),
            options=list(run.options.values_list("goal", flat=True)),
        )
    write_proposal(run, unpack(option.plan))
    set_figures(run, figures_of_option(option))
    run.goal = goal
    save(run, ["goal", "to_detour", *FIGURES])
    note(
        run,
        "option_chosen",
        by,
        goal=f"goal:{goal}",
        assigned=run.assigned,
        unroutable=run.unroutable,
        cost_after=run.cost_after,
        waves=run.waves.count(),
    )
    return run


@transaction.atomic
def adjust_run(
    *,
    run_id: int,
    by: Actor,
    wishes: dict[str, Any] | None = None,
    goal: str | None = None,
    days: int | None = None,
    standby: str | None = None,
    late_cost: Decimal | None = None,
    risk_cost: Decimal | None = None,
    carbon_cost: Decimal | None = None,
    expected_version: int | None = None,
) -> RerouteRun:
    """Have the orders of a run solved again under other wishes, or at other prices of lateness, risk and carbon (see
    request_reroute); return the new run, whose parent this one is.

    Whatever run of the same orders was not approved yet is superseded; its proposal stays for the comparison. Without
    `wishes` those of the parent hold on: that is "solve again" with the network as it is now. Runs that are over may
    be adjusted, too, as long as no other one of their orders was approved.
    Journals reroute.superseded and reroute.adjusted. Raises BadWishes, AnotherIsAhead, RunChanged, NoSuchRun,
    NotAllowed.
    """
    by.require(Permission.APPROVE_REROUTE)
    parent = lock_run(run_id, expected_version)
    asked = parent.wishes if wishes is None else checked_wishes(wishes)
    siblings = (
        RerouteRun.objects.select_for_update().filter(affected_set=parent.affected_set_id).exclude(state__in=OVER)
    )
    for living in siblings.order_by("pk"):
        if living.state not in UNDECIDED:
            raise AnotherIsAhead(
                _("Reroute %(run)s of these orders is %(state)s already: roll it back first, or freeze them anew.")
                % {"run": living.pk, "state": RunState(living.state).label},
                run=living.pk,
                state=living.state,
            )
        supersede(living, by)
    changed = {
        "days": days or None,
        "standby": Standby(standby) if standby else None,
        "late_cost": late_cost,
        "risk_cost": risk_cost,
        "carbon_cost": carbon_cost,
    }
    child = queue_run(
        parent.affected_set,
        reference=parent.reference,
        by=by,
        parent=parent,
        kind=parent.kind,
        goal=goal or parent.goal,
        **terms_of(parent) | {name: value for name, value in changed.items() if value is not None},
        wishes=asked,
    )
    note(child, "adjusted", by, parent=parent.pk, orders=child.orders, wishes=asked)
    return child


@transaction.atomic
def reject_run(*, run_id: int, by: Actor, expected_version: int | None = None) -> RerouteRun:
    """Decide against a run that is not approved yet; its affected set may then be rerouted anew.

    Journals reroute.rejected; nothing when it is rejected already. Raises IllegalStep, RunChanged, NoSuchRun,
    NotAllowed.
    """
    by.require(Permission.APPROVE_REROUTE)
    run = lock_run(run_id)
    if run.state == RunState.REJECTED:
        return run
    if run.state not in UNDECIDED:
        raise IllegalStep(run)
    require_version(run, expected_version)
    refuse(run, by)
    return run


@transaction.atomic
def withdraw_undecided(*, reference: str, by: Actor, exercise: int | None = None) -> int:
    """Decide against every run of a matter that nobody has approved, because the matter goes on elsewhere; return how
    many. What is approved is carried out. Journals reroute.rejected for each. Raises NotAllowed."""
    by.require(Permission.APPROVE_REROUTE)
    runs = RerouteRun.objects.select_for_update(no_key=True).filter(reference=reference, exercise=exercise)
    undecided = list(runs.filter(state__in=UNDECIDED).order_by("pk"))
    for run in undecided:
        refuse(run, by)
    return len(undecided)


def refuse(run: RerouteRun, by: Actor) -> None:
    run.reject()
    ended(run, by)
    note(run, "rejected", by)


def supersede(run: RerouteRun, by: Actor) -> None:
    run.supersede()
    ended(run, by)
    note(run, "superseded", by)


def ended(run: RerouteRun, by: Actor) -> None:
    run.decided_at, run.decided_by, run.lease_until = clock.now(), str(by), None
    save(run, ["decided_at", "decided_by", "lease_until"])
