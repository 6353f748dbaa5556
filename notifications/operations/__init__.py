"""Writes of notifications."""

from notifications.operations.batches import (
    cancel_batch,
    fill_batch,
    launch_batch,
    open_batch,
    pause_batch,
    resume_batch,
)
from notifications.operations.consents import record_consents
from notifications.operations.events import send_event
from notifications.operations.gateways import (
    GatewayFacts,
    change_gateway,
    create_gateway,
    delete_gateway,
    forget_old_numbers,
    try_gateway,
)
from notifications.operations.messages import queue_message, read_inbox
from notifications.operations.privacy import purge_messages, retention, set_retention, unmask_message
from notifications.operations.receipts import record_receipts
from notifications.operations.registrations import ask_providers, register_template
from notifications.operations.roster import warn_of_roster_gaps
from notifications.operations.sending import send_due_staff
from notifications.operations.telling import tell_people
from notifications.operations.templates import add_version, approve_template, load_defaults, retire_template
from notifications.operations.webhooks import (
    WebhookFacts,
    change_webhook,
    create_webhook,
    delete_webhook,
    disable_webhook,
    enable_webhook,
    forget_old_deliveries,
    replay_delivery,
    replay_webhook,
    rotate_webhook_secret,
    try_webhook,
)

__all__ = [
    "GatewayFacts",
    "WebhookFacts",
    "add_version",
    "approve_template",
    "ask_providers",
    "cancel_batch",
    "change_gateway",
    "change_webhook",
    "create_gateway",
    "create_webhook",
    "delete_gateway",
    "delete_webhook",
    "disable_webhook",
    "enable_webhook",
    "fill_batch",
    "forget_old_deliveries",
    "forget_old_numbers",
    "launch_batch",
    "load_defaults",
    "open_batch",
    "pause_batch",
    "purge_messages",
    "queue_message",
    "read_inbox",
    "record_consents",
    "record_receipts",
    "register_template",
    "replay_delivery",
    "replay_webhook",
    "resume_batch",
    "retention",
    "retire_template",
    "rotate_webhook_secret",
    "send_due_staff",
    "send_event",
    "set_retention",
    "tell_people",
    "try_gateway",
    "try_webhook",
    "unmask_message",
    "warn_of_roster_gaps",
]
