"""What a worker that died, or lost its lease, left behind."""

from __future__ import annotations

from notifications.engine.recording import doubt
from notifications.models import Attempt, Chunk
from notifications.moves import move
from notifications.routes import transport_of
from notifications.states import MessageState, Outcome

S = MessageState


def settle(chunk: Chunk) -> None:
    """Messages that a call was begun for become ambiguous, unless the provider drops repeats by itself: then they stay
    queued, like those that no call was begun for. The caller holds the chunk's row and a new lease."""
    calls = Attempt.objects.filter(chunk=chunk, outcome=Outcome.OPEN)
    for attempt in calls:
        transport = transport_of(attempt.gateway_id, chunk.channel)
        if transport is not None and transport.idempotent:
            Attempt.objects.filter(pk=attempt.pk).update(outcome=Outcome.REJECTED, code="lost")
            continue
        Attempt.objects.filter(pk=attempt.pk).update(code="lost", **doubt(transport))
        move(chunk.pk, attempt.message_ids, S.AMBIGUOUS, code="lost", origins=[S.QUEUED])
