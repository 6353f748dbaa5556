"""What the clock calls when no worker can be asked."""

from __future__ import annotations


def send_due_staff(limit: int = 20) -> int:
    """Send up to `limit` urgent messages that are due, in this process, and return how many were handled.

    Journals notice.sent or notice.failed per message. Never raises for a provider's fault: the message is retried.
    """
    from notifications.engine import send_due

    return send_due(urgent=True, limit=limit)
