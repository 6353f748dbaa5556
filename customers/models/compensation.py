"""What customers get for a delay: the policy, what is exempt, and one grant per order and matter."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_fsm import ConcurrentTransitionMixin, FSMField, FSMModelMixin, transition


class PolicyState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("policy", "Draft")
    IN_FORCE = "in_force", pgettext_lazy("policy", "In force")
    REPLACED = "replaced", pgettext_lazy("policy", "Replaced")
    DISCARDED = "discarded", pgettext_lazy("policy", "Discarded")


class CompensationPolicy(ConcurrentTransitionMixin, FSMModelMixin, models.Model):
    """A version of the whole policy: bands, tiers and limits (`content`, see customers.policy).

    Written by one person and put in force by another; what was in force is replaced and kept, because grants name it.
    """

    number = models.PositiveIntegerField(unique=True)
    content = models.JSONField()
    note = models.CharField(max_length=400, blank=True)
    state = FSMField(default=PolicyState.DRAFT, choices=PolicyState.choices, protected=True)
    written_by = models.CharField(max_length=64)
    written_at = models.DateTimeField()
    approved_by = models.CharField(max_length=64, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state__in=["draft", "in_force"]), name="one_policy_draft_and_one_in_force"
            ),
        ]

    def __str__(self) -> str:
        return f"compensation policy {self.number}"

    @transition(field=state, source=PolicyState.DRAFT, target=PolicyState.IN_FORCE)
    def approve(self) -> None:
        """A second person agrees; from now on it is what counts."""

    @transition(field=state, source=PolicyState.DRAFT, target=PolicyState.DISCARDED)
    def discard(self) -> None:
        """It will not come into force."""

    @transition(field=state, source=PolicyState.IN_FORCE, target=PolicyState.REPLACED)
    def replace(self) -> None:
        """A newer version counts."""


class CustomerTier(models.Model):
    """A customer's tier, as the order system tells; a code of the policy's tiers."""

    customer_ref = models.CharField(max_length=64, primary_key=True)
    tier = models.CharField(max_length=20)

    def __str__(self) -> str:
        return f"{self.customer_ref}: {self.tier}"


class SpanState(models.TextChoices):
    PROPOSED = "proposed", pgettext_lazy("exempt span", "To be confirmed")
    CONFIRMED = "confirmed", pgettext_lazy("exempt span", "Confirmed")
    WITHDRAWN = "withdrawn", pgettext_lazy("exempt span", "Withdrawn")


class ExemptSpan(ConcurrentTransitionMixin, FSMModelMixin, models.Model):
    """A time during which force majeure excuses a delay (Civil Code Art. 180, 590), with its evidence.

    It holds for orders to `regions` (GB/T 2260, a code covers what lies inside it) from `warehouses`, every one where
    the list is empty, in the matter `reference`. Only a confirmed span counts, and another person confirms it.
    """

    reference = models.CharField(max_length=64)
    exercise = models.BigIntegerField(null=True, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    regions = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    warehouses = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    title = models.CharField(max_length=120)
    issuer = models.CharField(max_length=120)
    document = models.CharField(max_length=120)
    address = models.URLField(max_length=500, blank=True)
    state = FSMField(default=SpanState.PROPOSED, choices=SpanState.choices, protected=True)
    added_by = models.CharField(max_length=64)
    added_at = models.DateTimeField()
    decided_by = models.CharField(max_length=64, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["starts_at", "id"]
        indexes: ClassVar = [models.Index(fields=["reference"], name="exempt_span_by_reference")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")), name="exempt_span_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=~Q(title="") & ~Q(issuer="") & ~Q(document=""), name="exempt_span_has_evidence"
            ),
        ]

    def __str__(self) -> str:
        return f"exempt span {self.pk} of {self.reference}"

    @transition(field=state, source=SpanState.PROPOSED, target=SpanState.CONFIRMED)
    def confirm(self) -> None:
        """Another person has seen the evidence."""

    @transition(field=state, source=[SpanState.PROPOSED, SpanState.CONFIRMED], target=SpanState.WITHDRAWN)
    def withdraw(self) -> None:
        """It does not count any more; what was granted meanwhile stays."""


class GrantState(models.TextChoices):
    """Where a grant stands, and the run that it belongs to."""

    PROPOSED = "proposed", pgettext_lazy("grant", "Proposed")
    APPROVED = "approved", pgettext_lazy("grant", "Approved")
    GRANTED = "granted", pgettext_lazy("grant", "Granted")
    EXPORTED = "exported", pgettext_lazy("grant", "With finance")
    PAID = "paid", pgettext_lazy("grant", "Paid")
    REJECTED = "rejected", pgettext_lazy("grant", "Rejected")


class RunScope(models.TextChoices):
    """Which of the matter's orders a run looks at."""

    DELIVERED = "delivered", _("delivered orders, whose delay is final")
    ALL = "all", _("all orders, also those still on their way")
    CLAIMS = "claims", _("orders whose customers ask for it")


