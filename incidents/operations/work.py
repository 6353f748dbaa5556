"""The life of a measure inside a change: begin, settle, what follows from it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from accounts.actors import SYSTEM, Actor
from accounts.roles import Post
from incidents.models import (
    FOLLOWED_KINDS,
    SYSTEM_KINDS,
    WORKED_KINDS,
    DeadlineKind,
    Incident,
    Measure,
    MeasureJob,
    MeasureKind,
    Phase,
)
from incidents.operations import deadlines
from incidents.operations.change import Change
from incidents.rulebook import rule_of

S = Measure.State
DROPPED, CLOSED = "dropped", "closed"  # marks in the progress of skipped measures, see `drop_all`


def subject_of(measure: Measure) -> str:
    return f"measure:{measure.pk}"


def payload_of(measure: Measure, **more: object) -> dict[str, object]:
    return {
        "measure": subject_of(measure),
        "code": measure.code,
        "kind": measure.kind,
        "post": f"post:{measure.post}",
        "round": measure.round,
        **more,
    }


def draw_deadline(change: Change, measure: Measure) -> None:
    """Open the deadline of a measure that has a due time."""
    if measure.due_at is not None:
        deadlines.open_deadline(
            change,
            DeadlineKind.MEASURE,
            subject_of(measure),
            measure.due_at,
            started_at=measure.counted_from,
            post=measure.post,
            name=measure.name,
            name_en=measure.name_en,
            remind=measure.kind in {MeasureKind.INTERNAL_REPORT, MeasureKind.REPORT_AUTHORITY},
        )


def begin_phases(change: Change, phases: Iterable[Phase]) -> None:
    """Give the measures of these phases their due times, counted from now. `start_ready` comes after it."""
    waiting = Measure.objects.filter(incident=change.incident, phase__in=list(phases), due_at=None, state=S.PENDING)
    for measure in waiting.order_by("order", "id"):
        measure.counted_from = change.now
        measure.due_at = change.times.due(change.now, measure.due_minutes)
        measure.save()
        draw_deadline(change, measure)


def start_ready(change: Change) -> None:
    """Start the system's measures whose turn has come: phase begun, approved if need be, prerequisites settled.

    While pre-alerted nobody is called: what people's answers would settle waits for the response.
    """
    if not change.incident.worked_on:
        return
    waiting = FOLLOWED_KINDS if change.incident.state == Incident.State.WARNED else frozenset()
    measures = list(Measure.objects.filter(incident=change.incident).order_by("order", "round", "id"))
    unsettled = {measure.code for measure in measures if not measure.settled}
    begun = [
        measure
        for measure in measures
        if measure.kind in SYSTEM_KINDS - waiting
        and measure.state == S.PENDING
        and measure.due_at is not None
        and not measure.waits_for_approval
        and not unsettled.intersection(measure.after)
    ]
    for measure in begun:
        begin(change, measure, by=SYSTEM)
    if any(measure.kind in FOLLOWED_KINDS for measure in begun):
        from incidents.operations.followed import follow

        follow(change)


def begin(change: Change, measure: Measure, *, by: Actor) -> None:
    """Pending or failed → running; a measure that the system works on gets its job row."""
    measure.start()
    measure.started_at = change.now
    measure.note = ""
    measure.version += 1
    measure.save()
    change.tell("measure.started", payload_of(measure), by=by)
    draw_job(change, measure)


def draw_job(change: Change, measure: Measure) -> None:
    """The row by which workers know of a running measure of the system."""
    if measure.kind in WORKED_KINDS:
        job, _created = MeasureJob.objects.update_or_create(
            measure=measure, defaults={"due_at": change.now, "hint_at": change.now, "lease_until": None}
        )
        change.jobs.append(job.pk)


def settle(
    change: Change,
    measure: Measure,
    to: str,
    *,
    by: Actor | None = None,
    note: str = "",
    at: datetime | None = None,
    progress: dict[str, Any] | None = None,
) -> None:
    """Bring a measure to done, skipped or failed, with all that follows.

    Its job ends; its deadline is met, cancelled (skipped) or goes on running (failed: people must look, and are
    told). A finished internal report calls for the next one.
    """
    actor = by or change.by
    {S.DONE: measure.finish, S.SKIPPED: measure.skip, S.FAILED: measure.fail}[S(to)]()
    moment = at or change.now
    measure.note = note
    measure.version += 1
    if progress is not None:
        measure.progress = progress
    if to == S.FAILED:
        measure.progress = {**measure.progress, "waits_for": ""}
    else:
        measure.settled_at, measure.settled_by = moment, str(actor)
        measure.started_at = measure.started_at or moment
    measure.save()
    MeasureJob.objects.filter(measure=measure).delete()
    subject = subject_of(measure)
    if to == S.DONE:
        deadlines.settle(change, DeadlineKind.MEASURE, subject, at=at, backfilled=at is not None)
    elif to == S.SKIPPED:
        deadlines.cancel(change, kinds=[DeadlineKind.MEASURE], subjects=[subject])
    change.tell(f"measure.{to}", payload_of(measure), by=actor, occurred_at=at, backfilled=at is not None)
    if to == S.FAILED:
        change.escalate(
            lambda: measure.label,
            due_at=measure.due_at,
            key=f"{subject}:failed:{measure.version}",
            posts=[measure.post, Post.COMMANDER],
            by=actor,
        )
        return
    if to == S.DONE and measure.kind == MeasureKind.INTERNAL_REPORT and change.incident.running:
        next_report(change, measure)
    start_ready(change)


def next_report(change: Change, measure: Measure) -> None:
    """The next internal report: one interval after the last one was due, or from now when that has passed already."""
    rule = rule_of(change.incident)
    interval = measure.params.get("every_minutes") or rule.report_minutes
    due = change.times.due(measure.due_at or change.now, interval)
    following = Measure.objects.create(
        incident=change.incident,
        code=measure.code,
        round=measure.round + 1,
        phase=measure.phase,
        order=measure.order,
        name=measure.name,
        name_en=measure.name_en,
        instruction=measure.instruction,
        instruction_en=measure.instruction_en,
        post=measure.post,
        kind=measure.kind,
        params=measure.params,
        due_minutes=measure.due_minutes,
        counted_from=change.now,
        due_at=due if due > change.now else change.times.due(change.now, interval),
        exercise=measure.exercise,
    )
    draw_deadline(change, following)


def drop_all(change: Change, measures: Iterable[Measure], note: str, *, mark: str = "") -> None:
    """Skip measures that are not wanted any more. `mark` says what brings them back: DROPPED, that a response or a
    level which needs them is drawn again; CLOSED, that the incident is opened again."""
    measures = list(measures)
    for measure in measures:
        measure.skip()
        measure.settled_at, measure.settled_by, measure.note = change.now, str(change.by), note
        measure.version += 1
        if mark:
            measure.progress = {**measure.progress, mark: True}
        measure.save()
        MeasureJob.objects.filter(measure=measure).delete()
        change.tell("measure.skipped", payload_of(measure))
    deadlines.cancel(change, kinds=[DeadlineKind.MEASURE], subjects=[subject_of(m) for m in measures])


def open_measures(change: Change) -> list[Measure]:
    """Those not settled, failed ones included, in the order of the plan."""
    rows = Measure.objects.filter(incident=change.incident).exclude(state__in=[S.DONE, S.SKIPPED])
    return list(rows.order_by("order", "round", "id"))
