"""Notices: who is told what about a disruption."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, functions
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_fsm import ConcurrentTransitionMixin, FSMField, FSMModelMixin, transition

from customers.models.figures import between


def urgent_purposes() -> list[str]:
    return ["delay", "suspension", "data_leak", "correction"]


def channel_order() -> list[str]:
    return ["wechat", "push", "sms", "email"]


class NoticePolicy(models.Model):
    """The rules of sending that an administrator may change; exactly one row.

    Who was told `cap_per_day` times today (0: no cap) is left out. Notices that are not `urgent` wait while it is
    quiet, from hour `quiet_from` to `quiet_until`. `channels` is the order in which channels are tried after the one
    that the customer wants: the next one when a message failed, or `undelivered_minutes` (0: never) after it was sent
    and no receipt came. Another matter's notice within `told_hours` counts as told lately. With `send_follow_ups` the
    follow-up of a newer estimate is sent by itself where one person's yes is enough.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    version = models.PositiveIntegerField(default=1, db_default=1)
    second_approval_above = models.PositiveIntegerField(
        _("Second person above, people"), default=10_000, validators=between(0, 10_000_000)
    )
    sms_price = models.DecimalField(
        _("Price of an SMS, yuan"),
        max_digits=6,
        decimal_places=4,
        default=Decimal("0.0450"),
        validators=between(0, 99),
    )
    signature = models.CharField(_("Signature shown in previews"), max_length=20, default="烽火配送")
    estimate_hours = models.PositiveSmallIntegerField(
        _("Estimate where nobody knows better, hours"), default=48, validators=between(1, 1_000)
    )
    cap_per_day = models.PositiveSmallIntegerField(
        _("Notices to one person a day (0: no cap)"), default=3, validators=between(0, 100)
    )
    told_hours = models.PositiveSmallIntegerField(
        _("Told lately means within, hours"), default=12, validators=between(0, 720)
    )
    quiet_from = models.PositiveSmallIntegerField(_("Quiet from, o'clock"), default=22, validators=between(0, 23))
    quiet_until = models.PositiveSmallIntegerField(_("Quiet until, o'clock"), default=8, validators=between(0, 23))
    urgent = ArrayField(
        models.CharField(max_length=40),
        verbose_name=_("Sent through quiet hours"),
        default=urgent_purposes,
        blank=True,
    )
    channels = ArrayField(models.CharField(max_length=16), verbose_name=_("Order of channels"), default=channel_order)
    undelivered_minutes = models.PositiveSmallIntegerField(
        _("Next channel without a receipt after, minutes (0: never)"), default=30, validators=between(0, 1_440)
    )
    send_follow_ups = models.BooleanField(
        _("Send the follow-up of a newer estimate by itself"), default=False, db_default=False
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(id=1), name="one_notice_policy_row"),
            models.CheckConstraint(
                condition=Q(quiet_from__lte=23, quiet_until__lte=23), name="quiet_hours_are_hours_of_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"second approval above {self.second_approval_above}"


class Preference(models.Model):
    """How a customer wants to be reached; without a row or a channel, by the policy's order of channels.

    `wechat` is the openid and `push` the device token, where the customer gave us one: personal data, wiped when the
    order system has not `told` it again for long (operations.rules).
    """

    class Channel(models.TextChoices):
        SMS = "sms", _("SMS")
        EMAIL = "email", _("e-mail")
        WECHAT = "wechat", _("WeChat")
        PUSH = "push", _("app push")
        NONE = "none", _("no messages")

    customer_ref = models.CharField(max_length=64, primary_key=True)
    channel = models.CharField(max_length=16, choices=Channel, blank=True)
    language = models.CharField(max_length=10, blank=True)
    wechat = models.CharField(max_length=64, blank=True, default="", db_default="")
    push = models.CharField(max_length=200, blank=True, default="", db_default="")
    told_at = models.DateTimeField(db_default=functions.Now())

    def __str__(self) -> str:
        return f"{self.customer_ref}: {self.channel}"


class NoticeState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("notice", "Draft")
    APPROVED = "approved", pgettext_lazy("notice", "Approved")
    LAUNCHED = "launched", pgettext_lazy("notice", "Sending")
    FINISHED = "finished", pgettext_lazy("notice", "Finished")
    CANCELLED = "cancelled", pgettext_lazy("notice", "Cancelled")


class NoticeKind(models.TextChoices):
    """`follow_up`: to those who were told before, with a newer estimate. `correction`: to exactly those whom one run
    told."""

    FIRST = "first", pgettext_lazy("notice kind", "Notice")
    FOLLOW_UP = "follow_up", pgettext_lazy("notice kind", "Follow-up")
    CORRECTION = "correction", pgettext_lazy("notice kind", "Correction")


class NoticeRun(ConcurrentTransitionMixin, FSMModelMixin, models.Model):
    """One notice to everybody whom a matter affects: draft → approved → launched → finished, or cancelled.

    `reference` and `batch` name things of other rooms. The audience is frozen as NoticeRecipient rows when the draft
    is prepared, and anew each time it is refreshed before launch. `since` and `eta` are what the text says: when the
    disruption began and when goods are expected, `values` the template's other variables as {name: [Chinese, English]}.
    `filters` narrow the audience (customers.filters); `left_out` counts whom the last freezing left out, by reason.
    A run of another `kind` than the first `follows` one. It is sent in waves, one or with `by_zone` one per province.
    `fill_due_at` is set while a wave waits for its messages, `look_at` while failed ones may need another channel.
    """

    reference = models.CharField(max_length=64)
    template = models.CharField(max_length=40)
    cause = models.CharField(max_length=60, blank=True)
    cause_en = models.CharField(max_length=60, blank=True)
    since = models.DateTimeField()
    eta = models.DateTimeField()
    affected_set = models.BigIntegerField()
    kind = models.CharField(max_length=10, choices=NoticeKind, default=NoticeKind.FIRST)
    follows = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="followers")
    filters = models.JSONField(default=dict, blank=True)
    values = models.JSONField(default=dict, blank=True)
    left_out = models.JSONField(default=dict, blank=True)
    urgent = models.BooleanField(default=True)
    by_zone = models.BooleanField(default=False)
    exercise = models.BigIntegerField(null=True, blank=True)
    state = FSMField(default=NoticeState.DRAFT, choices=NoticeState.choices, protected=True)
    audience = models.PositiveIntegerField(default=0)
    reachable = models.PositiveIntegerField(default=0)
    by_channel = models.JSONField(default=dict)
    batch = models.BigIntegerField(null=True, blank=True)
    prepared_by = models.CharField(max_length=64)
    prepared_at = models.DateTimeField()
    launched_by = models.CharField(max_length=64, blank=True)
    launched_at = models.DateTimeField(null=True, blank=True)
    fill_due_at = models.DateTimeField(null=True, blank=True)
    look_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["reference", "-id"], name="notice_by_reference"),
            models.Index(fields=["look_at"], name="notice_to_look_at", condition=Q(look_at__isnull=False)),
            models.Index(fields=["launched_at"], name="notice_by_launch", condition=Q(launched_at__isnull=False)),
            models.Index(fields=["fill_due_at"], name="notice_to_fill", condition=Q(fill_due_at__isnull=False)),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["reference", "template"],
                condition=Q(kind="first", state__in=["draft", "approved", "launched"]),
                name="one_open_notice_per_reference_and_template",
            ),
            models.UniqueConstraint(
                fields=["follows", "kind"],
                condition=~Q(state="cancelled") & Q(follows__isnull=False),
                name="one_successor_of_a_kind_per_notice",
            ),
            models.CheckConstraint(
                condition=Q(kind="first", follows__isnull=True) | (~Q(kind="first") & Q(follows__isnull=False)),
                name="a_successor_follows_a_notice",
            ),
        ]

    def __str__(self) -> str:
        return f"notice {self.pk}: {self.template} for {self.reference}"

    @transition(field=state, source=NoticeState.DRAFT, target=NoticeState.APPROVED)
    def approve(self) -> None:
        """Enough people have looked at it."""

    @transition(field=state, source=NoticeState.APPROVED, target=NoticeState.DRAFT)
    def reopen(self) -> None:
        """What was approved changed, so it must be looked at again."""

    @transition(field=state, source=NoticeState.APPROVED, target=NoticeState.LAUNCHED)
    def launch(self) -> None:
        """Messages are being made and sent."""

    @transition(field=state, source=NoticeState.LAUNCHED, target=NoticeState.FINISHED)
    def finish(self) -> None:
        """Every message has an outcome."""

    @transition(
        field=state,
        source=[NoticeState.DRAFT, NoticeState.APPROVED, NoticeState.LAUNCHED],
        target=NoticeState.CANCELLED,
    )
    def cancel(self) -> None:
        """What was not sent yet will not be sent."""


