"""What can happen in an exercise. Each action calls the operation that a person or a machine would use.

An action returns a few words on what came of it, None when it was not needed (somebody else had done it), and raises
NotYet while its condition does not hold. It reaches only rows of its own exercise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import incidents.operations as incidents
from accounts.actors import Actor
from accounts.queries import on_duty
from accounts.roles import Post, Role, permissions_of
from alerts.models import Warning
from alerts.operations import file_warning
from customers import operations as customers
from customers.models import NoticeRun, NoticeState
from dispatch import operations as dispatch
from dispatch.models import HourlyThroughput
from dispatch.queries import reroute_progress, throughput
from drills import sample_lekima
from drills.actors import control, player
from drills.models import Exercise, Move, MoveState
from drills.refusals import NotYet
from drills.script import Script
from incidents.models import CallOut, CommandPost, Incident, Measure, PostSeat, ReadinessCheck
from journal import clock
from journal import operations as journal

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Stage:
    """Where an action plays: its exercise, the move that asks for it, who acts and when."""

    exercise: Exercise
    move: Move
    by: Actor
    now: datetime

    @property
    def incident(self) -> Incident:
        """The exercise's incident; NotYet before it was reported."""
        if self.exercise.incident_id is None:
            raise NotYet("no incident has been reported")
        return Incident.objects.get(pk=self.exercise.incident_id, exercise=self.exercise.pk)

    @property
    def minutes(self) -> float:
        """Drill minutes since the exercise began."""
        return self.exercise.times.drill_seconds(self.now) / 60

    def out_of_patience(self) -> bool:
        """Whether the move has waited for its condition longer than its script allows."""
        return self.minutes > self.move.at_minutes + float(self.move.arguments.get("patience", 60))


@dataclass(frozen=True)
class Action:
    run: Callable[..., str | None]
    long: bool


ACTIONS: dict[str, Action] = {}


def action(name: str, *, long: bool = False) -> Callable[[Callable[..., str | None]], Callable[..., str | None]]:
    """Register an action; a `long` one is done by a worker rather than by the clock itself."""

    def register(function: Callable[..., str | None]) -> Callable[..., str | None]:
        ACTIONS[name] = Action(function, long)
        return function

    return register


# Injects: what control does.


@action("warn", long=True)
def warn(stage: Stage, index: int) -> str:
    """The weather service of a province warns (CAP status Exercise)."""
    raw = sample_lekima.cap_message(exercise=stage.exercise.pk, index=index, now=stage.now)
    return file_warning(xml=raw, by=stage.by).headline[:200]


@action("report", long=True)
def report(stage: Stage, **arguments: Any) -> str:
    """Somebody reports the incident; from now on it has the exercise's time."""
    incident = incidents.report_incident(
        **arguments,
        by=stage.by,
        exercise=stage.exercise.pk,
        time_factor=stage.exercise.times.factor_at(stage.now),
        key=f"exercise {stage.exercise.pk}",
    )
    Exercise.objects.filter(pk=stage.exercise.pk).update(incident=incident)
    return incident.number


@action("grade", long=True)
def grade(stage: Stage) -> str:
    incident = incidents.grade_incident(incident_id=stage.incident.pk, by=stage.by)
    return f"level {incident.grade}"


@action("respond", long=True)
def respond(stage: Stage, level: int) -> str | None:
    incident = stage.incident
    if incident.running:
        return None
    if incident.state == Incident.State.REPORTED:
        raise NotYet("the incident is not graded yet")
    officers = on_duty(post=Post.DUTY_OFFICER, at=stage.now, region_code=incident.region_code)
    # The duty officer begins within their own authority, so that somebody above has to confirm, as in earnest.
    by = replace(player(officers[0].pk), permissions=permissions_of([Role.DUTY_OFFICER])) if officers else stage.by
    incidents.respond(incident_id=incident.pk, level=level, by=by)
    return f"level {level}"