class CompensationRun(ConcurrentTransitionMixin, FSMModelMixin, models.Model):
    """Grants that are proposed, approved and granted together, as the policy `policy` had it at `assessed_at`.

    `orders`, `amount` and `largest` (of one order) are those of its grants that are not rejected. `sha256` is of the
    rows "order:amount" in the order of their ids, when they were granted. `tell_due_at` is set from the granting until
    the messages are made, which `batch` then holds.
    """

    reference = models.CharField(max_length=64)
    exercise = models.BigIntegerField(null=True, blank=True)
    policy = models.ForeignKey(CompensationPolicy, on_delete=models.PROTECT, related_name="runs")
    affected_set = models.BigIntegerField()
    scope = models.CharField(max_length=9, choices=RunScope)
    state = FSMField(default=GrantState.PROPOSED, choices=GrantState.choices, protected=True)
    orders = models.PositiveIntegerField(default=0)
    amount = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    largest = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    assessed_at = models.DateTimeField()
    proposed_by = models.CharField(max_length=64)
    decided_by = models.CharField(max_length=64, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=400, blank=True)
    granted_by = models.CharField(max_length=64, blank=True)
    granted_at = models.DateTimeField(null=True, blank=True)
    exported_at = models.DateTimeField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    batch = models.BigIntegerField(null=True, blank=True)
    tell_due_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["reference", "-id"], name="compensation_by_reference"),
            models.Index(fields=["tell_due_at"], name="compensation_to_tell", condition=Q(tell_due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"compensation {self.pk} for {self.reference}"

    @transition(field=state, source=GrantState.PROPOSED, target=GrantState.APPROVED)
    def approve(self) -> None:
        """Whoever may has agreed to amount and reasons."""

    @transition(field=state, source=GrantState.APPROVED, target=GrantState.GRANTED)
    def grant(self) -> None:
        """Promised: customers are told, and the order system is."""

    @transition(field=state, source=GrantState.GRANTED, target=GrantState.EXPORTED)
    def export(self) -> None:
        """Finance has the list."""

    @transition(field=state, source=[GrantState.PROPOSED, GrantState.APPROVED], target=GrantState.REJECTED)
    def reject(self) -> None:
        """Nothing of it is paid; its orders may be proposed again."""


class Grant(models.Model):
    """What one order gets in one matter. Moved in bulk: every statement says from which state (customers.moves).

    `late_hours` are those after the first promise, `exempt_hours` those of them that do not count. Names nobody.
    """

    run = models.ForeignKey(
        CompensationRun, on_delete=models.CASCADE, related_name="grants", db_constraint=False, db_index=False
    )
    reference = models.CharField(max_length=64)
    order_id = models.BigIntegerField()
    exercise = models.BigIntegerField(null=True, blank=True)
    band = models.CharField(max_length=20)
    tier = models.CharField(max_length=20, blank=True)
    late_hours = models.DecimalField(max_digits=9, decimal_places=1)
    exempt_hours = models.DecimalField(max_digits=9, decimal_places=1)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    state = models.CharField(max_length=8, choices=GrantState, default=GrantState.PROPOSED)
    reason = models.CharField(max_length=200, blank=True, default="", db_default="")
    paid_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["run", "id"], name="grant_by_run")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["order_id", "reference"], condition=~Q(state="rejected"), name="one_grant_per_order_and_matter"
            ),
            models.CheckConstraint(condition=Q(state__in=GrantState.values), name="grant_state_is_known"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="grant_is_more_than_nothing"),
        ]

    def __str__(self) -> str:
        return f"grant {self.pk}: {self.amount} for order {self.order_id}"
