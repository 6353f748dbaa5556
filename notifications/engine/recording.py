"""Writing down what a wave of calls came to."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import connection

from accounts.actors import SYSTEM
from journal import operations as journal
from journal.clock import Now, now, wake
from notifications.engine.calls import Piece, Result
from notifications.models import Attempt, Chunk, Message
from notifications.moves import move
from notifications.states import MessageState, Outcome
from notifications.transports import Ambiguous, Askable, Taken, TransportError, transport_for

FIRST_QUESTION = timedelta(seconds=10)
S = MessageState
UNDER_WAY = [S.SENDING, S.AMBIGUOUS]
STILL_OPEN = [str(Outcome.OPEN), str(Outcome.AMBIGUOUS), str(Outcome.UNKNOWN)]
ACCEPT = """
UPDATE notifications_attempt a SET outcome = 'accepted', code = 'OK', provider_id = taken.provider_id,
    finished_at = (SELECT fenghuo_now())
FROM unnest(%s::bigint[], %s::text[]) AS taken(id, provider_id) WHERE a.id = taken.id AND a.outcome = ANY(%s)
"""
# (tries, longest wait in seconds): staff are called again soon or by other means, customers within the day.
PATIENCE = {True: (12, 60), False: (40, 600)}


@dataclass
class Told:
    """What a wave asks of its run: calls to make again in halves, seconds to wait before a chunk's next try, and
    chunks for which the gateway takes no more now."""

    again: list[Piece] = field(default_factory=list)
    wait: dict[int, int] = field(default_factory=dict)
    full: set[int] = field(default_factory=set)


def record(results: list[Result]) -> Told:
    """Move the messages of a wave.

    Valid however late: a result is stronger than a guess made meanwhile.
    """
    ids = sorted({result.piece.chunk.pk for result in results})
    chunks = {
        chunk.pk: chunk for chunk in Chunk.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    }
    taken = [result for result in results if result.taken]
    if taken:
        accept(taken)
    told = Told()
    notes: list[tuple[str, Result]] = [("notice.sent", result) for result in taken]
    for result in results:
        chunk, what = chunks[result.piece.chunk.pk], result.what
        if isinstance(what, Taken):
            continue
        fields: dict[str, object] = {"finished_at": Now(), "code": what.code[:64], "detail": what.detail[:300]}
        if isinstance(what, Ambiguous):
            fields |= doubt(chunk.channel)
            move(chunk.pk, result.ids, S.AMBIGUOUS, code=what.code[:64], origins=[S.SENDING])
            notes.append(("notice.ambiguous", result))
        else:
            fields["outcome"] = Outcome.REJECTED
            if what.one and len(result.piece.items) > 1:
                told.again += result.piece.halves()
            elif what.permanent or chunk.retries >= PATIENCE[chunk.urgent][0]:
                move(chunk.pk, result.ids, S.FAILED, code=what.code[:64], origins=UNDER_WAY)
                notes.append(("notice.failed", result))
            else:
                move(chunk.pk, result.ids, S.QUEUED, code=what.code[:64], origins=UNDER_WAY)
                told.wait[chunk.pk] = max(told.wait.get(chunk.pk, 0), pause(chunk, what))
                if not what.one:
                    told.full.add(chunk.pk)
        Attempt.objects.filter(pk=result.attempt.pk, outcome__in=STILL_OPEN).update(**fields)
    for kind, result in notes:
        if result.piece.chunk.batch_id is None:
            note(kind, result.ids, result)
    return told


def accept(results: list[Result]) -> None:
    with connection.cursor() as cursor:
        ids = [result.attempt.pk for result in results]
        provider_ids = [result.what.provider_id for result in results if isinstance(result.what, Taken)]
        cursor.execute(ACCEPT, [ids, provider_ids, STILL_OPEN])
    messages: dict[int, list[int]] = defaultdict(list)
    for result in results:
        messages[result.piece.chunk.pk] += result.ids
    for chunk_id, message_ids in messages.items():
        move(chunk_id, message_ids, S.SENT, origins=UNDER_WAY)


def doubt(channel: str) -> dict[str, object]:
    """How an attempt stands after an unclear end: to be asked about, where that can be done."""
    if isinstance(transport_for(channel), Askable):
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