@action("hurry")
def hurry(stage: Stage, factor: float) -> str:
    """Once the command post is ready, orders are rerouted and customers told, let drill time run faster: nothing is
    left to see but hours."""
    incident = stage.incident
    if not stage.out_of_patience() and not settled(incident):
        raise NotYet("the first half hour is not over")
    exercise = stage.exercise
    times = exercise.times.changed(stage.now, factor)
    # Moves under way are due anyway: they are left alone, and cannot hold us up.
    waiting = exercise.moves.filter(state=MoveState.WAITING).exclude(pk=stage.move.pk)
    moves = list(waiting.select_for_update(skip_locked=True).order_by("pk"))
    for move in moves:
        if move.due_at > stage.now:
            move.due_at = times.real_moment(move.at_minutes * 60)
    Move.objects.bulk_update(moves, ["due_at"])
    exercise.time_map = times.to_json()
    Exercise.objects.filter(pk=exercise.pk).update(time_map=exercise.time_map)
    incidents.set_time_factor(incident_id=incident.pk, factor=factor, by=stage.by)
    clock.wake()
    return f"{factor:g}×"


def settled(incident: Incident) -> bool:
    """Whether the command post is ready, and what was begun for orders and customers has come to its end."""
    post = CommandPost.objects.filter(incident=incident).first()
    if post is None or post.state != CommandPost.State.READY:
        return False
    notices = NoticeRun.objects.filter(reference=incident.reference).exclude(state=NoticeState.CANCELLED)
    told = set(notices.values_list("state", flat=True)) == {NoticeState.FINISHED}
    progress = reroute_progress(incident.reference)
    return told and (
        progress is None or progress.state not in {"queued", "solving", "proposed", "approved", "applying"}
    )


@action("deliver")
def deliver(stage: Stage, hour: int) -> str:
    """One more hour of deliveries, as the script's curve has it, in rows that only this exercise sees."""
    script = Script.from_json(stage.exercise.script)
    began = stage.incident.reported_at.replace(minute=0, second=0, microsecond=0)
    at = began + hour * HOUR
    baseline = throughput(at, at + HOUR)[0].baseline or 1000.0
    share = script.share_at(hour)
    HourlyThroughput.objects.update_or_create(
        hour=at, exercise=stage.exercise.pk, defaults={"orders": round(baseline * share)}
    )
    journal.touch(stage.incident.reference, stage.exercise.reference, "throughput:drill")
    return f"{share:.0%}"


@action("recover")
def recover(stage: Stage) -> str | None:
    incident = stage.incident
    if incident.state != Incident.State.RESPONDING:
        return None
    if not stage.out_of_patience() and in_work(incident):
        raise NotYet("measures are still under way")
    incidents.recover(incident_id=incident.pk, by=stage.by)
    return "recovering"


def in_work(incident: Incident) -> bool:
    """Whether a begun measure of the response is neither settled nor failed."""
    begun = Measure.objects.filter(incident=incident, due_at__isnull=False).exclude(kind="internal_report")
    return begun.filter(state__in=[Measure.State.PENDING, Measure.State.RUNNING]).exists()


@action("close")
def close(stage: Stage) -> str | None:
    incident = stage.incident
    if incident.state == Incident.State.CLOSED:
        return None
    if incident.state != Incident.State.RECOVERING:
        raise NotYet("recovery has not begun")
    incidents.close(incident_id=incident.pk, by=stage.by)
    return "closed"


# Answers: what players do in the roles of staff.


@action("acknowledge")
def acknowledge(stage: Stage, call_out: int) -> str | None:
    call = call_of(stage, call_out)
    if call.state not in {CallOut.State.CALLED, CallOut.State.UNREACHABLE}:
        return None
    incidents.acknowledge_callout(call_out_id=call.pk, by=stage.by)
    return "on the way"


@action("arrive")
def arrive(stage: Stage, call_out: int) -> str | None:
    call = call_of(stage, call_out)
    if not call.waiting:
        return None
    incidents.arrive_callout(call_out_id=call.pk, by=stage.by)
    return "on post"


@action("decline")
def decline(stage: Stage, call_out: int) -> str | None:
    call = call_of(stage, call_out)
    if not call.waiting:
        return None
    incidents.decline_callout(call_out_id=call.pk, by=stage.by)
    return "cannot come"


def call_of(stage: Stage, call_out: int) -> CallOut:
    return CallOut.objects.get(pk=call_out, exercise=stage.exercise.pk)


@action("check")
def check(stage: Stage, code: str) -> str | None:
    """Tick a line of the command post's checklist."""
    line = ReadinessCheck.objects.get(command_post__incident=stage.incident, code=code)
    if line.done_at:
        return None
    incidents.tick_readiness(incident_id=stage.incident.pk, code=code, by=stage.by)
    return line.name


