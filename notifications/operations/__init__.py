"""Writes of notifications."""

from notifications.operations.batches import (
    cancel_batch,
    fill_batch,
    launch_batch,
    open_batch,
    pause_batch,
    resume_batch,
)
from notifications.operations.events import send_event
from notifications.operations.messages import queue_message, read_inbox
from notifications.operations.receipts import record_receipts
from notifications.operations.roster import warn_of_roster_gaps
from notifications.operations.sending import send_due_staff
from notifications.operations.templates import add_version, approve_template, load_defaults, retire_template

__all__ = [
    "add_version",
    "approve_template",
    "cancel_batch",
    "fill_batch",
    "launch_batch",
    "load_defaults",
    "open_batch",
    "pause_batch",
    "queue_message",
    "read_inbox",
    "record_receipts",
    "resume_batch",
    "retire_template",
    "send_due_staff",
    "send_event",
    "warn_of_roster_gaps",
]
