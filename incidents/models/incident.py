"""The incident: what happened, how bad it is, how far we are."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_fsm import ConcurrentTransitionMixin, FSMField, FSMModelMixin, transition

from incidents.models.plans import Plan
from incidents.models.vocabulary import Category, Level, OfficialClass, WarningColor
from incidents.timemap import TimeMap


class Incident(ConcurrentTransitionMixin, FSMModelMixin, models.Model):
    """An emergency, or a drill's twin of one when `exercise` is set.

    `version` rises with every change of state or level: a caller who saw an older one is told so. `generation` rises
    whenever deadlines are drawn anew; no deadline of an older generation stays open.
    """

    class State(models.TextChoices):
        REPORTED = "reported", _("Reported")
        GRADED = "graded", _("Graded")
        WARNED = "warned", _("Pre-alerted")
        RESPONDING = "responding", _("Responding")
        RECOVERING = "recovering", _("Recovering")
        SUSPENDED = "suspended", _("Suspended")
        CLOSED = "closed", _("Closed")
        REVIEWED = "reviewed", _("Reviewed")
        DISMISSED = "dismissed", _("Dismissed")
        MERGED = "merged", _("Merged")

    number = models.CharField(max_length=24, unique=True)
    title = models.CharField(max_length=120)
    category = models.CharField(max_length=24, choices=Category)
    description = models.TextField(blank=True)
    site = models.CharField(max_length=200, blank=True)
    scope = models.JSONField(default=dict, blank=True)
    region_code = models.CharField(max_length=6, blank=True)
    state = FSMField(default=State.REPORTED, choices=State, protected=True)
    version = models.PositiveIntegerField(default=1)
    generation = models.PositiveIntegerField(default=0)

    official_class = models.CharField(max_length=16, choices=OfficialClass, blank=True)
    warning_color = models.CharField(max_length=8, choices=WarningColor, blank=True)
    response_level = models.PositiveSmallIntegerField(choices=Level, null=True, blank=True)
    indicators = models.JSONField(default=dict, blank=True)  # what people said
    measured = models.JSONField(default=dict, blank=True)  # what the network showed when it was last graded
    grade = models.PositiveSmallIntegerField(choices=Level, null=True, blank=True)
    graded_by_indicator = models.CharField(max_length=40, blank=True)
    grade_value = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    grade_threshold = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    provisional = models.BooleanField(default=False)
    confirm_by = models.DateTimeField(null=True, blank=True)

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, null=True, blank=True, related_name="incidents")
    plan_snapshot = models.JSONField(default=dict, blank=True)
    generic_plan = models.BooleanField(default=False)
    unfilled_posts = models.JSONField(default=list, blank=True)

    # A more severe level that the figures ask for while a response runs; empty when the level suffices.
    proposed_level = models.PositiveSmallIntegerField(choices=Level, null=True, blank=True)
    proposed_at = models.DateTimeField(null=True, blank=True)
    check_at = models.DateTimeField(null=True, blank=True)  # when the measured figures are read again
    auto_started = models.BooleanField(default=False)
    no_auto_start = models.BooleanField(default=False)  # an automatic start was taken back, or a drill did not ask
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="duplicates")
    suspended_from = models.CharField(max_length=12, blank=True)
    paused = models.DurationField(default=timedelta)  # how long it was suspended, in all, in drill time
    pauses = models.JSONField(default=list, blank=True)  # [[from, until], …] of the suspensions that are over

    occurred_at = models.DateTimeField()
    reported_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True, blank=True)
    warned_at = models.DateTimeField(null=True, blank=True)
    suspended_at = models.DateTimeField(null=True, blank=True)
    reopened_at = models.DateTimeField(null=True, blank=True)
    graded_at = models.DateTimeField(null=True, blank=True)
    declared_at = models.DateTimeField(null=True, blank=True)
    responded_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    recovering_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    dismissed_at = models.DateTimeField(null=True, blank=True)
    expected_end_at = models.DateTimeField(null=True, blank=True)

    reported_by = models.CharField(max_length=64)
    verified_by = models.CharField(max_length=64, blank=True)
    declared_by = models.CharField(max_length=64, blank=True)
    confirmed_by = models.CharField(max_length=64, blank=True)
    # What was done last, by whom: the same call again (a double click) is answered with what stands.
    last_act = models.JSONField(default=list, blank=True)
    report_key = models.CharField(max_length=160, null=True, blank=True, unique=True)
    reason = models.TextField(blank=True)
    time_map = models.JSONField(default=dict, blank=True)
    exercise = models.BigIntegerField(null=True, blank=True, editable=False)

    class Meta:
        ordering: ClassVar = ["-reported_at", "-id"]
        indexes: ClassVar = [
            models.Index(
                fields=["response_level", "id"],
                condition=Q(state__in=["responding", "recovering"]),
                name="running_incident_by_level",
            ),
            models.Index(fields=["check_at"], condition=Q(check_at__isnull=False), name="incident_to_check"),
            models.Index(fields=["exercise"], condition=Q(exercise__isnull=False), name="incident_of_exercise"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(response_level__isnull=False) | ~Q(state__in=["responding", "recovering", "suspended"]),
                name="a_response_has_a_level",
            ),
            models.CheckConstraint(
                condition=Q(response_level__isnull=True) | Q(response_level__range=(1, 4)), name="levels_are_1_to_4"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def reference(self) -> str:
        """The opaque name under which the rooms below know this incident; also its browser topic."""
        return f"incident:{self.pk}"

    @property
    def times(self) -> TimeMap:
        return TimeMap.from_json(self.time_map)

    @property
    def running(self) -> bool:
        return self.state in {self.State.RESPONDING, self.State.RECOVERING}

    @property
    def under_way(self) -> bool:
        """Running, or suspended: people hold its posts and may answer their calls."""
        return self.running or self.state == self.State.SUSPENDED

    @property
    def open(self) -> bool:
        """Not over: something may still be decided about it."""
        return self.under_way or self.state in {self.State.REPORTED, self.State.GRADED, self.State.WARNED}

    @property
    def worked_on(self) -> bool:
        """Whether measures that have begun may be worked on: also while pre-alerted, and after closing."""
        return self.running or self.state in {self.State.WARNED, self.State.CLOSED}

    @property
    def called_up_at(self) -> datetime | None:
        """Since when the response that runs now, or ran last, has counted: declared, or opened again."""
        return self.reopened_at or self.declared_at

    def due(self, start: datetime, minutes: float) -> datetime:
        """The real moment `minutes` after `start`, in drill time, not counting suspensions in between."""
        moment = self.times.due(start, minutes)
        for pause in self.pauses:
            begin, end = max(datetime.fromisoformat(pause[0]), start), datetime.fromisoformat(pause[1])
            if begin < end and begin < moment:
                moment = self.times.due(moment, self.times.between(begin, end).total_seconds() / 60)
        return moment

    def stands_still(self, due_at: datetime) -> bool:
        """Whether a limit that was not over yet when the incident was suspended waits for it to go on."""
        return self.state == self.State.SUSPENDED and self.suspended_at is not None and due_at > self.suspended_at

    @transition(field=state, source=[State.REPORTED, State.GRADED], target=State.GRADED)
    def grade_it(self) -> None:
        """The matrix was applied; may be applied again while nothing runs."""

    @transition(field=state, source=[State.REPORTED, State.GRADED], target=State.WARNED)
    def warn(self) -> None:
        """预警: people prepare, nobody is called and no limit runs."""

    @transition(field=state, source=[State.REPORTED, State.GRADED, State.WARNED], target=State.RESPONDING)
    def respond(self) -> None:
        """A response is declared."""

    @transition(field=state, source=State.RESPONDING, target=State.GRADED)
    def revert(self) -> None:
        """A response that began by itself is taken back."""

    @transition(
        field=state, source=[State.REPORTED, State.GRADED, State.WARNED, State.RESPONDING], target=State.DISMISSED
    )
    def dismiss(self) -> None:
        """It was a false alarm."""

    @transition(field=state, source=[State.REPORTED, State.GRADED, State.WARNED, State.RESPONDING], target=State.MERGED)
    def merge(self) -> None:
        """It is the same thing as another incident, which goes on."""

    @transition(field=state, source=[State.RESPONDING, State.RECOVERING], target=State.SUSPENDED)
    def suspend(self) -> None:
        """Nothing can be done for now; due times stand still."""

    @transition(field=state, source=State.SUSPENDED, target=State.RESPONDING)
    def resume_response(self) -> None:
        """The response goes on."""

    @transition(field=state, source=State.SUSPENDED, target=State.RECOVERING)
    def resume_recovery(self) -> None:
        """The recovery goes on."""

    @transition(field=state, source=[State.CLOSED, State.REVIEWED], target=State.RESPONDING)
    def reopen(self) -> None:
        """It flared up again."""

    @transition(field=state, source=State.RESPONDING, target=State.RECOVERING)
    def recover(self) -> None:
        """The danger is over; work is on getting back to normal."""

    @transition(field=state, source=State.RECOVERING, target=State.CLOSED)
    def close(self) -> None:
        """Back to normal."""

    @transition(field=state, source=State.CLOSED, target=State.REVIEWED)
    def review(self) -> None:
        """Looked back upon; the lessons are written down."""


class Decision(models.Model):
    """A note or a decision with its reason, in somebody's words; never changed afterwards.

    `mentions` are ids of people who were told of it. `occurred_at` is set when it was entered afterwards.
    """

    class Kind(models.TextChoices):
        NOTE = "note", _("Note")
        DECISION = "decision", _("Decision")
        REPORT = "report", _("Internal report")
        REVIEW = "review", _("Review")

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="decisions")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.NOTE)
    text = models.TextField()
    reason = models.TextField(blank=True)
    alternatives = models.TextField(blank=True)
    mentions = models.JSONField(default=list, blank=True)
    occurred_at = models.DateTimeField(null=True, blank=True)
    made_by = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-made_at", "-id"]

    def __str__(self) -> str:
        return self.text[:60]


class Attachment(models.Model):
    """A photo or a file. Its bytes lie outside the web root under their SHA-256; the journal holds that sum.

    `subject` is what it belongs to ("decision:5", "measure:7", "legal:data_leak"), blank for the incident itself.
    """

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="attachments")
    subject = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=160)
    media_type = models.CharField(max_length=80)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    added_by = models.CharField(max_length=64)
    added_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["added_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["incident", "subject", "sha256"], name="one_attachment_per_file"),
        ]

    def __str__(self) -> str:
        return self.name


class Announcement(models.Model):
    """What was made known at a turn of the incident, with the fields that the law names (突发事件应对法 Art. 64, 72).

    `content` maps a field's code (matter, level, expected_until, measures, …) to its text; never changed afterwards.
    """

    class Kind(models.TextChoices):
        WARNING = "warning", _("Pre-alert notice")
        START = "start", _("Start-of-response notice")
        CLOSE = "close", _("Closing notice")

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="announcements")
    kind = models.CharField(max_length=10, choices=Kind)
    content = models.JSONField()
    issued_by = models.CharField(max_length=64)
    issued_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-issued_at", "-id"]

    def __str__(self) -> str:
        return f"{self.kind} of {self.incident_id}"


class LegalReport(models.Model):
    """How a duty by law was done: what the report said (`answers` by the form's codes), to whom, and the proof."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="legal_reports")
    code = models.SlugField(max_length=40)
    answers = models.JSONField(default=dict, blank=True)
    evidence = models.TextField()
    reported_by = models.CharField(max_length=64)
    reported_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["incident", "code"], name="one_report_per_incident_and_duty"),
        ]

    def __str__(self) -> str:
        return f"{self.code} of {self.incident_id}"


class LastLook(models.Model):
    """Up to which journal entry a person has seen an incident's timeline."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    entry = models.BigIntegerField(default=0)
    looked_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["incident", "user"], name="one_last_look_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.entry}"
