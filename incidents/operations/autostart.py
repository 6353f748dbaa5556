"""Plans that start a response by themselves, and taking such a start back.

GB/T 29639-2020 lets a response start by decision or automatically when its conditions are met. A plan opts in; what
it starts is provisional, in plain view, and undone by one step. Nothing starts itself a second time.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from django.db import transaction
from django.utils.translation import gettext as _
from django_fsm import can_proceed

from accounts.actors import CLOCK, SYSTEM, Actor
from accounts.roles import Permission
from incidents import grading, network
from incidents.models import DeadlineKind, Incident, Plan, SeverityIndicator
from incidents.operations import deadlines, followed, work
from incidents.operations.change import changing, require
from incidents.operations.intake import apply_matrix
from incidents.operations.response import begin_response, level_rule
from incidents.operations.telling import keep_reason, tell_called
from incidents.planfields import covers
from incidents.refusals import ReasonMissing, already_done, illegal
from journal.refusal import Refusal

S = Incident.State
NOT_YET = (S.REPORTED, S.GRADED, S.WARNED)


def start_if_met(incident: Incident) -> Incident:
    """Start the most severe approved plan whose conditions the incident meets; returns the incident as it then is.

    The clock acts, provisionally. Journals incident.auto_started, and what a response journals. Called whenever an
    incident that does not run yet was reported or graded, by people or by the network's own figures.
    """
    if incident.state not in NOT_YET or incident.no_auto_start:
        return incident
    plans = candidates(incident)
    if not plans:
        return incident
    known = incident.measured or safely_measured(incident)
    if matching(plans, {**known, **incident.indicators}) is None:
        return incident
    with transaction.atomic(), changing(incident.pk, by=CLOCK) as change:
        current = change.incident
        plan = matching(plans, {**known, **current.indicators})
        if plan is None or current.state not in NOT_YET or current.no_auto_start:
            return current
        if current.grade is None:
            apply_matrix(change, {})
        begin_response(change, level_rule(plan.level), plan, automatic=True)
        current.auto_started = True
        change.tell("incident.auto_started", explained(plan, {**known, **current.indicators}))
        change.moved("auto_start")
        return current


def safely_measured(incident: Incident) -> dict[str, float]:
    try:
        return network.measured_indicators(incident)
    except Refusal:
        return {}  # a part of its scope is gone from the network


def candidates(incident: Incident) -> list[Plan]:
    """Approved plans that may start by themselves for it: the most severe first, of those the narrowest region."""
    rows = Plan.objects.filter(category=incident.category, state=Plan.State.APPROVED, auto_start=True)
    fitting = [plan for plan in rows if plan.auto_conditions and covers(plan.region_code, incident.region_code)]
    return sorted(fitting, key=lambda plan: (plan.level, -len(plan.region_code.rstrip("0")), plan.pk))


def matching(plans: list[Plan], figures: dict[str, float]) -> Plan | None:
    """The first plan all of whose conditions hold."""
    return next((plan for plan in plans if all(holds(each, figures) for each in plan.auto_conditions)), None)


def holds(condition: dict[str, object], figures: dict[str, float]) -> bool:
    """Whether {"indicator": code, "at_least": number} is met; a figure that nobody knows meets nothing."""
    value = figures.get(str(condition.get("indicator")))
    try:
        return value is not None and Decimal(str(value)) >= Decimal(str(condition.get("at_least")))
    except InvalidOperation:
        return False


def explained(plan: Plan, figures: dict[str, float]) -> dict[str, object]:
    """What the journal keeps: the plan and each condition with its figure, "lane_share 17 % ≥ 15 %"."""
    codes = [str(condition["indicator"]) for condition in plan.auto_conditions]
    units = dict(SeverityIndicator.objects.filter(code__in=codes).values_list("code", "unit"))

    def shown(code: str, value: object) -> str:
        return grading.figure(Decimal(str(value)), units.get(code, ""))

    return {
        "plan": f"plan:{plan.pk}",
        "version": plan.version,
        "level": plan.level,
        "level_name": f"level:{plan.level}",
        "indicators": [f"indicator:{code}" for code in codes],
        "figures": [
            f"{shown(code, figures[code])} ≥ {shown(code, condition['at_least'])}"
            for code, condition in zip(codes, plan.auto_conditions, strict=True)
        ],
    }


def revert_start(*, incident_id: int, reason: str, by: Actor, expected_version: int | None = None) -> Incident:
    """Take back a response that began by itself: everybody called is told that they are not needed, measures are
    skipped, deadlines cancelled, lanes opened again. It is graded as before and will not start by itself again.

    Journals incident.start_reverted. Raises ReasonMissing, IllegalTransition, ChangedMeanwhile, NotAllowed.
    """
    by.require(Permission.COMMAND)
    with changing(incident_id, by=by) as change:
        require(change, Permission.COMMAND)
        incident = change.incident
        if incident.state == S.GRADED and change.repeats("revert_start"):
            raise already_done(incident, "revert_start")
        change.expect(expected_version)
        if not can_proceed(incident.revert) or not incident.auto_started:
            raise illegal(incident, "revert_start")
        if not reason.strip():
            raise ReasonMissing(_("Say why the automatic start is taken back."))
        tell_called(change, lambda user: _("the automatic start was taken back"))
        incident.revert()
        incident.no_auto_start, incident.auto_started = True, False
        incident.response_level = incident.declared_at = incident.responded_at = None
        incident.declared_by = ""
        incident.provisional, incident.confirm_by = False, None
        incident.confirmed_at, incident.confirmed_by = None, ""
        incident.plan, incident.plan_snapshot, incident.generic_plan = None, {}, False
        incident.proposed_level = incident.proposed_at = None
        incident.unfilled_posts = []
        incident.reason = reason.strip()
        incident.save()
        deadlines.cancel(change, kinds=[kind for kind in DeadlineKind.values if kind != DeadlineKind.LEGAL])
        followed.drop_measures(change, _("The automatic start was taken back."), mark=work.DROPPED)
        followed.stand_down(change)
        from dispatch.operations import reopen_scope

        reopen_scope(reference=incident.reference, by=SYSTEM, exercise=incident.exercise)
        change.tell("incident.start_reverted", {"note": keep_reason(change, reason)})
        change.moved("revert_start")
        return incident
