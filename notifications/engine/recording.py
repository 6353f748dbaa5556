"""Writing down what a wave of calls came to."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from accounts.actors import SYSTEM
from journal import operations as journal
from journal.clock import now, wake
from notifications.engine.calls import Piece, Result
from notifications.models import Attempt, Chunk, Message
from notifications.moves import move
from notifications.states import MessageState, Outcome
from notifications.transports import Ambiguous, Taken, TransportError, transport_for

FIRST_QUESTION = timedelta(seconds=10)
S = MessageState
UNDER_WAY = [S.SENDING, S.AMBIGUOUS]
STILL_OPEN = [Outcome.OPEN, Outcome.AMBIGUOUS, Outcome.UNKNOWN]
# (tries, longest wait in seconds): staff are called again soon or by other means, customers within the day.
PATIENCE = {True: (12, 60), False: (40, 600)}


def record(results: list[Result]) -> tuple[list[Piece], dict[int, int]]:
    """Move the messages of a wave; return the calls to make again in halves, and seconds to wait per refused chunk.

    Valid however late: a result is stronger than a guess made meanwhile.
    """
    ids = sorted({result.piece.chunk.pk for result in results})
    chunks = {chunk.pk: chunk for chunk in Chunk.objects.select_for_update().filter(pk__in=ids).order_by("pk")}
    moment = now()
    accepted: dict[int, list[int]] = defaultdict(list)
    again: list[Piece] = []
    waits: dict[int, int] = {}
    notes: list[tuple[str, Result]] = []
    for result in results:
        chunk, what = chunks[result.piece.chunk.pk], result.what
        fields: dict[str, object] = {"finished_at": moment}
        if isinstance(what, Taken):
            fields |= {"outcome": Outcome.ACCEPTED, "provider_id": what.provider_id, "code": "OK"}
            accepted[chunk.pk] += result.ids
            notes.append(("notice.sent", result))
        elif isinstance(what, Ambiguous):
            fields |= doubt(chunk.channel) | {"code": what.code[:64], "detail": what.detail[:300]}
            move(chunk.pk, result.ids, S.AMBIGUOUS, code=what.code[:64], origins=[S.SENDING])
            notes.append(("notice.ambiguous", result))
        else:
            fields |= {"outcome": Outcome.REJECTED, "code": what.code[:64], "detail": what.detail[:300]}
            if what.one and len(result.piece.items) > 1:
                again += result.piece.halves()
            elif what.permanent or chunk.retries >= PATIENCE[chunk.urgent][0]:
                move(chunk.pk, result.ids, S.FAILED, code=what.code[:64], origins=UNDER_WAY)
                notes.append(("notice.failed", result))
            else:
                move(chunk.pk, result.ids, S.QUEUED, code=what.code[:64], origins=UNDER_WAY)
                if what.one and chunk.size > 1:
                    waits.setdefault(-chunk.pk, pause(chunk, what))
                else:
                    waits[chunk.pk] = max(waits.get(chunk.pk, 0), pause(chunk, what))
        Attempt.objects.filter(pk=result.attempt.pk, outcome__in=STILL_OPEN).update(**fields)
    for chunk_id, message_ids in accepted.items():
        move(chunk_id, message_ids, S.SENT, origins=UNDER_WAY)
    for kind, result in notes:
        if result.piece.chunk.batch_id is None:
            note(kind, result.ids, result)
    return again, waits


def doubt(channel: str) -> dict[str, object]:
    """How an attempt stands after an unclear end: to be asked about, where that can be done."""
    if transport_for(channel).can_ask:
        wake()
        return {"outcome": Outcome.AMBIGUOUS, "due_at": now() + FIRST_QUESTION, "lease_until": None}
    return {"outcome": Outcome.UNKNOWN}


def pause(chunk: Chunk, error: TransportError) -> int:
    longest = PATIENCE[chunk.urgent][1]
    return max(error.wait, min(longest, (1 if chunk.urgent else 2) * 2 ** min(chunk.retries, 10)))


def note(kind: str, ids: list[int], result: Result) -> None:
    """One entry per message to staff: ids and figures only."""
    for message in Message.objects.filter(pk__in=ids):
        payload: dict[str, object] = {"channel": f"channel:{message.channel}", "attempt": result.attempt.pk}
        if message.user_id:
            payload["to"] = f"user:{message.user_id}"
        if not isinstance(result.what, Taken):
            payload["code"] = result.what.code
        journal.write(
            kind=kind,
            subject=f"message:{message.pk}",
            reference=message.reference,
            by=SYSTEM,
            payload=payload,
            exercise=message.exercise,
        )