@action("ready")
def ready(stage: Stage) -> str | None:
    """The commander confirms that the command post is ready."""
    if CommandPost.objects.filter(incident=stage.incident, state=CommandPost.State.READY).exists():
        return None
    incidents.confirm_post_ready(incident_id=stage.incident.pk, by=stage.by)
    return "ready"


@action("confirm")
def confirm(stage: Stage) -> str | None:
    """The level's decider confirms what the duty officer began."""
    incident = stage.incident
    if not incident.provisional or not incident.running:
        return None
    incidents.confirm_level(incident_id=incident.pk, by=stage.by)
    return "confirmed"


@action("approve")
def approve(stage: Stage, measure: int) -> str | None:
    """Let the system begin a measure that waits for a yes."""
    found = measure_of(stage, measure)
    if not found.waits_for_approval:
        return None
    incidents.start_measure(measure_id=found.pk, by=stage.by)
    return found.name


@action("retry")
def retry(stage: Stage, measure: int) -> str | None:
    """Try a measure again that the system could not do."""
    found = measure_of(stage, measure)
    if found.state != Measure.State.FAILED:
        return None
    incidents.start_measure(measure_id=found.pk, by=stage.by)
    return found.name


@action("complete")
def complete(stage: Stage, measure: int) -> str | None:
    """A task is done."""
    found = measure_of(stage, measure)
    if found.settled or not stage.incident.running:
        return None
    incidents.complete_measure(measure_id=found.pk, by=stage.by, note="演练：按预案完成")
    return found.name


def measure_of(stage: Stage, measure: int) -> Measure:
    return Measure.objects.get(pk=measure, exercise=stage.exercise.pk)


@action("approve_reroute", long=True)
def approve_reroute(stage: Stage, run: int) -> str | None:
    progress = reroute_progress(stage.incident.reference)
    if progress is None or progress.run_id != run or progress.state != "proposed":
        return None
    dispatch.approve_run(run_id=run, by=stage.by, over_cap=True)
    return f"{progress.assigned} of {progress.affected}"


@action("launch_notice", long=True)
def launch_notice(stage: Stage, notice: int) -> str | None:
    """Approve a notice (twice, when its size wants two people) and send it; in an exercise nothing leaves."""
    run = NoticeRun.objects.get(pk=notice, exercise=stage.exercise.pk)
    if run.state not in {NoticeState.DRAFT, NoticeState.APPROVED}:
        return None
    second = holder(stage.incident, Post.INFORMATION) or holder(stage.incident, Post.COMMANDER)
    if run.state == NoticeState.DRAFT and second and player(second) != stage.by:
        customers.approve_notice(notice_id=run.pk, by=player(second))
    run = customers.launch_notice(notice_id=run.pk, by=stage.by)
    return f"{run.audience}"


def holder(incident: Incident, post: str) -> int | None:
    """Who holds a post of the incident, if anybody arrived there."""
    seat = PostSeat.objects.filter(command_post__incident=incident, post=post, shift=1).first()
    return seat.holder_id if seat and seat.arrived_at else None


# Endings.


ABORTED = "演练中止 / exercise aborted"


def stop_incident(incident: Incident, exercise: Exercise) -> None:
    """Called off in the middle: the shortest lawful way out of each state."""
    by = control(exercise.pk)
    if incident.state in {Incident.State.REPORTED, Incident.State.GRADED, Incident.State.RESPONDING}:
        incidents.dismiss(incident_id=incident.pk, reason=ABORTED, by=by)
    elif incident.state == Incident.State.RECOVERING:
        incidents.close(incident_id=incident.pk, reason=ABORTED, skip_open=True, by=by)


def cancel_warnings(exercise: Exercise) -> None:
    """Cancel the warnings that the exercise issued, by CAP messages of its own."""
    moves = exercise.moves.filter(action="warn", state=MoveState.DONE)
    now = clock.now()
    for index in sorted({int(move.arguments["index"]) for move in moves}):
        code = sample_lekima.WARNINGS[index][0]
        issued = Warning.objects.filter(
            identifier__startswith=f"{code}41600000_", identifier__endswith=f"_E{exercise.pk}A{index}"
        ).first()
        if issued and issued.state == "current":
            reference = f"{issued.sender},{issued.identifier},{issued.sent_text}"
            raw = sample_lekima.cap_message(exercise=exercise.pk, index=index, now=now, cancels=reference)
            file_warning(xml=raw, by=control(exercise.pk))
