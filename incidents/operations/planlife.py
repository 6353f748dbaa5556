"""The life of a plan: handed in, sent back or approved, retired. An approved one is never edited."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_fsm import can_proceed

from accounts.actors import Actor
from accounts.models import User
from accounts.queries import able
from accounts.roles import Permission
from incidents.models import Plan
from incidents.operations.plans import locked, tell
from incidents.plancheck import check_together
from incidents.refusals import BadPlan, OwnPlan, PlanState, ReasonMissing
from journal import clock
from journal.refusal import AlreadyDone


def approvers(plan: Plan) -> QuerySet[User]:
    """Everybody who may approve this plan."""
    return able(Permission.MANAGE_PLANS, region_code=plan.region_code)


@transaction.atomic
def submit_plan(*, plan_id: int, by: Actor, expected_version: int | None = None) -> Plan:
    """Hand a draft in for review. Journals plan.submitted.

    Raises PlanState, AlreadyDone, BadPlan, ChangedMeanwhile, IncidentNotFound, NotAllowed.
    """
    by.require(Permission.MANAGE_PLANS)
    plan = locked(plan_id, by, expected_version)
    if plan.state == Plan.State.IN_REVIEW and plan.submitted_by == str(by):
        raise done_before(plan)
    check_complete(plan)
    plan.submitted_by, plan.submitted_at, plan.review_note = str(by), clock.now(), ""
    return step(plan, "submit", "plan.submitted", by)


@transaction.atomic
def send_back_plan(*, plan_id: int, note: str, by: Actor, expected_version: int | None = None) -> Plan:
    """It needs more work: a draft again, with the reason for whoever wrote it. Journals plan.sent_back.

    Raises PlanState, ReasonMissing, ChangedMeanwhile, IncidentNotFound, NotAllowed.
    """
    by.require(Permission.MANAGE_PLANS)
    plan = locked(plan_id, by, expected_version)
    if not note.strip():
        raise ReasonMissing(_("Say what has to be changed."))
    plan.review_note = note.strip()[:4000]
    return step(plan, "send_back", "plan.sent_back", by)


@transaction.atomic
def approve_plan(*, plan_id: int, by: Actor, expected_version: int | None = None) -> Plan:
    """From now on responses use this version; the approved one of the same scope is retired.

    Whoever handed it in does not approve it, unless nobody else may. Journals plan.approved and plan.retired.
    Raises PlanState, AlreadyDone, OwnPlan, BadPlan, ChangedMeanwhile, IncidentNotFound, NotAllowed.
    """
    by.require(Permission.MANAGE_PLANS)
    plan = locked(plan_id, by, expected_version)
    if plan.state == Plan.State.APPROVED and plan.approved_by == str(by):
        raise done_before(plan)
    check_complete(plan)
    if can_proceed(plan.approve):
        check_other_person(plan, by)
        before = Plan.objects.select_for_update().filter(
            category=plan.category, level=plan.level, region_code=plan.region_code, state=Plan.State.APPROVED
        )
        for old in before.exclude(pk=plan.pk):
            step(old, "retire", "plan.retired", by)
    plan.approved_by, plan.approved_at = str(by), clock.now()
    return step(plan, "approve", "plan.approved", by)


def done_before(plan: Plan) -> AlreadyDone:
    return AlreadyDone(
        _("You have done this already; the plan stands at: %(state)s.") % {"state": plan.get_state_display()},  # type: ignore[attr-defined]
        state=str(plan.state),
        version=plan.revision,
    )


def check_other_person(plan: Plan, by: Actor) -> None:
    if str(by) != plan.submitted_by or by.kind not in {"user", "key"}:
        return
    others = approvers(plan).exclude(pk=by.user_id or 0)
    if not others.exists():
        return
    names = "、".join(user.label for user in others[:3])
    raise OwnPlan(
        _("You handed this plan in, so another person approves it: %(names)s, for example.") % {"names": names},
        approvers=list(others.values_list("pk", flat=True)[:20]),
    )


@transaction.atomic
def retire_plan(*, plan_id: int, by: Actor, expected_version: int | None = None) -> Plan:
    """Use it no more. Journals plan.retired. Raises PlanState, ChangedMeanwhile, IncidentNotFound, NotAllowed."""
    by.require(Permission.MANAGE_PLANS)
    return step(locked(plan_id, by, expected_version), "retire", "plan.retired", by)


@transaction.atomic
def delete_plan(*, plan_id: int, by: Actor, expected_version: int | None = None) -> None:
    """Throw a draft away; nothing else can be deleted. Journals plan.deleted.

    Raises PlanState, ChangedMeanwhile, IncidentNotFound, NotAllowed.
    """
    by.require(Permission.MANAGE_PLANS)
    plan = locked(plan_id, by, expected_version)
    if plan.state != Plan.State.DRAFT:
        raise PlanState(_("Only a draft can be deleted; a plan in force can be retired."), state=str(plan.state))
    tell("plan.deleted", plan, by)
    plan.delete()


def check_complete(plan: Plan) -> None:
    rows = list(plan.measures.all())
    if not rows:
        raise BadPlan(_("A plan needs at least one measure."))
    check_together(rows)


def step(plan: Plan, name: str, kind: str, by: Actor) -> Plan:
    move = getattr(plan, name)
    if not can_proceed(move):
        raise PlanState(
            _("The plan is already: %(state)s.") % {"state": plan.get_state_display()},  # type: ignore[attr-defined]
            state=str(plan.state),
            version=plan.revision,
            legal=sorted(t.name for t in plan.get_available_state_transitions()),  # type: ignore[attr-defined]
        )
    move()
    plan.revision += 1
    plan.save()
    tell(kind, plan, by)
    return plan
