"""Sending events to systems outside."""

from __future__ import annotations

from django.db.models import QuerySet

from notifications.models import DeliveryState, EndpointState, WebhookDelivery


def due_deliveries() -> QuerySet[WebhookDelivery]:
    return WebhookDelivery.objects.filter(state=DeliveryState.DUE, endpoint__state=EndpointState.ACTIVE)


def send_due() -> int:
    """Send what is due; return how many attempts were made."""
    return 0
