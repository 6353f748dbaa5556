"""A running response: measures, command post, call-outs and deadlines."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_fsm import ConcurrentTransitionMixin, FSMField, FSMModelMixin, transition

from accounts.naming import Named, in_language
from accounts.roles import Post
from incidents.models.incident import Incident
from incidents.models.vocabulary import DeadlineKind, DeadlineState, MeasureKind, Phase, Proof
from journal.models import Leased


class Measure(ConcurrentTransitionMixin, FSMModelMixin, Named):
    """A plan's measure as it stood when the response started: text, role and parameters are frozen here.

    `due_at` is empty until its phase begins; `counted_from` is when its minutes began to run. `progress` holds figures
    for people ({"done": 6, "of": 9, …}).
    """

    class State(models.TextChoices):
        PENDING = "pending", _("To do")
        RUNNING = "running", _("Under way")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        SKIPPED = "skipped", _("Skipped")

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="measures")
    code = models.SlugField(max_length=40)
    round = models.PositiveIntegerField(default=1, help_text=_("1, 2, … of a measure that recurs."))
    phase = models.CharField(max_length=12, choices=Phase)
    order = models.PositiveSmallIntegerField(default=0)
    instruction = models.TextField(blank=True)
    instruction_en = models.TextField(blank=True)
    post = models.CharField(max_length=24, choices=Post)
    kind = models.CharField(max_length=20, choices=MeasureKind)
    params = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=list, blank=True)
    needs_approval = models.BooleanField(default=False)
    due_minutes = models.PositiveIntegerField()
    counted_from = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    state = FSMField(default=State.PENDING, choices=State, protected=True)
    version = models.PositiveIntegerField(default=1)
    approved_by = models.CharField(max_length=64, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.CharField(max_length=64, blank=True)
    note = models.TextField(blank=True)
    progress = models.JSONField(default=dict, blank=True)
    exercise = models.BigIntegerField(null=True, blank=True, editable=False)

    class Meta:
        ordering: ClassVar = ["incident", "order", "round", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["incident", "code", "round"], name="one_measure_per_incident_and_code"),
        ]

    @property
    def settled(self) -> bool:
        return self.state in {self.State.DONE, self.State.SKIPPED}

    @property
    def instructions(self) -> str:
        return in_language(self.instruction, self.instruction_en)

    @property
    def waits_for_approval(self) -> bool:
        return self.needs_approval and not self.approved_by and self.state == self.State.PENDING

    @transition(field=state, source=[State.PENDING, State.FAILED], target=State.RUNNING)
    def start(self) -> None:
        """Somebody or the system is at it."""

    @transition(field=state, source=[State.PENDING, State.RUNNING, State.FAILED], target=State.DONE)
    def finish(self) -> None:
        """It is done."""

    @transition(field=state, source=State.RUNNING, target=State.FAILED)
    def fail(self) -> None:
        """The system could not do it; people must look."""

    @transition(field=state, source=[State.PENDING, State.RUNNING, State.FAILED], target=State.SKIPPED)
    def skip(self) -> None:
        """Decided not to do it, with a reason."""


class MeasureJob(Leased):
    """The work of a measure that the system does: when to look at it next, under a lease.

    `hint_at` is when a clock next reminds the workers of it, `failures` counts unexpected
    errors in a row. The row goes when the measure is settled or failed.
    """

    measure = models.OneToOneField(Measure, on_delete=models.CASCADE, related_name="job")
    failures = models.PositiveSmallIntegerField(default=0)
    hint_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["hint_at"], name="measure_job_by_hint")]

    def __str__(self) -> str:
        return f"job of measure {self.measure_id}"


class CommandPost(ConcurrentTransitionMixin, FSMModelMixin, Named):
    """Where an incident is commanded from.

    *Manned* when every required seat is taken (an unfilled one falls to the commander); *ready*, which is what the
    thirty minutes measure, when besides its checklist is done and the commander confirmed.
    """

    class State(models.TextChoices):
        OPENING = "opening", _("Opening")
        MANNED = "manned", _("Manned")
        READY = "ready", _("Ready")
        CLOSED = "closed", _("Stood down")

    incident = models.OneToOneField(Incident, on_delete=models.CASCADE, related_name="command_post")
    state = FSMField(default=State.OPENING, choices=State, protected=True)
    opened_at = models.DateTimeField()
    manned_at = models.DateTimeField(null=True, blank=True)
    ready_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.CharField(max_length=64, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    @transition(field=state, source=State.OPENING, target=State.MANNED)
    def man(self) -> None:
        """Every required seat is taken."""

    @transition(field=state, source=State.MANNED, target=State.READY)
    def make_ready(self) -> None:
        """Manned, checklist done, confirmed."""

    @transition(field=state, source=[State.MANNED, State.READY, State.CLOSED], target=State.OPENING)
    def reopen(self) -> None:
        """The level was raised and more seats are required, or the incident flared up again."""

    @transition(field=state, source=[State.OPENING, State.MANNED, State.READY], target=State.CLOSED)
    def stand_down(self) -> None:
        """The incident is closed or was a false alarm."""


class ReadinessCheck(Named):
    """A line of one command post's checklist."""

    command_post = models.ForeignKey(CommandPost, on_delete=models.CASCADE, related_name="checks")
    code = models.SlugField(max_length=40)
    order = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering: ClassVar = ["order", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["command_post", "code"], name="one_check_per_command_post_and_code"),
        ]


