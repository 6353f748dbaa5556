"""Looking which answers the players owe: everything that waits for a person gets a move, once."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from accounts.roles import Post
from customers.models import NoticeRun, NoticeState
from dispatch.queries import reroute_progress
from drills.actions import holder
from drills.actors import control, player
from drills.models import Exercise, Move
from drills.script import Cast, Script, drawn
from incidents.models import (
    SYSTEM_KINDS,
    CallOut,
    CommandPost,
    Incident,
    Measure,
    PostSeat,
    ReadinessCheck,
)
from journal import clock

LOOK_EVERY = timedelta(seconds=0.5)
STEPS_IN = 4.0  # drill minutes before a measure is due


class Look:
    """One look at one exercise: collects the moves that are owed."""

    def __init__(self, exercise: Exercise, incident: Incident) -> None:
        self.exercise, self.incident = exercise, incident
        self.script = Script.from_json(exercise.script)
        self.cast: Cast = self.script.cast
        self.times = exercise.times
        self.now = clock.now()
        self.known = set(exercise.moves.values_list("key", flat=True))
        self.moves: list[Move] = []

    @property
    def minutes(self) -> float:
        return self.times.drill_seconds(self.now) / 60

    def owe(self, key: str, action: str, user_id: int | None, after: float, **arguments: object) -> None:
        """A player does `action` at `after` drill minutes from the start of the exercise; asked again, nothing."""
        if key in self.known:
            return
        actor = player(user_id) if user_id else control(self.exercise.pk)
        self.known.add(key)
        self.moves.append(
            Move(
                exercise=self.exercise,
                key=key,
                side=Move.Side.PLAYER,
                actor=str(actor),
                action=action,
                arguments=arguments,
                at_minutes=after,
                due_at=self.times.real_moment(max(after, 0.0) * 60),
            )
        )

    def draw(self, span: tuple[float, float], *seed: object) -> float:
        return drawn(span, self.script.code, *seed)

    def call_outs(self) -> None:
        """People who were called answer and come, or say that they cannot."""
        for call in CallOut.objects.filter(incident=self.incident).select_related("seat"):
            if not call.waiting:
                continue
            post, shift = call.seat.post, call.seat.shift
            called = self.times.drill_seconds(call.called_at) / 60
            answers = called + self.draw(self.cast.acknowledge, post, shift, call.rank)
            if call.rank == 0 and shift == 1 and post in self.cast.declines:
                self.owe(f"decline:{call.pk}", "decline", call.user_id, answers, call_out=call.pk)
            elif call.rank or post not in self.cast.silent:
                arrives = answers + self.draw(self.cast.travel, post, shift, call.rank)
                if self.draw((0.0, 1.0), "answers", post, shift, call.rank) < self.cast.acknowledges:
                    self.owe(f"acknowledge:{call.pk}", "acknowledge", call.user_id, answers, call_out=call.pk)
                self.owe(f"arrive:{call.pk}", "arrive", call.user_id, arrives, call_out=call.pk)

    def command_post(self) -> None:
        """The checklist is done by whoever commands, then the commander confirms."""
        post = CommandPost.objects.filter(incident=self.incident).first()
        if post is None or post.state == CommandPost.State.CLOSED:
            return
        commander = holder(self.incident, Post.COMMANDER)
        someone = (
            commander
            or PostSeat.objects.filter(command_post=post, arrived_at__isnull=False)
            .values_list("holder_id", flat=True)
            .first()
        )
        checks = list(ReadinessCheck.objects.filter(command_post=post))
        if someone:
            for line in checks:
                at = self.minutes + self.draw(self.cast.check, line.code)
                self.owe(f"check:{line.pk}", "check", someone, at, code=line.code)
        if post.state == CommandPost.State.MANNED and commander and all(line.done_at for line in checks):
            self.owe(f"ready:{post.pk}:{self.incident.generation}", "ready", commander, self.minutes + 1.0)
        if self.incident.provisional and commander:
            self.owe(f"confirm:{self.incident.generation}", "confirm", commander, self.minutes + 1.0)

    def measures(self) -> None:
        """Tasks take a part of the time they are given; what waits for a yes gets one."""
        for measure in Measure.objects.filter(incident=self.incident, due_at__isnull=False):
            who = holder(self.incident, measure.post) or holder(self.incident, Post.COMMANDER)
            left = self.times.between(self.now, measure.due_at).total_seconds() / 60 if measure.due_at else 0.0
            # Nobody is there to do it yet: control steps in only when it would be late.
            if who is None and left > STEPS_IN:
                continue
            decided = self.minutes + self.draw(self.cast.decide, measure.code)
            if measure.waits_for_approval:
                self.owe(f"approve:{measure.pk}", "approve", who, decided, measure=measure.pk)
            elif measure.state == Measure.State.FAILED:
                key = f"retry:{measure.pk}:{measure.version}"
                if measure.version < 12:
                    self.owe(key, "retry", who, decided, measure=measure.pk)
            elif measure.kind not in SYSTEM_KINDS and not measure.settled:
                work = max(0.5, min(left * self.cast.task_share, self.cast.longest_task))
                self.owe(f"complete:{measure.pk}", "complete", who, self.minutes + work, measure=measure.pk)

    def decisions(self) -> None:
        """A proposed reroute is approved, a drafted notice launched."""
        decided = self.minutes + self.draw(self.cast.decide, "decision")
        progress = reroute_progress(self.incident.reference)
        if progress is not None and progress.state == "proposed":
            who = holder(self.incident, Post.COMMANDER) or holder(self.incident, Post.OPERATIONS)
            self.owe(f"reroute:{progress.run_id}", "approve_reroute", who, decided, run=progress.run_id)
        notices = NoticeRun.objects.filter(
            reference=self.incident.reference,
            exercise=self.exercise.pk,
            state__in=[NoticeState.DRAFT, NoticeState.APPROVED],
        )
        for run in notices:
            who = holder(self.incident, Post.CUSTOMER_SERVICE) or holder(self.incident, Post.COMMANDER)
            self.owe(f"notice:{run.pk}", "launch_notice", who, decided, notice=run.pk)


def look_around() -> int:
    """For each running exercise that is due for a look, add the moves its players owe. Returns how many looks.

    Moves have keys, so two clocks that look at once add each only once. When the incident is closed, the exercise
    ends and is scored.
    """
    looked = 0
    with transaction.atomic():
        due = Exercise.objects.select_for_update(skip_locked=True, no_key=True).filter(
            state=Exercise.State.RUNNING, look_at__lte=clock.Now()
        )
        for exercise in due:
            looked += 1
            look_at_one(exercise)
    return looked


def look_at_one(exercise: Exercise) -> None:
    from drills.operations.ending import finish

    incident = Incident.objects.filter(pk=exercise.incident_id).first() if exercise.incident_id else None
    if incident is not None and incident.state in {
        Incident.State.CLOSED,
        Incident.State.REVIEWED,
        Incident.State.DISMISSED,
    }:
        finish(exercise, incident)
        return
    if incident is not None and incident.running:
        look = Look(exercise, incident)
        look.call_outs()
        look.command_post()
        look.measures()
        look.decisions()
        if look.moves:
            Move.objects.bulk_create(look.moves, ignore_conflicts=True)
            clock.wake()
    Exercise.objects.filter(pk=exercise.pk).update(look_at=clock.now() + LOOK_EVERY)