class NoticeApproval(models.Model):
    """Somebody's yes to a notice."""

    notice = models.ForeignKey(NoticeRun, on_delete=models.CASCADE, related_name="approvals")
    actor = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["notice", "actor"], name="one_approval_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.actor} approves notice {self.notice_id}"


class NoticeRecipient(models.Model):
    """One customer of a notice. `channel` is blank for somebody who is not written to, with the `reason`; beside a
    channel the reason is only a mark.

    Holds no address: that stays on the order and is read when the messages are made. `reference` and `template` are
    repeated from the run, and `round` (0, or the run that tells them again), so that the database itself refuses to
    tell a customer twice. `zone` is the province.
    """

    notice = models.ForeignKey(NoticeRun, on_delete=models.CASCADE, related_name="recipients")
    reference = models.CharField(max_length=64)
    template = models.CharField(max_length=40)
    customer_ref = models.CharField(max_length=64)
    order_id = models.BigIntegerField()
    orders = models.PositiveIntegerField()
    channel = models.CharField(max_length=16, blank=True)
    language = models.CharField(max_length=10)
    reason = models.CharField(max_length=16, blank=True)
    zone = models.CharField(max_length=32, blank=True, default="", db_default="")
    round = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["reference", "template", "customer_ref", "round"],
                condition=~Q(channel=""),
                name="one_message_per_customer_reference_and_template",
            ),
        ]

    def __str__(self) -> str:
        return f"notice {self.notice_id} to {self.customer_ref}"


