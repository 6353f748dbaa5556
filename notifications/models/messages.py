"""How we tell people: templates, messages, the chunks they are sent in, and every call made to a provider."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy
from django_fsm import FSMField, FSMModelMixin, transition

from accounts.models import Channel
from accounts.naming import Named
from journal.models import Leased
from notifications.states import ChunkState, MessageState, Outcome


class Template(FSMModelMixin, Named):
    """One version of the words for a purpose (`code`) on a channel in a language.

    `body` and `subject` are string.Template texts that may use the declared `variables` only (what each holds:
    notifications.variables). An approved version is never edited. Where providers keep a copy of the text and examine
    it (Registration), the newest approved version that one of them has approved is sent, else the newest approved one.
    """

    code = models.CharField(max_length=40)
    channel = models.CharField(max_length=16, choices=Channel)
    language = models.CharField(max_length=10, choices=[("zh-hans", "中文"), ("en", "English")])
    version = models.PositiveIntegerField(default=1)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    variables = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    state = FSMField(
        default="draft",
        protected=True,
        choices=[
            ("draft", pgettext_lazy("template", "draft")),
            ("approved", pgettext_lazy("template", "approved")),
            ("retired", pgettext_lazy("template", "retired")),
        ],
    )
    created_by = models.CharField(max_length=64, blank=True)
    approved_by = models.CharField(max_length=64, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["code", "channel", "language", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["code", "channel", "language", "version"], name="one_template_per_code_channel_language_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code}/{self.channel}/{self.language} v{self.version}"

    @transition(field=state, source="draft", target="approved")
    def approve(self) -> None: ...

    @transition(field=state, source=["draft", "approved"], target="retired")
    def retire(self) -> None: ...


class Batch(FSMModelMixin, models.Model):
    """Many messages of one purpose that are launched, paused and cancelled together; an `urgent` one does not wait for
    the end of quiet hours. Its progress has changed and is to be shown when `show_at` says."""

    key = models.CharField(max_length=120, unique=True)
    template = models.CharField(max_length=40)
    reference = models.CharField(max_length=64, blank=True)
    exercise = models.BigIntegerField(null=True, blank=True)
    urgent = models.BooleanField(default=False)
    state = FSMField(
        default="open",
        protected=True,
        choices=[
            ("open", pgettext_lazy("batch", "being filled")),
            ("launched", pgettext_lazy("batch", "launched")),
            ("paused", pgettext_lazy("batch", "paused")),
            ("cancelled", pgettext_lazy("batch", "cancelled")),
            ("finished", pgettext_lazy("batch", "finished")),
        ],
    )
    total = models.PositiveIntegerField(default=0)
    opened_by = models.CharField(max_length=64)
    opened_at = models.DateTimeField()
    launched_at = models.DateTimeField(null=True, blank=True)
    first_sent_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    show_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["show_at"], name="batch_to_show", condition=Q(show_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"batch {self.pk} {self.template}"

    @transition(field=state, source="open", target="launched")
    def launch(self) -> None: ...

    @transition(field=state, source="launched", target="paused")
    def pause(self) -> None: ...

    @transition(field=state, source="paused", target="launched")
    def resume(self) -> None: ...

    @transition(field=state, source=["open", "launched", "paused"], target="cancelled")
    def cancel(self) -> None: ...

    @transition(field=state, source="launched", target="finished")
    def finish(self) -> None: ...


class Message(models.Model):
    """One text to one person or address. `key` makes queueing idempotent; only `notifications.moves` writes `state`.

    This is the big table: no foreign-key triggers on its two parents, no index on anything that sending updates (so
    that updates stay HOT), and half-empty pages. Bulk messages keep their variables only; single ones also the text
    as it was rendered when they were queued. `history` has a line per move: when (seconds since 1970), to which
    state, and why.
    """

    key = models.CharField(max_length=120, unique=True)
    batch = models.ForeignKey(
        Batch, models.DO_NOTHING, null=True, blank=True, db_constraint=False, db_index=False, related_name="messages"
    )
    template = models.ForeignKey(Template, models.DO_NOTHING, db_constraint=False, db_index=False)
    channel = models.CharField(max_length=16, choices=Channel)
    language = models.CharField(max_length=10)
    destination = models.CharField(max_length=254)
    variables = models.JSONField(default=dict)
    subject = models.CharField(max_length=300, blank=True, default="", db_default="")
    body = models.TextField(blank=True, default="", db_default="")
    reference = models.CharField(max_length=64, blank=True, default="", db_default="")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, db_index=False, related_name="messages"
    )
    exercise = models.BigIntegerField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=MessageState, default=MessageState.QUEUED)
    code = models.CharField(max_length=64, blank=True, default="", db_default="")
    queued_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    history = models.TextField(blank=True, default="", db_default="")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["user", "id"], name="message_by_user", condition=Q(user__isnull=False)),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=MessageState.values), name="message_state_is_known"),
        ]

    def __str__(self) -> str:
        return f"message {self.pk} {self.channel} {self.state}"


class Chunk(Leased):
    """Messages of one channel and template that are leased and sent together: the job.

    Its messages are those of its batch with this template and an id from `first` to `last`; an urgent message to
    staff is a chunk of its own, without a batch. `through` is the only gateway that may send it (a test). The counters
    follow the messages in the same transaction.
    """

    batch = models.ForeignKey(Batch, models.CASCADE, null=True, blank=True, related_name="chunks")
    template = models.ForeignKey(Template, models.PROTECT)
    channel = models.CharField(max_length=16, choices=Channel)
    urgent = models.BooleanField(default=False)
    exercise = models.BigIntegerField(null=True, blank=True)
    drill = models.BooleanField(default=False)
    through = models.ForeignKey(
        "Gateway", models.PROTECT, null=True, blank=True, db_constraint=False, db_index=False, related_name="+"
    )
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    size = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=ChunkState, default=ChunkState.WAITING)
    retries = models.PositiveIntegerField(default=0)
    sent = models.IntegerField(default=0)
    delivered = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)
    ambiguous = models.IntegerField(default=0)
    cancelled = models.IntegerField(default=0)
    purged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["urgent", "due_at"], name="chunk_by_due", condition=Q(state="due")),
            models.Index(fields=["due_at"], name="chunk_to_purge", condition=Q(state="done", purged_at=None)),
        ]

    def __str__(self) -> str:
        return f"chunk {self.pk} {self.channel}"


class Attempt(Leased):
    """One call to a provider, committed before the call: which messages, under which key.

    The provider knows it by `key` (Aliyun's OutId). While it is open, `due_at` is when it counts as lost; while it
    is ambiguous, when the provider is asked next. `gateway` is the account it went through (None: the environment's);
    `counts_until` is kept for gateways with a limit: when the call was over, or will be at the latest. `serials` are
    the provider's own numbers of its messages, in their order, where each has one.
    """

    key = models.CharField(max_length=40, unique=True)
    chunk = models.ForeignKey(Chunk, models.CASCADE, related_name="calls")
    channel = models.CharField(max_length=16, choices=Channel)
    gateway = models.ForeignKey(
        "Gateway", models.PROTECT, null=True, db_constraint=False, db_index=False, related_name="calls"
    )
    message_ids = ArrayField(models.BigIntegerField())
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.OPEN)
    code = models.CharField(max_length=64, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    provider_id = models.CharField(max_length=64, blank=True)
    serials = ArrayField(models.CharField(max_length=80), null=True, blank=True)
    counts_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["gateway", "counts_until"], name="attempt_counted", condition=Q(counts_until__isnull=False)
            ),
            GinIndex(fields=["serials"], name="attempt_by_serial", condition=Q(serials__isnull=False)),
            models.Index(fields=["due_at"], name="attempt_by_due", condition=Q(outcome="ambiguous")),
            models.Index(fields=["channel", "-id"], name="attempt_by_channel"),
        ]

    def __str__(self) -> str:
        return f"attempt {self.pk} {self.outcome}"
