"""Before and after a response: an incident is verified, people prepare for it, it flares up again."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _
from django_fsm import can_proceed

from accounts.actors import Actor
from accounts.roles import Permission
from incidents import network
from incidents.models import DeadlineKind, Incident, Measure, MeasureKind, Phase
from incidents.operations import deadlines, drawing, work
from incidents.operations.announcing import announce_start, announce_warning
from incidents.operations.change import Change, changing, require
from incidents.operations.followed import follow
from incidents.operations.intake import apply_matrix, consider_start
from incidents.operations.redrawing import reopen_post
from incidents.operations.response import level_rule
from incidents.operations.telling import keep_reason
from incidents.queries.warnings import suggested_warning
from incidents.refusals import ReasonMissing, already_done, illegal
from incidents.rulebook import rule_of
from journal import operations as journal

S = Incident.State


def verify(*, incident_id: int, by: Actor, grade: bool = True, expected_version: int | None = None) -> Incident:
    """It is true: whoever is on duty looked into a report of a machine or of somebody who may not command.

    With `grade` a reported incident is graded at once. A response implies it. Journals incident.verified, perhaps
    incident.graded. Raises IllegalTransition, ChangedMeanwhile, NotAllowed.
    """
    by.require(Permission.COMMAND)
    with transaction.atomic():
        with changing(incident_id, by=by) as change:
            require(change, Permission.COMMAND)
            incident = change.incident
            if incident.verified_at is not None and incident.verified_by == str(by) and change.repeats("verify"):
                raise already_done(incident, "verify")
            change.expect(expected_version)
            if incident.verified_at is not None or incident.state not in {S.REPORTED, S.GRADED, S.WARNED}:
                raise illegal(incident, "verify")
            incident.verified_at, incident.verified_by = change.now, str(by)
            change.tell("incident.verified")
            if grade and incident.state == S.REPORTED:
                incident.grade_it()
                apply_matrix(change, {})
            change.moved("verify")
        return consider_start(incident)


def warn(
    *,
    incident_id: int,
    by: Actor,
    level: int | None = None,
    heed: str = "",
    actions: str = "",
    expected_version: int | None = None,
) -> Incident:
    """预警: people prepare for what may come. Nobody is called to a post and no response runs; the plan's warning
    measures begin, with their due times.

    `level` says whose plan: by default the grade, or Ⅲ when a red or orange warning takes effect within a day.
    `heed` and `actions` go into the notice as written. Journals incident.warned, incident.announced, perhaps
    incident.graded. Raises IllegalTransition, ChangedMeanwhile, UnknownCode, NotAllowed.
    """
    by.require(Permission.COMMAND)
    wanted = level_rule(level) if level is not None else None
    with changing(incident_id, by=by) as change:
        require(change, Permission.COMMAND)
        incident = change.incident
        if incident.state == S.WARNED and change.repeats("warn", level):
            raise already_done(incident, "warn")
        change.expect(expected_version)
        if not can_proceed(incident.warn):
            raise illegal(incident, "warn")
        if incident.grade is None:
            apply_matrix(change, {})
        rule = wanted or level_rule(suggested_warning(incident).level)
        incident.warn()
        incident.warned_at = change.now
        incident.generation += 1
        incident.save()
        plan = drawing.choose_plan(incident.category, rule.level, incident.region_code)
        incident.plan, incident.plan_snapshot = plan, drawing.snapshot(plan)
        specs = [spec for spec in drawing.specs_of(plan, rule.level) if spec.phase == Phase.WARNING]
        change.tell(
            "incident.warned",
            {
                "level": rule.level,
                "level_name": f"level:{rule.level}",
                "plan": plan.pk if plan else None,
                "measures": len(specs),
            },
        )
        drawing.draw_measures(change, specs)
        work.begin_phases(change, [Phase.WARNING])
        work.start_ready(change)
        announce_warning(change, level=rule.level, heed=heed.strip(), actions=actions.strip())
        change.moved("warn", level)
        journal.touch("incidents")
        return incident


def reopen(
    *, incident_id: int, reason: str, by: Actor, close_lanes: bool = False, expected_version: int | None = None
) -> Incident:
    """It flared up again after it was closed: the response goes on, with its command post manned afresh.

    What was done stays done; what the closing skipped comes back, counted from now, and internal reports start again.
    The review is no longer due. With `close_lanes` the scope's lanes are closed once more (and so will have to be
    opened). Journals incident.reopened, incident.announced and callout.called per person.
    Raises ReasonMissing, IllegalTransition, ChangedMeanwhile, NotAllowed.
    """
    by.require(Permission.COMMAND)
    with changing(incident_id, by=by) as change:
        require(change, Permission.COMMAND)
        incident = change.incident
        if incident.state == S.RESPONDING and change.repeats("reopen"):
            raise already_done(incident, "reopen")
        change.expect(expected_version)
        if not can_proceed(incident.reopen):
            raise illegal(incident, "reopen")
        if not reason.strip():
            raise ReasonMissing(_("Say why it is opened again."))
        rule = rule_of(incident)
        deadlines.cancel(change, kinds=[kind for kind in DeadlineKind.values if kind != DeadlineKind.LEGAL])
        incident.reopen()
        incident.reopened_at = change.now
        incident.closed_at = incident.reviewed_at = incident.recovering_at = incident.expected_end_at = None
        incident.generation += 1
        incident.reason = reason.strip()
        incident.check_at = None if network.is_empty(incident.scope) else change.now
        incident.save()
        change.tell("incident.reopened", {"level_name": f"level:{rule.level}", "note": keep_reason(change, reason)})
        drawing.draw_confirmation(change, rule)
        reopen_post(change, rule, drawing.specs_of(incident.plan, rule.level))
        bring_back(change, close_lanes=close_lanes)
        work.begin_phases(change, drawing.BEGUN_BY_RESPONSE)
        work.start_ready(change)
        follow(change)
        announce_start(change)
        change.moved("reopen")
        journal.touch("incidents")
        return incident


def bring_back(change: Change, *, close_lanes: bool) -> None:
    """Measures after an incident was opened again. Those of the phase after closing wait for the next closing."""
    incident = change.incident
    newest = {measure.code: measure for measure in Measure.objects.filter(incident=incident).order_by("round")}
    again = [m for m in newest.values() if m.state == Measure.State.SKIPPED and m.progress.get(work.CLOSED)]
    open_codes = {measure.code for measure in work.open_measures(change)}
    again += [
        m
        for m in newest.values()
        if m.kind == MeasureKind.INTERNAL_REPORT and m.code not in open_codes and m not in again
    ]
    if close_lanes:
        again += [m for m in newest.values() if m.kind == MeasureKind.CLOSE_SCOPE and m.settled and m not in again]
    Measure.objects.bulk_create(drawing.next_round(measure) for measure in sorted(again, key=lambda m: m.order))
    for measure in work.open_measures(change):
        if measure.phase == Phase.CLOSE and measure.due_at is not None:
            if measure.state == Measure.State.PENDING:
                measure.counted_from = measure.due_at = None
                measure.version += 1
                measure.save()
            else:
                work.draw_deadline(change, measure)
