"""Rules and plans as they ship, brought into the database once; afterwards they belong to the administrator."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from accounts.actors import SYSTEM
from incidents.defaults import rules
from incidents.defaults.legal import LEGAL_CLOCKS
from incidents.defaults.plans import GENERIC_MEASURES, TEMPLATES
from incidents.defaults.shapes import M, Template
from incidents.models import (
    LadderStep,
    LegalClock,
    Level,
    LevelRule,
    Plan,
    PlanMeasure,
    ReadinessItem,
    RuleArea,
    RuleVersion,
    SeverityIndicator,
    SeverityThreshold,
)
from incidents.operations.drawing import Spec
from incidents.operations.rules import keep_defaults
from journal import clock

ROMAN = {1: "Ⅰ", 2: "Ⅱ", 3: "Ⅲ", 4: "Ⅳ"}


def due_at_level(measure: M, level: int) -> int | None:
    return measure.due[Level.IV - level]


def params_at_level(measure: M, level: int) -> dict[str, Any]:
    return {**measure.params, **measure.level_params[Level.IV - level]}


def generic(level: int) -> list[Spec]:
    """The minimum that runs when no approved plan fits: never nothing."""
    return [
        Spec(
            code=measure.code,
            phase=measure.phase,
            order=number * 10,
            name=measure.name,
            name_en=measure.name_en,
            post=measure.post,
            due_minutes=due,
            kind=measure.kind,
            instruction=measure.how,
            instruction_en=measure.how_en,
            params=params_at_level(measure, level),
            after=measure.after,
            needs_approval=measure.needs_approval,
        )
        for number, measure in enumerate(GENERIC_MEASURES, 1)
        if (due := due_at_level(measure, level)) is not None
    ]


@transaction.atomic
def load() -> int:
    """Bring in what is missing and return how many rows that made. What exists is never touched, so that an
    administrator's edits survive; a plan is brought in only where its category and level have none at all."""
    made = load_matrix() + load_levels() + load_legal()
    wanted = set(Plan.objects.filter(region_code="").values_list("category", "level"))
    for template in TEMPLATES:
        for level in Level.values:
            if (template.category, level) not in wanted:
                made += load_plan(template, level)
    keep_defaults()
    return made


def ever_known(area: str, codes: Iterable[str]) -> set[str]:
    """The codes of an area that exist or once did: what an administrator retired does not come back."""
    versions = RuleVersion.objects.filter(area=area).values_list("content", flat=True)
    return {*codes, *(row["code"] for rows in versions for row in rows)}


def load_matrix() -> int:
    known = ever_known(RuleArea.MATRIX, SeverityIndicator.objects.values_list("code", flat=True))
    made = 0
    for order, (code, group, name, name_en, unit, measured, limits) in enumerate(rules.INDICATORS, 1):
        if code not in known:
            indicator = SeverityIndicator.objects.create(
                code=code, group=group, name=name, name_en=name_en, unit=unit, measured=measured, order=order * 10
            )
            SeverityThreshold.objects.bulk_create(
                SeverityThreshold(indicator=indicator, level=level, at_least=limit) for level, limit in limits.items()
            )
            made += 1
    return made


def load_levels() -> int:
    levels = set(LevelRule.objects.values_list("level", flat=True))
    made = len(LevelRule.objects.bulk_create(LevelRule(**row) for row in rules.LEVELS if row["level"] not in levels))
    if not LadderStep.objects.exists():
        rungs = [LadderStep(after_minutes=after, kind=kind, value=value) for after, kind, value in rules.LADDER]
        made += len(LadderStep.objects.bulk_create(rungs))
    items = ever_known(RuleArea.READINESS, ReadinessItem.objects.values_list("code", flat=True))
    made += len(
        ReadinessItem.objects.bulk_create(
            ReadinessItem(code=code, name=name, name_en=name_en, lightest_level=level, order=order * 10)
            for order, (code, name, name_en, level) in enumerate(rules.READINESS, 1)
            if code not in items
        )
    )
    return made


def load_legal() -> int:
    """Duties that are missing, and the triggers and forms of an installation older than its rules' history."""
    if not RuleVersion.objects.filter(area=RuleArea.LEGAL).exists():
        for row in LEGAL_CLOCKS:
            old = LegalClock.objects.filter(code=row["code"])
            old.filter(trigger="").update(trigger=row["trigger"], trigger_en=row["trigger_en"])
            old.filter(form=[]).update(form=row["form"])
    known = ever_known(RuleArea.LEGAL, LegalClock.objects.values_list("code", flat=True))
    rows = [
        LegalClock(**row, order=order * 10) for order, row in enumerate(LEGAL_CLOCKS, 1) if row["code"] not in known
    ]
    return len(LegalClock.objects.bulk_create(rows))


def load_plan(template: Template, level: int) -> int:
    """One plan with its measures, approved: it ships reviewed."""
    plan = Plan.objects.create(
        name=f"{template.name}（{ROMAN[level]}级）",
        name_en=f"{template.name_en} (level {ROMAN[level]})",
        category=template.category,
        level=level,
        state=Plan.State.APPROVED,
        trigger=template.trigger,
        trigger_en=template.trigger_en,
        objectives=template.objectives,
        objectives_en=template.objectives_en,
        exit_condition=template.exit,
        exit_condition_en=template.exit_en,
        review=template.review,
        review_en=template.review_en,
        contacts=[{"name": name, "name_en": name_en, "phone": phone} for name, name_en, phone in template.contacts],
        supplies=[{"item": item, "quantity": quantity} for item, quantity in template.supplies],
        legal_clocks=list(template.legal_clocks),
        approved_by=str(SYSTEM),
        approved_at=clock.now(),
    )
    rows = [
        PlanMeasure(
            plan=plan,
            code=measure.code,
            phase=measure.phase,
            order=number * 10,
            name=measure.name,
            name_en=measure.name_en,
            instruction=measure.how,
            instruction_en=measure.how_en,
            post=measure.post,
            due_minutes=due,
            kind=measure.kind,
            params=params_at_level(measure, level),
            after=list(measure.after),
            needs_approval=measure.needs_approval,
        )
        for number, measure in enumerate(template.measures, 1)
        if (due := due_at_level(measure, level)) is not None
    ]
    PlanMeasure.objects.bulk_create(rows)
    return 1 + len(rows)
