"""Writing plans: a draft begins empty or as a copy, and is edited until it is handed in. Its life: `planlife`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.actors import Actor
from accounts.roles import Permission
from dispatch.models import Region
from incidents.models import Category, Level, Phase, Plan, PlanMeasure
from incidents.plancheck import check_together, checked_measure, checked_values
from incidents.planfields import LISTS, MEASURE_FIELDS, TEXTS
from incidents.refusals import BadPlan, ChangedMeanwhile, IncidentNotFound, PlanState, UnknownCode
from journal import operations as journal

COPIED = ("name", "name_en", *TEXTS, *LISTS)
PHASES = {phase: number for number, phase in enumerate(Phase.values)}


def locked(plan_id: int, by: Actor, expected_version: int | None = None) -> Plan:
    """The plan's row, locked. Raises IncidentNotFound, ChangedMeanwhile, and NotAllowed for another region's plan."""
    plan = Plan.objects.select_for_update().filter(pk=plan_id).first()
    if plan is None:
        raise IncidentNotFound(_("There is no plan %(id)s.") % {"id": plan_id})
    by.require(Permission.MANAGE_PLANS, region=plan.region_code)
    if expected_version is not None and expected_version != plan.revision:
        raise ChangedMeanwhile(
            _("Somebody changed this plan after you opened it. Look at it again, then save."),
            state=str(plan.state),
            version=plan.revision,
        )
    return plan


def tell(kind: str, plan: Plan, by: Actor) -> None:
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
def draft_plan(
    *,
    by: Actor,
    source_id: int | None = None,
    category: str | None = None,
    level: int | None = None,
    region_code: str | None = None,
    name: str = "",
    name_en: str = "",
) -> Plan:
    """Begin a draft: a copy of `source_id` (its next version, or the first for another category, level or region),
    or an empty plan for a category and level.

    A name that is not given is the source's with the level's numeral changed, or made from category and level.
    Journals plan.drafted. Raises BadPlan, UnknownCode, IncidentNotFound, NotAllowed.
    """
    by.require(Permission.MANAGE_PLANS)
    source = locked_source(source_id) if source_id is not None else None
    if source is not None:
        category = source.category if category is None else category
        level = source.level if level is None else level
        region_code = source.region_code if region_code is None else region_code
    region = region_code or ""
    check_scope(category, level, region)
    by.require(Permission.MANAGE_PLANS, region=region)
    scope: dict[str, Any] = {"category": category, "level": level, "region_code": region}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 7303))", [f"plan {category} {level} {region}"]
        )
    newest = Plan.objects.filter(**scope).aggregate(newest=Max("version"))["newest"] or 0
    values = {field: getattr(source, field) for field in COPIED} if source is not None else {}
    values |= names_for(source, str(category), int(level or 0))
    if name.strip():
        values |= checked_values({"name": name, "name_en": name_en})
    plan = Plan.objects.create(**scope, version=newest + 1, based_on=source, drafted_by=str(by), **values)
    if source is not None:
        PlanMeasure.objects.bulk_create(
            PlanMeasure(plan=plan, **{field: getattr(row, field) for field in MEASURE_FIELDS})
            for row in source.measures.order_by("order", "id")
        )
    tell("plan.drafted", plan, by)
    return plan


def locked_source(plan_id: int) -> Plan:
    """A plan may be copied by everybody who may write plans anywhere."""
    source = Plan.objects.select_for_update().filter(pk=plan_id).first()
    if source is None:
        raise IncidentNotFound(_("There is no plan %(id)s.") % {"id": plan_id})
    return source


def check_scope(category: str | None, level: int | None, region: str) -> None:
    if category not in Category.values:
        raise UnknownCode(_("There is no category %(code)s.") % {"code": str(category)[:40]}, allowed=Category.values)
    if level not in Level.values:
        raise UnknownCode(_("There is no response level %(level)s.") % {"level": str(level)[:20]}, allowed=Level.values)
    if region and not (re.fullmatch(r"\d{6}", region) and Region.objects.filter(code=region).exists()):
        raise UnknownCode(_("There is no region %(code)s in the network.") % {"code": region[:40]})


def names_for(source: Plan | None, category: str, level: int) -> dict[str, str]:
    """Names of a new draft in both languages."""
    numeral = str(Level(level).label)
    if source is not None and source.category == category:
        before = str(Level(source.level).label)
        return {"name": source.name.replace(before, numeral), "name_en": source.name_en.replace(before, numeral)}
    found = {}
    for field, language, pattern in (
        ("name", "zh-hans", "{category}应急预案（{level}级）"),
        ("name_en", "en", "{category} plan (level {level})"),
    ):
        with override(language):
            found[field] = pattern.format(category=Category(category).label, level=numeral)
    return found


@transaction.atomic
def write_plan(
    *,
    plan_id: int,
    by: Actor,
    texts: Mapping[str, Any],
    measures: Sequence[Mapping[str, Any]] | None = None,
    expected_version: int | None = None,
) -> Plan:
    """Replace texts, lists and (when given) all measures of a draft. Journals nothing: a draft has no effect.

    `texts` holds any of the plan's fields; `expected_version` is the `revision` that was looked at.
    Raises PlanState when it is no draft, BadPlan, ChangedMeanwhile, IncidentNotFound, NotAllowed.
    """
    by.require(Permission.MANAGE_PLANS)
    plan = editable(plan_id, by, expected_version)
    for field, value in checked_values(texts).items():
        setattr(plan, field, value)
    if plan.auto_start and not plan.auto_conditions:
        raise BadPlan(_("An automatic start needs at least one condition."), field="auto_conditions")
    if measures is not None:
        rows = [checked_measure(plan, row, number) for number, row in enumerate(measures, 1)]
        check_together(rows)
        plan.measures.all().delete()
        PlanMeasure.objects.bulk_create(rows)
    return saved(plan)


def editable(plan_id: int, by: Actor, expected_version: int | None) -> Plan:
    plan = locked(plan_id, by, expected_version)
    if plan.state != Plan.State.DRAFT:
        raise PlanState(_("Only a draft can be edited; make a new version first."), state=str(plan.state))
    return plan


def saved(plan: Plan) -> Plan:
    plan.revision += 1
    plan.save()
    journal.touch(f"plan:{plan.pk}")
    return plan


@transaction.atomic
def write_measure(
    *, plan_id: int, by: Actor, values: Mapping[str, Any], code: str | None = None, expected_version: int | None = None
) -> PlanMeasure:
    """Change the measure `code` of a draft, or add one (`code` None) at the end of its phase.

    A new measure without a code gets one from its English name. Where the code changes, prerequisites follow.
    Journals nothing. Raises PlanState, BadPlan, ChangedMeanwhile, IncidentNotFound, NotAllowed.
    """
    by.require(Permission.MANAGE_PLANS)
    plan = editable(plan_id, by, expected_version)
    rows = in_order(plan)
    known = next((row for row in rows if row.code == code), None)
    if code is not None and known is None:
        raise IncidentNotFound(_("The plan has no measure %(code)s.") % {"code": code[:40]})
    given = {field: getattr(known, field) for field in MEASURE_FIELDS} if known is not None else {}
    given |= values
    if not given.get("code"):
        given["code"] = free_code(given, {row.code for row in rows})
    measure = checked_measure(plan, given, len(rows) + 1 if known is None else rows.index(known) + 1)
    if known is None:
        rows.append(measure)
    else:
        measure.pk = known.pk
        rows[rows.index(known)] = measure
        for row in rows:
            row.after = [measure.code if other == code else other for other in row.after]
    check_together(rows)
    arrange(plan, rows)
    saved(plan)
    return measure


def in_order(plan: Plan) -> list[PlanMeasure]:
    return sorted(plan.measures.order_by("order", "id"), key=lambda row: PHASES[row.phase])


def arrange(plan: Plan, rows: Sequence[PlanMeasure]) -> None:
    """Store these measures, numbered in tens by phase and in the order given."""
    for number, row in enumerate(sorted(rows, key=lambda row: PHASES[row.phase]), 1):
        row.order = number * 10
    # Two measures may swap their codes: nobody else's is in the way when all give theirs up first.
    known = {row.pk: row for row in rows if row.pk}
    stored = dict(plan.measures.values_list("pk", "code"))
    moved = [pk for pk, row in known.items() if stored.get(pk) != row.code]
    for pk in moved:
        plan.measures.filter(pk=pk).update(code=f"-{pk}")
    PlanMeasure.objects.bulk_update(known.values(), list(MEASURE_FIELDS))
    PlanMeasure.objects.bulk_create(row for row in rows if not row.pk)


def free_code(values: Mapping[str, Any], taken: set[str]) -> str:
    """A code from the English name ("Stop outdoor work" → "stop_outdoor_work"), else the kind; numbered if taken."""
    words = slugify(str(values.get("name_en") or "")) or str(values.get("kind") or "measure")
    stem = words.replace("-", "_")[:34].strip("_") or "measure"
    return next(code for number in range(1, 1000) if (code := stem if number == 1 else f"{stem}_{number}") not in taken)


@transaction.atomic
def move_measure(*, plan_id: int, code: str, up: bool, by: Actor, expected_version: int | None = None) -> Plan:
    """One place up or down within its phase; at the phase's edge it goes over to the neighbouring phase.

    Journals nothing. Raises PlanState, ChangedMeanwhile, IncidentNotFound, NotAllowed.
    """
    by.require(Permission.MANAGE_PLANS)
    plan = editable(plan_id, by, expected_version)
    rows = in_order(plan)
    place = next((number for number, row in enumerate(rows) if row.code == code), None)
    if place is None:
        raise IncidentNotFound(_("The plan has no measure %(code)s.") % {"code": code[:40]})
    row, step = rows[place], -1 if up else 1
    other = rows[place + step] if 0 <= place + step < len(rows) else None
    if other is not None and other.phase == row.phase:
        rows[place], rows[place + step] = other, row
    else:
        phases = list(PHASES)
        beyond = phases.index(row.phase) + step
        if not 0 <= beyond < len(phases):
            return plan
        row.phase = phases[beyond]
        rows.remove(row)
        rows.insert(len(rows) if up else 0, row)
    arrange(plan, rows)
    return saved(plan)


@transaction.atomic
def remove_measure(*, plan_id: int, code: str, by: Actor, expected_version: int | None = None) -> Plan:
    """Take a measure out of a draft; others no longer wait for it.

    Journals nothing. Raises PlanState, ChangedMeanwhile, IncidentNotFound, NotAllowed.
    """
    by.require(Permission.MANAGE_PLANS)
    plan = editable(plan_id, by, expected_version)
    rows = in_order(plan)
    if code not in {row.code for row in rows}:
        raise IncidentNotFound(_("The plan has no measure %(code)s.") % {"code": code[:40]})
    plan.measures.filter(code=code).delete()
    rows = [row for row in rows if row.code != code]
    for row in rows:
        row.after = [other for other in row.after if other != code]
    arrange(plan, rows)
    return saved(plan)
