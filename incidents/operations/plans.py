"""Plans: draft, review, approve, retire. An approved plan is never edited; its next version begins as a copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django_fsm import can_proceed

from accounts.actors import Actor
from accounts.roles import Permission, Post
from incidents.models import MeasureKind, Phase, Plan, PlanMeasure
from incidents.params import BadParams, check_params
from incidents.refusals import BadPlan, IncidentNotFound, PlanState
from journal import clock
from journal import operations as journal

COPIED = [
    "name", "name_en", "trigger", "trigger_en", "objectives", "objectives_en", "exit_condition", "exit_condition_en",
    "review", "review_en", "contacts", "supplies", "legal_clocks",
]  # fmt: skip
MEASURE_FIELDS = [
    "code", "phase", "order", "name", "name_en", "instruction", "instruction_en", "post", "due_minutes", "kind",
    "params", "after", "needs_approval",
]  # fmt: skip


def locked(plan_id: int) -> Plan:
    plan = Plan.objects.select_for_update().filter(pk=plan_id).first()
    if plan is None:
        raise IncidentNotFound(_("There is no plan %(id)s.") % {"id": plan_id})
    return plan


def note(kind: str, plan: Plan, by: Actor) -> None:
    journal.write(
        kind=kind,
        subject=f"plan:{plan.pk}",
        by=by,
        payload={
            "category": plan.category, "level": plan.level, "region": plan.region_code, "version": plan.version
        },
    )  # fmt: skip
    journal.touch("plans")


@transaction.atomic
def draft_plan(*, source_id: int, by: Actor, level: int | None = None, region_code: str | None = None) -> Plan:
    """Copy a plan into a new draft: its next version, or the first for another level or region.

    Journals plan.drafted. Raises IncidentNotFound, NotAllowed.
    """
    by.require(Permission.MANAGE_PLANS)
    source = locked(source_id)
    level = source.level if level is None else level
    region = source.region_code if region_code is None else region_code
    scope = {"category": source.category, "level": level, "region_code": region}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 7303))", [f"plan {source.category} {level} {region}"]
        )
    newest = Plan.objects.filter(**scope).aggregate(newest=Max("version"))["newest"] or 0
    plan = Plan.objects.create(**scope, version=newest + 1, **{field: getattr(source, field) for field in COPIED})
    PlanMeasure.objects.bulk_create(
        PlanMeasure(plan=plan, **{field: getattr(row, field) for field in MEASURE_FIELDS})
        for row in source.measures.order_by("order", "id")
    )
    note("plan.drafted", plan, by)
    return plan


@transaction.atomic
def write_plan(
    *, plan_id: int, by: Actor, texts: Mapping[str, Any], measures: Sequence[Mapping[str, Any]] | None = None
) -> Plan:
    """Replace texts, lists and (when given) all measures of a draft. Journals nothing: a draft has no effect.

    Raises PlanState when it is no draft, BadPlan, IncidentNotFound, NotAllowed.
    """
    by.require(Permission.MANAGE_PLANS)
    plan = locked(plan_id)
    if plan.state != Plan.State.DRAFT:
        raise PlanState(_("Only a draft can be edited; make a new version first."), state=str(plan.state))
    if unknown := sorted(set(texts) - set(COPIED)):
        raise BadPlan(_("A plan has no field %(name)s.") % {"name": unknown[0][:40]})
    for field, value in texts.items():
        setattr(plan, field, value)
    plan.save()
    if measures is not None:
        rows = [checked_measure(plan, row, number) for number, row in enumerate(measures, 1)]
        codes = [row.code for row in rows]
        if twice := sorted({code for code in codes if codes.count(code) > 1}):
            raise BadPlan(_("Two measures have the code %(code)s.") % {"code": twice[0]})
        for row in rows:
            if missing := sorted(set(row.after) - (set(codes) - {row.code})):
                raise BadPlan(_("%(code)s waits for an unknown measure.") % {"code": row.code}, unknown=missing)
        plan.measures.all().delete()
        PlanMeasure.objects.bulk_create(rows)
    return plan


def checked_measure(plan: Plan, row: Mapping[str, Any], number: int) -> PlanMeasure:
    """A measure as given by a person or a machine. Raises BadPlan."""
    if unknown := sorted(set(row) - set(MEASURE_FIELDS)):
        raise BadPlan(_("A measure has no field %(name)s.") % {"name": str(unknown[0])[:40]}, row=number)
    measure = PlanMeasure(plan=plan, **{"order": number * 10, **row})
    problems = [
        (not measure.code or not measure.name, _("every measure needs a code and a name")),
        (measure.phase not in Phase.values, _("unknown phase")),
        (measure.post not in Post.values, _("unknown post")),
        (measure.kind not in MeasureKind.values, _("unknown kind")),
        (not isinstance(measure.due_minutes, int) or measure.due_minutes < 1, _("minutes must be 1 or more")),
    ]
    for wrong, why in problems:
        if wrong:
            raise BadPlan(_("Measure %(number)s: %(why)s.") % {"number": number, "why": why}, row=number)
    try:
        check_params(measure.kind, measure.params)
    except BadParams as error:
        raise BadPlan(_("Measure %(number)s: %(why)s.") % {"number": number, "why": error}, row=number) from error
    return measure


@transaction.atomic
def submit_plan(*, plan_id: int, by: Actor) -> Plan:
    """Hand a draft in for review. Journals plan.submitted. Raises PlanState, BadPlan, NotAllowed."""
    by.require(Permission.MANAGE_PLANS)
    plan = locked(plan_id)
    check_complete(plan)
    return step(plan, "submit", "plan.submitted", by)


@transaction.atomic
def approve_plan(*, plan_id: int, by: Actor) -> Plan:
    """From now on responses use this version; the approved one of the same scope is retired.

    Journals plan.approved and plan.retired. Raises PlanState, BadPlan, NotAllowed.
    """
    by.require(Permission.MANAGE_PLANS)
    plan = locked(plan_id)
    check_complete(plan)
    before = Plan.objects.select_for_update().filter(
        category=plan.category, level=plan.level, region_code=plan.region_code, state=Plan.State.APPROVED
    )
    if can_proceed(plan.approve):
        for old in before.exclude(pk=plan.pk):
            step(old, "retire", "plan.retired", by)
    plan.approved_by, plan.approved_at = str(by), clock.now()
    return step(plan, "approve", "plan.approved", by)


@transaction.atomic
def retire_plan(*, plan_id: int, by: Actor) -> Plan:
    """Use it no more. Journals plan.retired. Raises PlanState, NotAllowed."""
    by.require(Permission.MANAGE_PLANS)
    return step(locked(plan_id), "retire", "plan.retired", by)


def check_complete(plan: Plan) -> None:
    if not plan.measures.exists():
        raise BadPlan(_("A plan needs at least one measure."))


def step(plan: Plan, name: str, kind: str, by: Actor) -> Plan:
    move = getattr(plan, name)
    if not can_proceed(move):
        raise PlanState(
            _("The plan is already: %(state)s.") % {"state": plan.get_state_display()},  # type: ignore[attr-defined]
            state=str(plan.state),
            legal=sorted(t.name for t in plan.get_available_state_transitions()),  # type: ignore[attr-defined]
        )
    move()
    plan.save()
    note(kind, plan, by)
    return plan
