"""People doing measures: start (and approve), complete, skip."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.utils.translation import gettext as _
from django_fsm import can_proceed

from accounts.actors import Actor
from accounts.roles import Permission
from incidents.models import FOLLOWED_KINDS, TOLD_KINDS, WORKED_KINDS, Decision, Measure, MeasureKind
from incidents.operations import work
from incidents.operations.change import Change, changing, require
from incidents.operations.followed import follow
from incidents.queries.rows import measure_actions
from incidents.refusals import (
    IllegalMeasureStep,
    ImpossibleTime,
    IncidentNotFound,
    PrerequisiteOpen,
    ReasonMissing,
    illegal,
)
from journal.refusal import AlreadyDone

S = Measure.State

# What a person needs, besides doing measures, to let the system do one of these.
APPROVAL = {
    MeasureKind.REROUTE: Permission.APPROVE_REROUTE,
    MeasureKind.CLOSE_SCOPE: Permission.APPROVE_REROUTE,
    MeasureKind.NOTIFY_CUSTOMERS: Permission.SEND_NOTICES,
    MeasureKind.ISSUE_SUPPLIES: Permission.LOG_STOCK,
}


@contextmanager
def handling(measure_id: int, by: Actor, permission: Permission) -> Iterator[tuple[Change, Measure]]:
    by.require(permission)
    incident_id = Measure.objects.filter(pk=measure_id).values_list("incident_id", flat=True).first()
    if incident_id is None:
        raise IncidentNotFound(_("There is no measure %(id)s.") % {"id": measure_id})
    with changing(incident_id, by=by) as change:
        require(change, permission)
        measure = Measure.objects.select_for_update().get(pk=measure_id)
        yield change, measure


def refuse(measure: Measure) -> IllegalMeasureStep:
    return IllegalMeasureStep(
        _("“%(name)s” is already: %(state)s.") % {"name": measure.label, "state": measure.get_state_display()},  # type: ignore[attr-defined]
        state=str(measure.state),
        legal=list(measure_actions(measure)),
        by=measure.settled_by,
    )


def settled_already(measure: Measure) -> AlreadyDone:
    return AlreadyDone(
        _("You have done this already. “%(name)s” stands at: %(state)s.")
        % {"name": measure.label, "state": measure.get_state_display()},  # type: ignore[attr-defined]
        state=str(measure.state),
        legal=list(measure_actions(measure)),
        by=measure.settled_by,
    )


def alive(change: Change, measure: Measure) -> None:
    """A measure can be worked on while its incident runs; while pre-alerted or after closing, once it has begun."""
    incident = change.incident
    if not incident.running and not (incident.worked_on and measure.due_at is not None):
        raise illegal(incident, "measure")


def start_measure(*, measure_id: int, by: Actor, expected_version: int | None = None) -> Measure:
    """Take a measure in hand; for one of the system it means: approved, go (again, after a failure).

    Starting what runs already raises AlreadyDone. Journals measure.started.
    Raises IllegalMeasureStep, PrerequisiteOpen, IllegalTransition, IncidentNotFound, NotAllowed.
    """
    with handling(measure_id, by, Permission.DO_MEASURE) as (change, measure):
        change.expect_row(measure, expected_version)
        if measure.state == S.RUNNING:
            raise settled_already(measure)
        alive(change, measure)
        if not can_proceed(measure.start):
            raise refuse(measure)
        approved_before = bool(measure.approved_by)
        if measure.needs_approval:
            by.require(APPROVAL.get(MeasureKind(measure.kind), Permission.DO_MEASURE))
            measure.approved_by = str(by)
        if measure.kind in WORKED_KINDS:
            open_before = [m.label for m in work.open_measures(change) if m.code in measure.after]
            if open_before:
                if approved_before:
                    raise settled_already(measure)
                if measure.needs_approval:
                    # Approved now, started by the system when its turn comes.
                    measure.version += 1
                    measure.save()
                    change.tell("measure.approved", work.payload_of(measure))
                    return measure
                raise PrerequisiteOpen(_("First settle: %(names)s.") % {"names": "、".join(open_before)}, legal=[])
        work.begin(change, measure, by=by)
        if measure.kind in FOLLOWED_KINDS:
            follow(change)
        return measure


def complete_measure(
    *, measure_id: int, by: Actor, note: str = "", done_at: datetime | None = None, expected_version: int | None = None
) -> Measure:
    """It is done. What the system should have done may be completed by hand with a note that says how.

    `done_at` enters afterwards when it really was; in time, it amends a recorded miss. The same person doing it twice
    is told so (AlreadyDone). An internal report's note is kept as the report, and the next one falls due an interval
    later.
    Journals measure.done. Raises IllegalMeasureStep, ReasonMissing, ImpossibleTime, NotAllowed.
    """
    with handling(measure_id, by, Permission.DO_MEASURE) as (change, measure):
        if measure.state == S.DONE and measure.settled_by == str(by):
            raise settled_already(measure)
        change.expect_row(measure, expected_version)
        alive(change, measure)
        if not can_proceed(measure.finish):
            raise refuse(measure)
        if measure.kind in TOLD_KINDS and not note.strip():
            raise ReasonMissing(_("Write down what was done, to whom and how."))
        incident = change.incident
        began = incident.warned_at or incident.declared_at or change.now
        if done_at is not None and not began <= done_at <= change.now:
            raise ImpossibleTime(_("The time must lie between the start of the response and now."))
        if measure.kind in {MeasureKind.REPORT_AUTHORITY, MeasureKind.INTERNAL_REPORT}:
            Decision.objects.create(
                incident=change.incident,
                kind=Decision.Kind.REPORT,
                text=note.strip(),
                made_by=str(by),
                made_at=change.now,
            )
        work.settle(change, measure, S.DONE, note=note.strip(), at=done_at)
        return measure


def skip_measure(*, measure_id: int, reason: str, by: Actor, expected_version: int | None = None) -> Measure:
    """Decide not to do it, with a reason. Journals measure.skipped.

    Raises ReasonMissing, IllegalMeasureStep, IllegalTransition, NotAllowed.
    """
    with handling(measure_id, by, Permission.DO_MEASURE) as (change, measure):
        if measure.state == S.SKIPPED and measure.settled_by == str(by):
            raise settled_already(measure)
        change.expect_row(measure, expected_version)
        alive(change, measure)
        if not can_proceed(measure.skip):
            raise refuse(measure)
        if not reason.strip():
            raise ReasonMissing(_("Say why it is skipped."))
        work.settle(change, measure, S.SKIPPED, note=reason.strip())
        return measure
