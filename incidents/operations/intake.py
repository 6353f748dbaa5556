"""Reporting, grading and dismissing an incident."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_fsm import can_proceed

from accounts.actors import SYSTEM, Actor
from accounts.roles import Permission
from incidents import grading, network
from incidents.models import Category, Incident, OfficialClass, RuleArea, SeverityIndicator, WarningColor
from incidents.operations import deadlines, followed
from incidents.operations.change import Change, changing, require
from incidents.operations.legal import start_clock
from incidents.operations.proposing import propose_level
from incidents.operations.telling import tell_called
from incidents.queries.rules import rule_number
from incidents.refusals import BadFigures, ImpossibleTime, ReasonMissing, UnknownCode, already_done, illegal
from incidents.timemap import BadFactor, TimeMap
from journal import clock
from journal import operations as journal

DAY_LOCK = 7301
CHECK_EVERY = timedelta(seconds=60)  # of real time: how often measured figures are read again


def next_number(reported_at: datetime, *, exercise: bool) -> str:
    """20261122-01, 20261122-02, … by local day; drills count apart, with a D. Holds the day's lock."""
    day = timezone.localtime(reported_at, zoneinfo.ZoneInfo(settings.TIME_ZONE)).strftime("%Y%m%d")
    prefix = f"D{day}-" if exercise else f"{day}-"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [DAY_LOCK, prefix])
        cursor.execute(
            "SELECT coalesce(max(substr(number, %s)::int), 0) FROM incidents_incident WHERE number LIKE %s",
            [len(prefix) + 1, prefix + "%"],
        )
        return f"{prefix}{cursor.fetchone()[0] + 1:02d}"


@transaction.atomic
def report_incident(
    *,
    title: str,
    category: str,
    by: Actor,
    scope: Any = None,
    site: str = "",
    description: str = "",
    occurred_at: datetime | None = None,
    indicators: Mapping[str, object] | None = None,
    official_class: str = "",
    warning_color: str = "",
    legal_clocks: Iterable[str] = (),
    exercise: int | None = None,
    time_factor: float | None = None,
    auto_start: bool | None = None,
    key: str | None = None,
) -> Incident:
    """Write down that something happened; nobody is called yet.

    `scope` is a dispatch Scope or its JSON; `indicators` what is known of the severity matrix ({code: figure}, shares
    as 0.15); `legal_clocks` the duties that the law starts now. `exercise` and `time_factor` make it a drill's twin.
    Somebody who may command has verified it by reporting it. `auto_start`: whether a plan may start a response by
    itself; by default real ones may and drills may not.
    The same `key` of the same actor again returns the first report unchanged (a double click, a retried call).

    Journals incident.reported, perhaps incident.auto_started.
    Raises UnknownCode, BadFigures, ImpossibleTime, dispatch's UnknownScope, NotAllowed.
    """
    by.require(Permission.RUN_DRILL if exercise is not None else Permission.REPORT_INCIDENT)
    report_key = f"{by}:{key}"[:160] if key else None
    if report_key:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [DAY_LOCK + 1, report_key])
        if known := Incident.objects.filter(report_key=report_key).first():
            return known
    title = " ".join(title.split())[:120]
    if not title:
        raise ReasonMissing(_("Give the incident a title: what happened, and where."))
    checked_code(category, Category.values, _("category"))
    if official_class:
        checked_code(official_class, OfficialClass.values, _("official class"))
    if warning_color:
        checked_code(warning_color, WarningColor.values, _("warning colour"))
    place = network.checked_scope(scope)
    region = network.region_of(place)
    by.require(Permission.RUN_DRILL if exercise is not None else Permission.REPORT_INCIDENT, region=region)
    figures = checked_figures(indicators or {})
    now = clock.now()
    if occurred_at is not None and occurred_at > now:
        raise ImpossibleTime(_("It cannot have happened in the future."))
    try:
        time_map = TimeMap.start(now, time_factor).to_json() if time_factor is not None else {}
    except BadFactor as error:
        raise BadFigures(str(error)) from error
    incident = Incident.objects.create(
        number=next_number(now, exercise=exercise is not None),
        title=title,
        category=category,
        description=description,
        site=site[:200],
        scope=place,
        region_code=region,
        official_class=official_class,
        warning_color=warning_color,
        indicators=figures,
        occurred_at=occurred_at or now,
        reported_at=now,
        reported_by=str(by),
        report_key=report_key,
        time_map=time_map,
        exercise=exercise,
        no_auto_start=not (exercise is None if auto_start is None else auto_start),
        last_act=["report", str(by)],
    )
    if by.user_id is not None and by.may(Permission.COMMAND):
        incident.verified_at, incident.verified_by = now, str(by)
        incident.save(update_fields=["verified_at", "verified_by"])
    with changing(incident.pk, by=by) as change:
        change.tell("incident.reported", {"category": category, "scope": mentions(place)})
        for code in dict.fromkeys(legal_clocks):
            start_clock(change, code)
    journal.touch("incidents")
    return consider_start(change.incident)


def mentions(scope: Mapping[str, Any]) -> list[str]:
    """A scope as the journal keeps it: ["region:330000", "warehouse:W01"]."""
    return [f"{kind.rstrip('s')}:{code}" for kind, codes in scope.items() for code in codes]


def checked_code(value: str, allowed: Iterable[str], what: str) -> None:
    known = list(allowed)
    if value not in known:
        raise UnknownCode(
            _("There is no %(what)s %(value)s.") % {"what": what, "value": str(value)[:40]}, allowed=known
        )