class PostSeat(models.Model):
    """A post to be held in this response. `vacant`: nobody can be had for it, so it falls to the commander.

    `wanted` people are called to it at once, and `need` of them on post fill it: `arrived_at` is since when it is
    filled, `holder` answers for it. Shift 1 is on duty; the second is its relief: `holder` is told to be there at
    `starts_at`, and no arrival is expected of them until the post is handed over.
    """

    command_post = models.ForeignKey(CommandPost, on_delete=models.CASCADE, related_name="seats")
    post = models.CharField(max_length=24, choices=Post)
    shift = models.PositiveSmallIntegerField(default=1)
    required = models.BooleanField(default=False)
    vacant = models.BooleanField(default=False)
    wanted = models.PositiveSmallIntegerField(default=1)
    need = models.PositiveSmallIntegerField(default=1)
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    arrived_at = models.DateTimeField(null=True, blank=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["command_post", "shift", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["command_post", "post", "shift"], name="one_seat_per_post_and_shift"),
        ]

    def __str__(self) -> str:
        return self.post


class Attendance(models.Model):
    """One line of the sign-in board: who was on a seat from when to when, and how we know (ICS 211).

    A hand-over ends one line and begins the next, which names it as `after`. `witness` is who entered it.
    """

    seat = models.ForeignKey(PostSeat, on_delete=models.CASCADE, related_name="attendances")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    arrived_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)
    proof = models.CharField(max_length=10, choices=Proof)
    witness = models.CharField(max_length=64, blank=True)
    after = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="before")
    note = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["arrived_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["seat", "user"], condition=Q(left_at=None), name="nobody_sits_twice_on_one_seat"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} on {self.seat_id}"


class CallOut(ConcurrentTransitionMixin, FSMModelMixin, models.Model):
    """One person called to one seat. Alternates get a call-out of their own, so that their time runs from their call.

    `ladder` is the frozen list of rungs [[minutes, kind, value], …]; `rung` counts those done, `next_rung_at` is when
    the next is due (empty: none left or no longer climbing).
    """

    class State(models.TextChoices):
        CALLED = "called", _("Called")
        ACKNOWLEDGED = "acknowledged", _("On the way")
        ON_POST = "on_post", _("On post")
        DECLINED = "declined", _("Cannot come")
        UNREACHABLE = "unreachable", _("No answer")
        STOOD_DOWN = "stood_down", _("Not needed any more")
        RELEASED = "released", _("Released")

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="call_outs")
    seat = models.ForeignKey(PostSeat, on_delete=models.CASCADE, related_name="call_outs")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="call_outs")
    rank = models.PositiveSmallIntegerField(default=0)
    alternates = models.JSONField(default=list, blank=True)  # user ids still to be called after this one
    state = FSMField(default=State.CALLED, choices=State, protected=True)
    ladder = models.JSONField(default=list, blank=True)
    rung = models.PositiveSmallIntegerField(default=0)
    next_rung_at = models.DateTimeField(null=True, blank=True)
    called_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    arrived_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.CharField(max_length=64, blank=True)
    proof = models.CharField(max_length=10, choices=Proof, blank=True)
    eta_at = models.DateTimeField(null=True, blank=True)  # when they said they would be there
    reason = models.CharField(max_length=400, blank=True)  # why they cannot come, in their words
    # Acknowledged, not yet on post: when to remind them.
    remind_at = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    due_at = models.DateTimeField()
    exercise = models.BigIntegerField(null=True, blank=True, editable=False)

    class Meta:
        ordering: ClassVar = ["incident", "seat", "rank", "id"]
        indexes: ClassVar = [
            models.Index(fields=["next_rung_at"], condition=Q(next_rung_at__isnull=False), name="due_rung"),
            models.Index(fields=["remind_at"], condition=Q(remind_at__isnull=False), name="callout_to_remind"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["seat", "user"],
                condition=Q(state__in=["called", "acknowledged", "unreachable", "on_post"]),
                name="one_living_call_per_seat_and_person",
            ),
        ]

    def __str__(self) -> str:
        return f"call-out {self.pk}"

    @property
    def waiting(self) -> bool:
        """Whether an arrival is still hoped for."""
        return self.state in {self.State.CALLED, self.State.ACKNOWLEDGED, self.State.UNREACHABLE}

    @transition(field=state, source=[State.CALLED, State.UNREACHABLE], target=State.ACKNOWLEDGED)
    def acknowledge(self) -> None:
        """On the way."""

    @transition(field=state, source=[State.CALLED, State.ACKNOWLEDGED, State.UNREACHABLE], target=State.ON_POST)
    def arrive(self) -> None:
        """On post."""

    @transition(field=state, source=[State.CALLED, State.ACKNOWLEDGED, State.UNREACHABLE], target=State.DECLINED)
    def decline(self) -> None:
        """Cannot come."""

    @transition(field=state, source=State.CALLED, target=State.UNREACHABLE)
    def give_up(self) -> None:
        """The ladder has no rung left and nobody answered; an answer still counts."""

    @transition(field=state, source=[State.CALLED, State.ACKNOWLEDGED, State.UNREACHABLE], target=State.STOOD_DOWN)
    def stand_down(self) -> None:
        """Somebody else holds the seat, or the response is over."""

    @transition(field=state, source=State.ON_POST, target=State.RELEASED)
    def release(self) -> None:
        """Handed over, or the response is over."""


