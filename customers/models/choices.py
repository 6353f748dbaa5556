"""What customers tell us by their link: what they choose for an order, and how satisfied they were."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ChoiceKind(models.TextChoices):
    WAIT = "wait", _("wait for the parcel")
    ADDRESS = "address", _("change the address")
    REFUND = "refund", _("cancel and refund")
    CLAIM = "claim", _("claim compensation")


class ChoiceState(models.TextChoices):
    """`noted`: nothing is to be done. `asked`: nobody acted yet, so the customer may choose anew. `taken`: the order
    system is at it."""

    NOTED = "noted", pgettext_lazy("choice", "Noted")
    ASKED = "asked", pgettext_lazy("choice", "Asked, not done yet")
    TAKEN = "taken", pgettext_lazy("choice", "Being done")
    DONE = "done", pgettext_lazy("choice", "Done")
    REFUSED = "refused", pgettext_lazy("choice", "Refused")


class Choice(models.Model):
    """What the customer of an order chose in a matter: one row, changed until somebody acted on it.

    `version` counts the changes, so that an answer to an older wish is noticed. `sealed` is the new address, encrypted
    and wiped when it is not needed any more; `answer` what the order system says about it.
    """

    order_id = models.BigIntegerField()
    reference = models.CharField(max_length=64)
    recipient_id = models.BigIntegerField()
    exercise = models.BigIntegerField(null=True, blank=True)
    kind = models.CharField(max_length=8, choices=ChoiceKind)
    state = models.CharField(max_length=8, choices=ChoiceState)
    version = models.PositiveIntegerField(default=1)
    sealed = models.TextField(blank=True, default="")
    answer = models.CharField(max_length=200, blank=True, default="")
    asked_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(fields=["id"], name="choice_open", condition=Q(state__in=["asked", "taken"])),
            models.Index(fields=["reference", "kind"], name="choice_by_reference"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order_id", "reference"], name="one_choice_per_order_and_matter"),
            models.CheckConstraint(condition=Q(kind__in=ChoiceKind.values), name="choice_kind_is_known"),
            models.CheckConstraint(condition=Q(state__in=ChoiceState.values), name="choice_state_is_known"),
            models.CheckConstraint(condition=Q(kind="address") | Q(sealed=""), name="only_an_address_is_sealed"),
        ]

    def __str__(self) -> str:
        return f"choice {self.pk}: {self.kind} {self.state}"


class SurveyRound(models.Model):
    """Customers of a matter are asked how satisfied they were, until `closes_at`; proposed by itself once the matter
    recovers (`proposed_at`), and not asked yet while `sent_at` is blank. `send_at` is when the clock sends it next."""

    reference = models.CharField(max_length=64, unique=True)
    exercise = models.BigIntegerField(null=True, blank=True)
    batch = models.BigIntegerField(null=True, blank=True)
    asked = models.PositiveIntegerField(default=0)
    proposed_by = models.CharField(max_length=64, blank=True, default="", db_default="")
    proposed_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.CharField(max_length=64, blank=True, default="", db_default="")
    sent_at = models.DateTimeField(null=True, blank=True)
    closes_at = models.DateTimeField(null=True, blank=True)
    send_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"survey of {self.reference}"


class Satisfaction(models.Model):
    """One link's answer, 1 to 5; changed until the survey closes. The comment is wiped in time, the score stays."""

    recipient_id = models.BigIntegerField(unique=True)
    reference = models.CharField(max_length=64)
    exercise = models.BigIntegerField(null=True, blank=True)
    score = models.PositiveSmallIntegerField()
    comment = models.CharField(max_length=500, blank=True, default="")
    answered_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["reference", "score"], name="satisfaction_by_reference")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(score__range=(1, 5)), name="satisfaction_is_one_to_five"),
        ]

    def __str__(self) -> str:
        return f"{self.score} of 5 for {self.reference}"