def matrix() -> list[grading.Row]:
    """The severity matrix as it is configured now."""
    return [
        grading.Row(
            code=indicator.code,
            unit=indicator.unit,
            at_least={row.level: row.at_least for row in indicator.thresholds.all()},
            name=indicator.label,
        )
        for indicator in SeverityIndicator.objects.prefetch_related("thresholds")
    ]


def checked_figures(figures: Mapping[str, object]) -> dict[str, float]:
    """Figures fit to be stored; those that are None are left out. Raises BadFigures."""
    known = set(SeverityIndicator.objects.values_list("code", flat=True))
    try:
        if unknown := sorted(set(figures) - known):
            raise grading.BadIndicator(
                _("The severity matrix has no indicator %(codes)s.") % {"codes": ", ".join(map(str, unknown))[:200]}
            )
        return {
            code: float(grading.number(code, value))
            for code, value in figures.items()
            if value is not None and value != ""
        }
    except grading.BadIndicator as error:
        raise BadFigures(str(error), indicators=sorted(known)) from error


def apply_matrix(change: Change, extra: Mapping[str, object]) -> grading.Grade:
    """Grade what is known: what people said, and what the network shows now (what people said goes first).

    Journals incident.graded, perhaps incident.level_proposed.
    """
    incident = change.incident
    incident.indicators = {**incident.indicators, **checked_figures(extra)}
    return regrade(change, network.measured_indicators(incident), always=True)


def regrade(change: Change, measured: dict[str, float], *, always: bool) -> grading.Grade:
    """The grade by these measured figures. An entry is written when it changed, or `always`; the figures are read
    again in a minute for as long as the incident is open."""
    incident = change.incident
    before = incident.grade
    incident.measured = measured
    rows = matrix()
    known = {row.code for row in rows}  # what was said of an indicator that was retired since does not count
    figures = {code: value for code, value in {**measured, **incident.indicators}.items() if code in known}
    result = grading.grade(rows, figures)
    incident.grade = result.level
    incident.graded_by_indicator = result.indicator or ""
    incident.grade_value, incident.grade_threshold = result.value, result.threshold
    incident.check_at = None if network.is_empty(incident.scope) else change.now + CHECK_EVERY
    change.saving = True
    if always or result.level != before:
        incident.graded_at = change.now
        change.tell(
            "incident.graded",
            {
                "level": f"level:{result.level}",
                "indicator": f"indicator:{result.indicator}" if result.indicator else "",
                "value": float(result.value) if result.value is not None else None,
                "threshold": float(result.threshold) if result.threshold is not None else None,
                "indicators": figures,
                "matrix": rule_number(RuleArea.MATRIX),
            },
        )
    propose_level(change, before)
    return result


def grade_incident(
    *, incident_id: int, by: Actor, indicators: Mapping[str, object] | None = None, expected_version: int | None = None
) -> Incident:
    """Apply the severity matrix; the highest indicator wins. May be repeated with better figures for as long as the
    incident runs: during a response it changes the grade, and so what level may be chosen, never the level itself.
    Figures that the network can measure are read from it unless they were given.

    Journals incident.graded with the deciding indicator, its figure and threshold, perhaps incident.level_proposed or
    incident.auto_started. Raises IllegalTransition, ChangedMeanwhile, BadFigures, NotAllowed.
    """
    by.require(Permission.COMMAND)
    with transaction.atomic():
        with changing(incident_id, by=by) as change:
            require(change, Permission.COMMAND)
            incident = change.incident
            change.expect(expected_version)
            if can_proceed(incident.grade_it):
                incident.grade_it()
            elif not incident.running and incident.state != Incident.State.WARNED:
                raise illegal(incident, "grade")
            apply_matrix(change, indicators or {})
            change.moved("grade")
        return consider_start(incident)


def consider_start(incident: Incident) -> Incident:
    """The incident as it stands after any plan that starts by itself has been looked for."""
    from incidents.operations.autostart import start_if_met

    return start_if_met(incident)


def dismiss(*, incident_id: int, reason: str, by: Actor, expected_version: int | None = None) -> Incident:
    """It was a false alarm, or nothing came of a pre-alert: everybody is stood down, deadlines are cancelled, closed
    lanes are opened again.

    Journals incident.dismissed. Raises ReasonMissing, IllegalTransition, ChangedMeanwhile, NotAllowed.
    """
    by.require(Permission.COMMAND)
    with changing(incident_id, by=by) as change:
        require(change, Permission.COMMAND)
        incident = change.incident
        if incident.state == Incident.State.DISMISSED and change.repeats("dismiss"):
            raise already_done(incident, "dismiss")
        change.expect(expected_version)
        if not reason.strip():
            raise ReasonMissing(_("Say why it was a false alarm."))
        if not can_proceed(incident.dismiss):
            raise illegal(incident, "dismiss")
        tell_called(change, lambda user: _("it was a false alarm"))
        incident.dismiss()
        incident.dismissed_at = change.now
        incident.reason = reason.strip()
        incident.provisional = False
        incident.proposed_level = incident.proposed_at = incident.check_at = None
        deadlines.cancel(change)
        followed.stand_down(change)
        followed.drop_measures(change, _("The incident was a false alarm."))
        from dispatch.operations import reopen_scope

        reopen_scope(reference=incident.reference, by=SYSTEM, exercise=incident.exercise)
        change.tell("incident.dismissed")
        change.moved("dismiss")
        return incident
