"""Standing still and going on: a response that can do nothing for now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.utils.translation import gettext as _
from django_fsm import can_proceed

from accounts.actors import Actor
from accounts.roles import Permission
from incidents import network
from incidents.models import (
    CallOut,
    CommandPost,
    Deadline,
    DeadlineKind,
    DeadlineState,
    Incident,
    Measure,
    MeasureJob,
    PostSeat,
)
from incidents.operations import deadlines, work
from incidents.operations.change import Change, changing, require
from incidents.operations.followed import WAITING, follow
from incidents.operations.telling import keep_reason
from incidents.refusals import ReasonMissing, already_done, illegal
from journal import clock
from journal import operations as journal

S = Incident.State

# What stands still. A duty by law runs on, and so does the time in which the decider confirms the level.
PAUSED_KINDS = (DeadlineKind.READY, DeadlineKind.ARRIVAL, DeadlineKind.MEASURE, DeadlineKind.QUORUM)


def suspend(*, incident_id: int, reason: str, by: Actor, expected_version: int | None = None) -> Incident:
    """Nothing can be done for now: open limits, ladders and the system's measures stand still until it goes on.

    Cancelling never hides a miss. Duties by law and the confirmation of the level run on; people may still answer
    their calls. Journals incident.suspended. Raises ReasonMissing, IllegalTransition, ChangedMeanwhile, NotAllowed.
    """
    by.require(Permission.LOWER_LEVEL)
    with changing(incident_id, by=by) as change:
        require(change, Permission.LOWER_LEVEL)
        incident = change.incident
        if incident.state == S.SUSPENDED and change.repeats("suspend"):
            raise already_done(incident, "suspend")
        change.expect(expected_version)
        if not can_proceed(incident.suspend):
            raise illegal(incident, "suspend")
        if not reason.strip():
            raise ReasonMissing(_("Say why nothing can be done for now."))
        incident.suspended_from = str(incident.state)
        incident.suspend()
        incident.suspended_at = change.now
        incident.check_at = None
        incident.reason = reason.strip()
        incident.save()
        deadlines.cancel(change, kinds=PAUSED_KINDS)
        MeasureJob.objects.filter(measure__incident=incident).delete()
        change.tell("incident.suspended", {"note": keep_reason(change, reason)})
        change.moved("suspend")
        journal.touch("incidents")
        return incident


def resume(*, incident_id: int, by: Actor, reason: str = "", expected_version: int | None = None) -> Incident:
    """It goes on. Whatever was still to come moves by the length of the pause, in drill time, as a new generation of
    deadlines; what was overdue before stays overdue.

    Journals incident.resumed with the seconds it stood still. Raises IllegalTransition, ChangedMeanwhile, NotAllowed.
    """
    by.require(Permission.COMMAND)
    with changing(incident_id, by=by) as change:
        require(change, Permission.COMMAND)
        incident = change.incident
        if incident.running and change.repeats("resume"):
            raise already_done(incident, "resume")
        change.expect(expected_version)
        if incident.state != S.SUSPENDED or incident.suspended_at is None:
            raise illegal(incident, "resume")
        since = incident.suspended_at
        stood = change.times.between(since, change.now)
        if incident.suspended_from == S.RECOVERING:
            incident.resume_recovery()
        else:
            incident.resume_response()
        incident.pauses = [*incident.pauses, [since.isoformat(), change.now.isoformat()]]
        incident.paused += stood
        incident.suspended_at, incident.suspended_from = None, ""
        incident.check_at = None if network.is_empty(incident.scope) else change.now
        resting = rested_deadlines(incident, since)
        confirmation = Deadline.objects.filter(
            incident=incident, kind=DeadlineKind.CONFIRM, state=DeadlineState.OPEN
        ).first()
        deadlines.cancel(change, kinds=[DeadlineKind.CONFIRM])
        incident.generation += 1
        incident.save()
        payload: dict[str, object] = {"seconds": round(stood.total_seconds(), 3)}
        change.tell("incident.resumed", {**payload, "note": keep_reason(change, reason)} if reason.strip() else payload)

        def moved(moment: datetime | None) -> datetime | None:
            if moment is None or moment <= since:
                return moment
            return change.times.due(change.now, change.times.between(since, moment).total_seconds() / 60)

        move_calls(change, since, moved)
        move_measures(change, moved)
        redraw(change, [*resting, *([confirmation] if confirmation else [])], moved)
        for measure in Measure.objects.filter(incident=incident, state=Measure.State.RUNNING).order_by("order", "id"):
            work.draw_job(change, measure)
        work.start_ready(change)
        follow(change)
        change.moved("resume")
        clock.wake()
        journal.touch("incidents")
        return incident


def rested_deadlines(incident: Incident, since: datetime) -> list[Deadline]:
    """What the suspension cancelled and is still wanted: the newest of each kind and subject, due after it began."""
    rows = Deadline.objects.filter(
        incident=incident,
        kind__in=PAUSED_KINDS,
        state=DeadlineState.CANCELLED,
        generation=incident.generation,
        due_at__gt=since,
    )
    newest = {(deadline.kind, deadline.subject): deadline for deadline in rows.order_by("id")}
    measures = {
        work.subject_of(measure) for measure in Measure.objects.filter(incident=incident) if not measure.settled
    }
    calls = {
        f"callout:{pk}"
        for pk in CallOut.objects.filter(incident=incident, state__in=WAITING).values_list("pk", flat=True)
    }
    posts = CommandPost.objects.filter(
        incident=incident, state__in=[CommandPost.State.OPENING, CommandPost.State.MANNED]
    )
    seats = PostSeat.objects.filter(command_post__incident=incident, arrived_at=None)
    alive = {
        DeadlineKind.MEASURE: measures,
        DeadlineKind.ARRIVAL: calls,
        DeadlineKind.READY: {f"post:{pk}" for pk in posts.values_list("pk", flat=True)},
        DeadlineKind.QUORUM: {f"seat:{pk}" for pk in seats.values_list("pk", flat=True)},
    }
    return [deadline for (kind, subject), deadline in newest.items() if subject in alive[DeadlineKind(kind)]]


Moved = Callable[[datetime | None], datetime | None]


def move_calls(change: Change, since: datetime, moved: Moved) -> None:
    """The time to arrive, the next rung and the reminder of everybody who was expected when it stood still."""
    for call in CallOut.objects.select_for_update().filter(incident=change.incident, due_at__gt=since).order_by("id"):
        if call.waiting or (call.arrived_at is not None and call.arrived_at >= since):
            call.due_at = moved(call.due_at) or call.due_at
            call.next_rung_at, call.remind_at = moved(call.next_rung_at), moved(call.remind_at)
            call.version += 1
            call.save()


def move_measures(change: Change, moved: Moved) -> None:
    rows = Measure.objects.select_for_update().filter(incident=change.incident, due_at__isnull=False)
    for measure in rows.exclude(state__in=[Measure.State.DONE, Measure.State.SKIPPED]).order_by("id"):
        due = moved(measure.due_at)
        if due != measure.due_at:
            measure.due_at = due
            measure.version += 1
            measure.save()


def redraw(change: Change, resting: list[Deadline], moved: Moved) -> None:
    """The next generation of what stood still. The confirmation did not: it keeps its time."""
    measures = {work.subject_of(measure): measure for measure in Measure.objects.filter(incident=change.incident)}
    for deadline in resting:
        if deadline.kind == DeadlineKind.MEASURE:
            work.draw_deadline(change, measures[deadline.subject])
            continue
        still = deadline.kind == DeadlineKind.CONFIRM
        deadlines.open_deadline(
            change,
            deadline.kind,
            deadline.subject,
            deadline.due_at if still else moved(deadline.due_at) or deadline.due_at,
            started_at=deadline.started_at,
            post=deadline.post,
            name=deadline.name,
            name_en=deadline.name_en,
        )
