"""How we tell people and systems: templates, messages, webhooks, and every call made to somebody outside."""

from notifications.models.gateways import CHANNEL_OF, Consent, Gateway, Kind, NumberUse, Registration, Review
from notifications.models.messages import Attempt, Batch, Chunk, Message, Template
from notifications.models.webhooks import (
    DELIVERY_MOVES,
    DeliveryState,
    DisabledFor,
    EndpointState,
    WebhookDelivery,
    WebhookEndpoint,
)
from notifications.models.wording import ForbiddenWord, Retention

__all__ = [
    "CHANNEL_OF",
    "DELIVERY_MOVES",
    "Attempt",
    "Batch",
    "Chunk",
    "Consent",
    "DeliveryState",
    "DisabledFor",
    "EndpointState",
    "ForbiddenWord",
    "Gateway",
    "Kind",
    "Message",
    "NumberUse",
    "Registration",
    "Retention",
    "Review",
    "Template",
    "WebhookDelivery",
    "WebhookEndpoint",
]
