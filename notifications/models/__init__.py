"""How we tell people and systems: templates, messages, webhooks, and every call made to somebody outside."""

from notifications.models.messages import Attempt, Batch, Chunk, Message, Template
from notifications.models.webhooks import (
    DELIVERY_MOVES,
    DeliveryState,
    DisabledFor,
    EndpointState,
    WebhookDelivery,
    WebhookEndpoint,
)

__all__ = [
    "DELIVERY_MOVES",
    "Attempt",
    "Batch",
    "Chunk",
    "DeliveryState",
    "DisabledFor",
    "EndpointState",
    "Message",
    "Template",
    "WebhookDelivery",
    "WebhookEndpoint",
]