OF_A_POST = (DeadlineKind.ARRIVAL, DeadlineKind.QUORUM)


class Deadline(models.Model):
    """A time by which something must have happened. Moved in bulk by the clock: see `DEADLINE_MOVES`.

    `subject` is what it watches ("measure:7", "callout:3", "post:12", "incident:42", "legal:data_leak"); `name` is
    frozen text for kinds that have one. `settled_at` is when the thing was done, late or not; `escalate_at` and
    `remind_at` are due times of what follows and precedes, empty when done.
    """

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="deadlines")
    kind = models.CharField(max_length=10, choices=DeadlineKind)
    subject = models.CharField(max_length=64)
    post = models.CharField(max_length=24, choices=Post, blank=True)
    name = models.CharField(max_length=120, blank=True)
    name_en = models.CharField(max_length=120, blank=True)
    generation = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=DeadlineState, default=DeadlineState.OPEN)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    remind_at = models.DateTimeField(null=True, blank=True)
    missed_at = models.DateTimeField(null=True, blank=True)
    escalate_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    exercise = models.BigIntegerField(null=True, blank=True, editable=False)

    class Meta:
        ordering: ClassVar = ["due_at", "id"]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Q(state="open"), name="open_deadline_by_due"),
            models.Index(fields=["escalate_at"], condition=Q(escalate_at__isnull=False), name="deadline_to_escalate"),
            models.Index(fields=["remind_at"], condition=Q(remind_at__isnull=False), name="deadline_to_remind"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["incident", "kind", "subject"],
                condition=Q(state="open"),
                name="one_open_deadline_per_kind_and_subject",
            ),
            models.CheckConstraint(condition=Q(state__in=DeadlineState.values), name="deadline_state_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"

    @property
    def label(self) -> str:
        """ "现场指挥 到岗", "首次客户通知": what must have happened, in the active language."""
        if self.name:
            return in_language(self.name, self.name_en)
        kind = str(DeadlineKind(self.kind).label)
        return f"{Post(self.post).label} · {kind}" if self.kind in OF_A_POST else kind