class WaveKind(models.TextChoices):
    ALL = "all", pgettext_lazy("notice wave", "everybody")
    ZONE = "zone", pgettext_lazy("notice wave", "a province")
    FALLBACK = "fallback", pgettext_lazy("notice wave", "on another channel")
    RETRY = "retry", pgettext_lazy("notice wave", "once more")


class NoticeWave(models.Model):
    """A part of a notice that is sent together: everybody, a province, or those who are tried again.

    Released at `released_at`, its messages are made not before `not_before`, in `batch`. `after_failure` and
    `after_silence` are how many of a later wave's recipients failed before, or gave no sign.
    """

    notice = models.ForeignKey(NoticeRun, on_delete=models.CASCADE, related_name="waves")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=WaveKind)
    zone = models.CharField(max_length=32, blank=True)
    recipients = models.PositiveIntegerField(default=0)
    after_failure = models.PositiveIntegerField(default=0)
    after_silence = models.PositiveIntegerField(default=0)
    batch = models.BigIntegerField(null=True, blank=True)
    released_by = models.CharField(max_length=64, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["notice_id", "number"]
        indexes: ClassVar = [models.Index(fields=["batch"], name="wave_by_batch")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["notice", "number"], name="one_wave_per_notice_and_number"),
            models.UniqueConstraint(
                fields=["notice", "zone"], condition=Q(kind="zone"), name="one_wave_per_notice_and_zone"
            ),
        ]

    def __str__(self) -> str:
        return f"wave {self.number} of notice {self.notice_id}"


class NoticeLeg(models.Model):
    """A further message to a recipient, after the one before it surely did not arrive: the database lets only one
    follow each. Its message's key is "notice:", the recipient and ":" and this number."""

    recipient = models.ForeignKey(NoticeRecipient, on_delete=models.DO_NOTHING, related_name="legs", db_index=False)
    number = models.PositiveSmallIntegerField()
    wave = models.ForeignKey(NoticeWave, on_delete=models.CASCADE, related_name="legs")
    channel = models.CharField(max_length=16)
    because = models.CharField(
        max_length=12,
        choices=[("failed", _("failed")), ("undelivered", _("no receipt in time"))],
    )
    code = models.CharField(max_length=64, blank=True)
    queued_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["recipient", "number"], name="one_leg_after_another"),
        ]

    def __str__(self) -> str:
        return f"leg {self.number} to recipient {self.recipient_id}"
