"""The support desk: complaints with their clock, what was answered, and the rules of care."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_fsm import ConcurrentTransitionMixin, FSMField, FSMModelMixin, transition

from customers.models.figures import between


class CareRules(models.Model):
    """What an administrator may change about care; exactly one row. Personal data is wiped `keep_days` after it was
    last needed, a new address `address_days` after it was answered; `purge_at` is when the clock looks next."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    version = models.PositiveIntegerField(default=1, db_default=1)
    complaint_days = models.PositiveSmallIntegerField(
        _("A complaint is answered within, days (by law at most 7)"), default=7, validators=between(1, 7)
    )
    survey_days = models.PositiveSmallIntegerField(
        _("A survey takes answers for, days"), default=14, validators=between(1, 90)
    )
    send_surveys = models.BooleanField(
        _("Send the survey by itself once a matter recovers"), default=False, db_default=False
    )
    link_days = models.PositiveSmallIntegerField(
        _("A customer's link lives, days"), default=30, validators=between(1, 365)
    )
    keep_days = models.PositiveSmallIntegerField(
        _("Complaints, comments and answers are wiped after, days"), default=180, validators=between(30, 3_650)
    )
    address_days = models.PositiveSmallIntegerField(
        _("A new address is wiped after its answer, days"), default=30, validators=between(1, 365)
    )
    page_per_minute = models.PositiveSmallIntegerField(
        _("Looks at one customer's page a minute"), default=60, validators=between(5, 600)
    )
    search_per_minute = models.PositiveSmallIntegerField(
        _("Searches of one person at the desk a minute"), default=30, validators=between(1, 600)
    )
    purge_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(id=1), name="one_care_rules_row")]

    def __str__(self) -> str:
        return f"complaints answered within {self.complaint_days} days"


class ComplaintState(models.TextChoices):
    OPEN = "open", pgettext_lazy("complaint", "Open")
    ANSWERED = "answered", pgettext_lazy("complaint", "Answered")


class Complaint(ConcurrentTransitionMixin, FSMModelMixin, models.Model):
    """A customer's complaint about an order, to be answered within seven days (快递暂行条例).

    `overdue_at` is when the clock found it unanswered; `words` and `answer` are wiped in time.
    """

    order_id = models.BigIntegerField()
    reference = models.CharField(max_length=64, blank=True)
    exercise = models.BigIntegerField(null=True, blank=True)
    state = FSMField(default=ComplaintState.OPEN, choices=ComplaintState.choices, protected=True)
    words = models.CharField(max_length=1000)
    opened_by = models.CharField(max_length=64)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    overdue_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=1000, blank=True)
    answered_by = models.CharField(max_length=64, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["due_at", "id"]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="complaint_open_by_due", condition=Q(state="open")),
            models.Index(fields=["order_id"], name="complaint_by_order"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["order_id"], condition=Q(state="open"), name="one_open_complaint_per_order"
            ),
        ]

    def __str__(self) -> str:
        return f"complaint {self.pk} about order {self.order_id}"

    @transition(field=state, source=ComplaintState.OPEN, target=ComplaintState.ANSWERED)
    def answer_it(self) -> None:
        """The customer has our answer."""


class Reply(models.Model):
    """A message that the support desk sent about an order; the message's key is "reply:" and this id."""

    order_id = models.BigIntegerField()
    reference = models.CharField(max_length=64, blank=True)
    template = models.CharField(max_length=40)
    channel = models.CharField(max_length=5)
    sent_by = models.CharField(max_length=64)
    sent_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["order_id"], name="reply_by_order")]

    def __str__(self) -> str:
        return f"reply {self.pk} about order {self.order_id}"


class Pace(models.Model):
    """How fast somebody goes (customers.pace): `free_at` is when everything used so far is earned back.

    Unlogged: a crash forgives, FLUSHALL does not. `bucket` is a digest that names nobody.
    """

    bucket = models.CharField(max_length=64, primary_key=True)
    free_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.bucket
