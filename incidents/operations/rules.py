"""Changing the rules of command: an area as a whole, with its reason, kept in its history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.actors import SYSTEM, Actor
from accounts.roles import Permission
from incidents.models import (
    LadderStep,
    LegalClock,
    LevelRule,
    Plan,
    ReadinessItem,
    RuleArea,
    RuleVersion,
    SeverityIndicator,
    SeverityThreshold,
)
from incidents.network import MEASURED
from incidents.queries.rules import content_of_rules, newest_rules
from incidents.refusals import BadRules, ChangedMeanwhile, IncidentNotFound, ReasonMissing, UnknownCode
from incidents.rulecheck import checked_rules
from journal import clock
from journal import operations as journal


def hold(area: str) -> None:
    """One change of an area at a time, until the transaction ends."""
    if area not in RuleArea.values:
        raise UnknownCode(_("There are no rules called %(area)s.") % {"area": area[:40]}, allowed=RuleArea.values)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7304))", [f"rules {area}"])


@transaction.atomic
def write_rules(
    *, area: str, content: Sequence[Any], note: str, by: Actor, expected_number: int | None = None
) -> RuleVersion:
    """Replace all rows of an area by `content` (see `rulecheck`) and keep it as the next version, with its reason.

    Everything is checked before anything is stored; what is equal to the newest version changes nothing. Running
    incidents keep the measures, seats and ladders they were drawn with; grading uses the newest matrix at once.

    Journals rules.changed. Raises BadRules with `errors` by row and field, ReasonMissing, ChangedMeanwhile when
    `expected_number` is not the newest any more, UnknownCode, NotAllowed.
    """
    by.require(Permission.MANAGE_PLANS)
    hold(area)
    newest = newest_rules(area)
    if expected_number is not None and newest is not None and expected_number != newest.number:
        raise ChangedMeanwhile(
            _("Somebody changed these rules after you opened them. Compare with version %(number)s, then save again.")
            % {"number": newest.number},
            version=newest.number,
        )
    rows = checked_rules(area, list(content) if isinstance(content, list | tuple) else content)
    check_against_the_rest(area, rows)
    if newest is not None and newest.content == rows:
        return newest
    if not note.strip() or "\x00" in note:
        raise ReasonMissing(_("Say why the rules are changed."))
    replace_rows(area, rows)
    version = keep(area, rows, (newest.number if newest else 0) + 1, note.strip()[:400], by)
    journal.write(kind="rules.changed", subject=f"rules:{area}", by=by, payload={"number": version.number})
    journal.touch("rules")
    return version


@transaction.atomic
def restore_rules(*, area: str, number: int, note: str, by: Actor, expected_number: int | None = None) -> RuleVersion:
    """Bring an older version back: its content becomes the next version.

    Journals rules.changed. Raises IncidentNotFound, and what `write_rules` raises.
    """
    by.require(Permission.MANAGE_PLANS)
    hold(area)
    old = RuleVersion.objects.filter(area=area, number=number).first()
    if old is None:
        raise IncidentNotFound(_("There is no version %(number)s.") % {"number": number})
    return write_rules(area=area, content=old.content, note=note, by=by, expected_number=expected_number)


def keep(area: str, rows: list[dict[str, Any]], number: int, note: str, by: Actor) -> RuleVersion:
    return RuleVersion.objects.create(
        area=area, number=number, content=rows, note=note, made_by=str(by), made_at=clock.now()
    )


@transaction.atomic
def keep_defaults() -> None:
    """The rules as they were loaded become a version of every area whose newest version says something else."""
    for area in RuleArea.values:
        hold(area)
        newest, rows = newest_rules(area), content_of_rules(area)
        if rows and (newest is None or newest.content != rows):
            keep(area, rows, (newest.number if newest else 0) + 1, "", SYSTEM)


def check_against_the_rest(area: str, rows: list[dict[str, Any]]) -> None:
    """What plans and measurements rely on stays."""
    if area != RuleArea.MATRIX:
        return
    errors = {}
    units = dict(SeverityIndicator.objects.values_list("code", "unit"))
    for number, row in enumerate(rows):
        if row["measured"] and row["code"] not in MEASURED:
            errors[f"{number}.measured"] = _("the network cannot measure this; people estimate it")
        if units.get(row["code"], row["unit"]) != row["unit"]:
            errors[f"{number}.unit"] = _("figures were stored in this unit; add another indicator instead")
    kept = {row["code"] for row in rows}
    for plan in Plan.objects.filter(auto_start=True).exclude(state=Plan.State.RETIRED):
        gone = [row["indicator"] for row in plan.auto_conditions if row["indicator"] not in kept]
        if gone:
            raise BadRules(
                _("The plan %(plan)s starts by itself on %(code)s; change the plan first.")
                % {"plan": plan.label, "code": gone[0]},
                errors=errors,
            )
    if errors:
        raise BadRules(_("Nothing was saved: correct what is marked."), errors=errors)


def replace_rows(area: str, rows: list[dict[str, Any]]) -> None:
    if area == RuleArea.MATRIX:
        SeverityIndicator.objects.exclude(code__in=[row["code"] for row in rows]).delete()
        SeverityThreshold.objects.all().delete()
        for place, row in enumerate(rows, 1):
            values = {key: value for key, value in row.items() if key not in {"code", "limits"}}
            SeverityIndicator.objects.update_or_create(code=row["code"], defaults={**values, "order": place * 10})
        SeverityThreshold.objects.bulk_create(
            SeverityThreshold(indicator_id=row["code"], level=int(level), at_least=str(limit))
            for row in rows
            for level, limit in row["limits"].items()
        )
    elif area == RuleArea.LEVELS:
        for row in rows:
            values = {key: str(value) if key in SHARES and value is not None else value for key, value in row.items()}
            LevelRule.objects.update_or_create(level=row["level"], defaults=values)
    elif area == RuleArea.LADDER:
        LadderStep.objects.all().delete()
        LadderStep.objects.bulk_create(LadderStep(**row) for row in rows)
    else:
        model: type[ReadinessItem] | type[LegalClock] = ReadinessItem if area == RuleArea.READINESS else LegalClock
        model.objects.exclude(code__in=[row["code"] for row in rows]).delete()
        for place, row in enumerate(rows, 1):
            model.objects.update_or_create(code=row["code"], defaults={**row, "order": place * 10})


SHARES = frozenset({"cost_cap", "close_throughput"})
