"""An exercise (演练) and the moves in it: what control injects and how the players answer.

An exercise's number is the opaque `exercise` that every room below writes on its rows; only this room knows more
about it than that it is not real.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_fsm import ConcurrentTransitionMixin, FSMField, FSMModelMixin, transition

from accounts.naming import Named
from incidents.models import Incident, Plan
from incidents.timemap import TimeMap
from journal.models import Leased


class Exercise(ConcurrentTransitionMixin, FSMModelMixin, Named):  # type: ignore[django-manager-missing]
    """One run of a plan against scripted events.

    `script` is frozen at the start (drills.script.Script.to_json), so that a later edit changes no running exercise.
    `time_map` says how drill time runs; it begins with the exercise. `look_at` is when control next looks which moves
    the players owe, empty when nothing runs.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        RUNNING = "running", _("Running")
        FINISHED = "finished", _("Finished")
        ABORTED = "aborted", _("Aborted")

    state = FSMField(default=State.PLANNED, choices=State, protected=True)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, null=True, blank=True, related_name="exercises")
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, null=True, blank=True, related_name="exercises")
    factor = models.FloatField()
    script = models.JSONField(default=dict)
    time_map = models.JSONField(default=dict, blank=True)
    started_by = models.CharField(max_length=64)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=64, blank=True)
    look_at = models.DateTimeField(null=True, blank=True)
    score = models.PositiveSmallIntegerField(null=True, blank=True)
    grade = models.CharField(max_length=12, blank=True)
    checklist = models.JSONField(default=list, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="running"), name="one_running_exercise"),
            models.CheckConstraint(condition=Q(factor__gt=0), name="drill_time_runs_forward"),
            models.CheckConstraint(condition=Q(score=None) | Q(score__lte=100), name="score_is_at_most_100"),
        ]

    @property
    def reference(self) -> str:
        """Its browser topic and journal subject."""
        return f"drill:{self.pk}"

    @property
    def times(self) -> TimeMap:
        return TimeMap.from_json(self.time_map)

    @transition(field=state, source=State.PLANNED, target=State.RUNNING)
    def start(self) -> None:
        """Play begins (StartEx)."""

    @transition(field=state, source=State.RUNNING, target=State.FINISHED)
    def finish(self) -> None:
        """Played to its end (EndEx) and scored."""

    @transition(field=state, source=[State.PLANNED, State.RUNNING], target=State.ABORTED)
    def abort(self) -> None:
        """Called off; what has happened stays in the journal."""


class Participant(models.Model):
    """A person who takes part in an exercise, and may therefore be sent its messages."""

    exercise = models.ForeignKey(Exercise, on_delete=models.CASCADE, related_name="participants")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="exercises")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["exercise", "user"], name="one_participant_row_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in exercise {self.exercise_id}"


class MoveState(models.TextChoices):
    WAITING = "waiting", _("still to come")
    DONE = "done", _("done")
    SKIPPED = "skipped", _("not needed")
    FAILED = "failed", _("failed")


# A move is made once. A retry leaves it waiting.
MOVE_STEPS: dict[str, tuple[str, ...]] = {
    MoveState.WAITING: (MoveState.DONE, MoveState.SKIPPED, MoveState.FAILED),
}


class Move(Leased):
    """One thing that somebody does in an exercise, due at a drill time: a row, so that no worker's death loses it.

    `at_minutes` is drill time since the exercise began; `due_at` the real time that this means under the exercise's
    time map. `actor` is who does it ("player:7" for a person's role, "drill:3" for control). `key` names the move
    within its exercise, so that the same answer is never owed twice. `attempts` counts leases, `tries` refusals.
    """

    class Side(models.TextChoices):
        INJECT = "inject", _("inject")
        PLAYER = "player", _("player")

    exercise = models.ForeignKey(Exercise, on_delete=models.CASCADE, related_name="moves")
    key = models.CharField(max_length=80)
    side = models.CharField(max_length=8, choices=Side)
    actor = models.CharField(max_length=64)
    action = models.CharField(max_length=40)
    arguments = models.JSONField(default=dict, blank=True)
    at_minutes = models.FloatField()
    state = models.CharField(max_length=8, choices=MoveState, default=MoveState.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar = ["exercise", "at_minutes", "id"]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="waiting_move_by_due"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["exercise", "key"], name="one_move_per_exercise_and_key"),
            models.CheckConstraint(condition=Q(state__in=MoveState.values), name="move_state_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.exercise_id}: {self.key}"
