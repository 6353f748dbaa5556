"""The whole life of one message, as it is told to people: its moves, and the calls that were made for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from notifications.explaining import why
from notifications.models import Attempt, Chunk, Message
from notifications.states import MessageState


@dataclass(frozen=True)
class Event:
    """`what` is "state" (with the state it came to) or "call" (with its outcome); `code` says why."""

    at: datetime
    what: str
    state: str
    label: str
    code: str = ""
    gateway: str = ""
    reference: str = ""

    @property
    def means(self) -> str:
        """What its code means, where something went wrong."""
        return why(self.state, self.code)


def chunk_of(message: Message) -> Chunk | None:
    """The chunk that a message is sent in; None for one that never leaves the house."""
    chunks = Chunk.objects.filter(template_id=message.template_id, batch=message.batch_id)
    return chunks.filter(first__lte=message.pk, last__gte=message.pk).order_by("-id").first()


def history(message: Message) -> list[Event]:
    """Everything that happened to it, in order of time; a call is told at its beginning."""
    events = [moved(message.queued_at, MessageState.QUEUED, "")]
    for line in message.history.splitlines():
        seconds, state, code = [*line.split(" ", 2), ""][:3]
        events.append(moved(datetime.fromtimestamp(float(seconds), UTC), state, code))
    if not message.history and message.state != MessageState.QUEUED:
        events.append(moved(message.done_at or message.sent_at or message.queued_at, message.state, message.code))
    chunk = chunk_of(message)
    calls = Attempt.objects.filter(chunk=chunk, message_ids__contains=[message.pk]) if chunk else Attempt.objects.none()
    for call in calls.select_related("gateway").order_by("id"):
        name = call.gateway.label if call.gateway else ""
        label = str(call.get_outcome_display())
        events.append(Event(call.started_at, "call", call.outcome, label, call.code, name, call.provider_id))
    return sorted(events, key=lambda event: event.at)


def moved(at: datetime, state: str, code: str) -> Event:
    label = str(MessageState(state).label) if state in MessageState.values else state
    return Event(at, "state", state, label, code)
