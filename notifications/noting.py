"""What the journal keeps of a message to staff: one entry each, none for bulk."""

from __future__ import annotations

from collections.abc import Collection

from accounts.actors import Actor
from journal import operations as journal
from notifications.models import Message


def note_messages(kind: str, ids: Collection[int], by: Actor, *, code: str = "", **figures: object) -> None:
    """Journal `kind` for each of these messages: its channel, whom it is to, the provider's code; never an address."""
    for message in Message.objects.filter(pk__in=ids):
        payload: dict[str, object] = {"channel": f"channel:{message.channel}", **figures}
        if message.user_id:
            payload["to"] = f"user:{message.user_id}"
        if code:
            payload["code"] = code
        journal.write(
            kind=kind,
            subject=f"message:{message.pk}",
            reference=message.reference,
            by=by,
            payload=payload,
            exercise=message.exercise,
        )
