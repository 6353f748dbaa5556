"""Asking for a reroute."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.roles import Permission
from dispatch.models import AffectedSet, Goal, RerouteRun, RunKind, Standby
from dispatch.models.reroute import OVER
from dispatch.operations.decisions import UNDECIDED, refuse
from dispatch.operations.steps import note, queue_run
from dispatch.solver import LATE_COST, RISK_COST
from journal.refusal import Invalid


class UnknownAffectedSet(Invalid):
    """The affected set does not exist, or belongs to another reference or exercise."""


@transaction.atomic
def request_reroute(
    *,
    reference: str,
    affected_set_id: int,
    by: Actor,
    exercise: int | None = None,
    cost_cap: Decimal | None = None,
    late_cost: Decimal = Decimal(str(LATE_COST)),
    risk_cost: Decimal = Decimal(str(RISK_COST)),
    carbon_cost: Decimal = Decimal(0),
    goal: str = Goal.CHEAPEST,
    days: int = 1,
    standby: str = Standby.NONE,
    approve_each_wave: bool = False,
    authority: Sequence[dict[str, Any]] = (),
) -> RerouteRun:
    """Ask for new lanes for every order of a frozen affected set; a worker solves it (dispatch.solve_run).

    Idempotent: a set has one living run, which a repeated call returns as it is. A run of an older set of the same
    reference that nobody has approved yet is rejected, its successor takes its place. `cost_cap` 0.25 lets the
    approver spend 25 % more than today; `late_cost` prices a begun day of lateness per unit of weight, `risk_cost` an
    order that its lane fails, `carbon_cost` a kg CO2e (0 each: freight and handling alone decide).
    `goal` is what the proposal strives for; the other goals are its options. It may use the capacity of `days` days
    and count on `standby` warehouses, which its approval opens.
    With `approve_each_wave` no wave starts without its own approval. `authority` says what the level of response and
    those above it may decide (dispatch.authority.Rung as data, the matter's own first).
    Journals reroute.requested (and reroute.rejected). Raises UnknownAffectedSet, NotAllowed.
    """
    by.require(Permission.APPROVE_REROUTE)
    frozen = AffectedSet.objects.select_for_update().filter(pk=affected_set_id).first()
    if frozen is None or frozen.reference != reference or frozen.exercise != exercise:
        raise UnknownAffectedSet(_("There is no such set of affected orders for this matter."))
    runs = RerouteRun.objects.select_for_update().filter(reference=reference, exercise=exercise, kind=RunKind.REROUTE)
    living = list(runs.exclude(state__in=OVER).order_by("pk"))
    for run in living:
        if run.affected_set_id == frozen.pk:
            return run
    for run in living:
        if run.state in UNDECIDED:
            refuse(run, by)
    run = queue_run(
        frozen,
        reference=reference,
        by=by,
        cost_cap=cost_cap,
        late_cost=late_cost,
        risk_cost=risk_cost,
        carbon_cost=carbon_cost,
        goal=goal,
        days=days,
        standby=Standby(standby),
        approve_each_wave=approve_each_wave,
        authority=list(authority),
    )
    note(run, "requested", by, affected_set=frozen.pk, orders=frozen.orders)
    return run
