"""Systems that want to be told: where they listen, and every event for each of them."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy
from django_fsm import ConcurrentTransitionMixin, FSMField, FSMModelMixin, transition

from journal.models import Leased

# Seconds from one failed attempt to the next, over three days: a short restart costs seconds, a weekend nothing.
RETRIES = [5, 60, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 64_800, 79_200]


def retries() -> list[int]:
    return list(RETRIES)


class EndpointState(models.TextChoices):
    ACTIVE = "active", pgettext_lazy("webhook", "active")
    DISABLED = "disabled", pgettext_lazy("webhook", "disabled")


class DisabledFor(models.TextChoices):
    """Why nothing is sent to an endpoint."""

    PERSON = "person", pgettext_lazy("webhook", "switched off by hand")
    GONE = "gone", pgettext_lazy("webhook", "it answered that it is gone (410)")
    FAILING = "failing", pgettext_lazy("webhook", "it failed for too long")


class WebhookEndpoint(ConcurrentTransitionMixin, FSMModelMixin, models.Model):  # type: ignore[django-manager-missing]
    """A system outside that listens at `url` for events of `kinds` (all when empty), signed by Standard Webhooks 1.0.

    `sealed` is its secret, encrypted (notifications.sealing); while a rotation lasts, until `previous_until`, the one
    before signs as well. `region_code` names who answers for it, blank for the headquarters. `retries` are the waits in
    seconds between attempts; after the last one a delivery has failed. `failing_since` is when the first of `failures`
    consecutive failed attempts was made; an endpoint that fails for `patience_hours` is disabled.
    """

    url = models.CharField(max_length=500)
    description = models.CharField(max_length=200)
    kinds = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    region_code = models.CharField(max_length=12, blank=True)
    sealed = models.TextField()
    sealed_previous = models.TextField(blank=True)
    previous_until = models.DateTimeField(null=True, blank=True)
    state = FSMField(max_length=8, choices=EndpointState, default=EndpointState.ACTIVE, protected=True)
    disabled_for = models.CharField(max_length=8, choices=DisabledFor, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    retries = ArrayField(models.PositiveIntegerField(), default=retries)
    patience_hours = models.PositiveSmallIntegerField(default=72)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    last_delivered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=64)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["description", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=EndpointState.values), name="webhook_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="disabled") & ~Q(disabled_for="") | Q(state="active", disabled_for=""),
                name="disabled_webhook_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"webhook {self.pk} {self.description}"

    @transition(field=state, source=EndpointState.ACTIVE, target=EndpointState.DISABLED)
    def disable(self) -> None:
        """Nothing is sent to it any more; what it would have been told is held."""

    @transition(field=state, source=EndpointState.DISABLED, target=EndpointState.ACTIVE)
    def enable(self) -> None:
        """It is told again."""


class DeliveryState(models.TextChoices):
    """`held`: the endpoint was disabled when it should have been told; sent only when somebody asks for it."""

    DUE = "due", pgettext_lazy("webhook", "due")
    DELIVERED = "delivered", pgettext_lazy("webhook", "delivered")
    FAILED = "failed", pgettext_lazy("webhook", "failed")
    HELD = "held", pgettext_lazy("webhook", "held")


# From each state to which; a replay makes any of them due again.
DELIVERY_MOVES: dict[str, frozenset[str]] = {
    DeliveryState.DUE: frozenset({DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.HELD}),
    DeliveryState.DELIVERED: frozenset({DeliveryState.DUE}),
    DeliveryState.FAILED: frozenset({DeliveryState.DUE}),
    DeliveryState.HELD: frozenset({DeliveryState.DUE}),
}


class WebhookDelivery(Leased):
    """One event for one endpoint: the job and its log.

    `event_id` is the webhook-id, the same at every attempt and replay, so that the receiver can drop repeats.
    `payload` is the body's `data`. `tries` counts the attempts since it last became due anew, `attempts` (the lease's
    fence) all of them; `status`, `response`, `problem` and `duration_ms` tell of the last one.
    """

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    event_id = models.CharField(max_length=64)
    kind = models.CharField(max_length=64)
    payload = models.JSONField()
    happened_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=DeliveryState, default=DeliveryState.DUE)
    tries = models.PositiveSmallIntegerField(default=0)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    problem = models.CharField(max_length=64, blank=True)
    response = models.CharField(max_length=1000, blank=True)
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    tried_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["endpoint", "due_at", "id"], condition=Q(state="due"), name="webhook_by_due"),
            models.Index(fields=["endpoint", "-id"], name="webhook_log"),
            models.Index(fields=["happened_at"], name="webhook_by_time"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["endpoint", "event_id"], name="one_delivery_per_endpoint_and_event"),
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="webhook_delivery_state_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for webhook {self.endpoint_id}: {self.state}"
