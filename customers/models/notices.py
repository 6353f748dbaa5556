"""Notices: who is told what about a disruption."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_fsm import ConcurrentTransitionMixin, FSMField, FSMModelMixin, transition


class NoticePolicy(models.Model):
    """The rules of sending that an administrator may change; exactly one row."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    second_approval_above = models.PositiveIntegerField(default=10_000)
    sms_price = models.DecimalField(max_digits=6, decimal_places=4, default=Decimal("0.0450"))
    signature = models.CharField(max_length=20, default="烽火配送")
    estimate_hours = models.PositiveSmallIntegerField(default=48)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(id=1), name="one_notice_policy_row")]

    def __str__(self) -> str:
        return f"second approval above {self.second_approval_above}"


class Preference(models.Model):
    """How a customer wants to be reached; without a row, by SMS when there is a number, else by e-mail."""

    class Channel(models.TextChoices):
        SMS = "sms", _("SMS")
        EMAIL = "email", _("e-mail")
        NONE = "none", _("no messages")

    customer_ref = models.CharField(max_length=64, primary_key=True)
    channel = models.CharField(max_length=5, choices=Channel)
    language = models.CharField(max_length=10, blank=True)

    def __str__(self) -> str:
        return f"{self.customer_ref}: {self.channel}"


class NoticeState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("notice", "Draft")
    APPROVED = "approved", pgettext_lazy("notice", "Approved")
    LAUNCHED = "launched", pgettext_lazy("notice", "Sending")
    FINISHED = "finished", pgettext_lazy("notice", "Finished")
    CANCELLED = "cancelled", pgettext_lazy("notice", "Cancelled")


class NoticeRun(ConcurrentTransitionMixin, FSMModelMixin, models.Model):
    """One notice to everybody whom a matter affects: draft → approved → launched → finished, or cancelled.

    `reference` and `batch` name things of other rooms. The audience is frozen as NoticeRecipient rows when the draft
    is prepared, and anew each time it is refreshed before launch. `since` and `eta` are what the text says: when the
    disruption began and when goods are expected. `fill_due_at` is set from launch until the messages are made.
    """

    reference = models.CharField(max_length=64)
    template = models.CharField(max_length=40)
    cause = models.CharField(max_length=60, blank=True)
    cause_en = models.CharField(max_length=60, blank=True)
    since = models.DateTimeField()
    eta = models.DateTimeField()
    affected_set = models.BigIntegerField()
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
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["reference", "-id"], name="notice_by_reference"),
            models.Index(fields=["fill_due_at"], name="notice_to_fill", condition=Q(fill_due_at__isnull=False)),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["reference", "template"],
                condition=Q(state__in=["draft", "approved", "launched"]),
                name="one_open_notice_per_reference_and_template",
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
    """One customer of a notice. `channel` is blank for somebody who cannot be reached, with the `reason`.

    Holds no address: that stays on the order and is read when the messages are made. `reference` and `template` are
    repeated from the run so that the database itself refuses to tell a customer twice.
    """

    notice = models.ForeignKey(NoticeRun, on_delete=models.CASCADE, related_name="recipients")
    reference = models.CharField(max_length=64)
    template = models.CharField(max_length=40)
    customer_ref = models.CharField(max_length=64)
    order_id = models.BigIntegerField()
    orders = models.PositiveIntegerField()
    channel = models.CharField(max_length=5, blank=True)
    language = models.CharField(max_length=10)
    reason = models.CharField(max_length=16, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["reference", "template", "customer_ref"],
                name="one_message_per_customer_reference_and_template",
            ),
        ]

    def __str__(self) -> str:
        return f"notice {self.notice_id} to {self.customer_ref}"
