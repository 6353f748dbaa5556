"""Writing down what a wave of calls came to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import connection

from accounts.actors import SYSTEM
from journal.clock import Now, now, wake
from notifications.engine import consents, metering, switching
from notifications.engine.calls import Piece, Result
from notifications.models import Attempt, Chunk
from notifications.moves import move, move_called
from notifications.noting import note_messages
from notifications.routes import Routes
from notifications.states import MessageState, Outcome
from notifications.transports import Ambiguous, Askable, Taken, Transport, TransportError, transport_for

FIRST_QUESTION = timedelta(seconds=10)
S = MessageState
UNDER_WAY = [S.QUEUED, S.AMBIGUOUS]
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
    """What a wave asks of its run, whose gateways are `routes`: calls to make again in halves or through another
    gateway, seconds to wait before a chunk's next try, and chunks for which the gateway takes no more now."""

    routes: Routes
    again: list[Piece] = field(default_factory=list)
    wait: dict[int, int] = field(default_factory=dict)
    full: set[int] = field(default_factory=set)


def record(results: list[Result], routes: Routes) -> Told:
    """Move the messages of calls; the caller holds the rows of their chunks.

    Valid however late: a result is stronger than a guess made meanwhile.
    """
    switching.lock_rows(results, routes)
    if limited := [result.attempt.pk for result in results if result.attempt.counts_until is not None]:
        metering.over(limited)
    if taken := [result for result in results if result.taken]:
        accept(taken)
    told = Told(routes)
    for result in results:
        chunk, what, attempt = result.piece.chunk, settled(result), result.attempt
        if isinstance(what, Taken):
            note("notice.sent", chunk, [pk for pk in result.ids if pk not in what.refused], attempt=attempt.pk)
            for pk, refusal in what.refused.items():
                refused(chunk, result.piece.only([pk]), attempt, refusal, told)
            if result.piece.account is not None:
                switching.well_again(result.piece.account, routes)
            continue
        fields: dict[str, object] = {"finished_at": Now(), "code": what.code[:64], "detail": what.detail[:300]}
        if isinstance(what, Ambiguous):
            fields |= doubt(transport_for(result.piece.account) if result.piece.account else None)
            move(chunk.pk, result.ids, S.AMBIGUOUS, code=what.code[:64], origins=[S.QUEUED])
            note("notice.ambiguous", chunk, result.ids, attempt=attempt.pk, code=what.code)
        else:
            fields["outcome"] = Outcome.REJECTED
            refused(chunk, result.piece, attempt, what, told)
        Attempt.objects.filter(pk=attempt.pk, outcome__in=STILL_OPEN).update(**fields)
    return told


def settled(result: Result) -> Taken | TransportError | Ambiguous:
    """What a call came to; where the provider drops repeats, an unclear one is simply made again."""
    account, what = result.piece.account, result.what
    if isinstance(what, Ambiguous) and account is not None and transport_for(account).idempotent:
        return TransportError(what.code, what.detail, wait=5)
    return what


def refused(chunk: Chunk, piece: Piece, attempt: Attempt, error: TransportError, told: Told) -> None:
    """The provider surely did not take these: go on without whoever is at fault, through another gateway, later, or
    never."""
    if attempt.gateway_id is not None:
        give_back(attempt, piece, error)
    if error.switch and piece.account is not None:
        switching.out(piece.account, error.code, told.routes)
    if error.one and len(piece.items) > 1:
        told.again += piece.halves()
    elif error.switch and elsewhere(piece, told.routes):
        told.again.append(piece)
    elif error.permanent or chunk.through_id or chunk.retries >= PATIENCE[chunk.urgent][0]:
        fail(chunk, piece.ids, error.code, origins=UNDER_WAY, attempt=attempt.pk)
    else:
        move(chunk.pk, piece.ids, S.QUEUED, code=error.code[:64], origins=UNDER_WAY)
        told.wait[chunk.pk] = max(told.wait.get(chunk.pk, 0), pause(chunk, error))
        if not error.one:
            told.full.add(chunk.pk)


def elsewhere(piece: Piece, routes: Routes) -> bool:
    """Whether another gateway can send these words now."""
    account = routes.account(piece.chunk, piece.template)
    if account is None or piece.account is None or account.id == piece.account.id:
        return False
    return routes.knows(account, piece.template)


def give_back(attempt: Attempt, piece: Piece, error: TransportError) -> None:
    """What the call had taken of a day's limit and of consents; a consent that the provider denies is used up."""
    assert piece.account is not None
    if piece.account.per_number:
        metering.give_back(attempt, [item.destination for item in piece.items])
    if transport_for(piece.account).consented and not error.permanent:
        consents.give_back(attempt)


def fail(
    chunk: Chunk, ids: Sequence[int], code: str, *, origins: Sequence[str] = (S.QUEUED,), attempt: int | None = None
) -> None:
    """These will not be sent on this channel. Journals notice.failed for messages to staff."""
    move(chunk.pk, ids, S.FAILED, code=code[:64], origins=origins)
    note("notice.failed", chunk, ids, attempt=attempt, code=code)


def accept(results: list[Result]) -> None:
    with connection.cursor() as cursor:
        ids = [result.attempt.pk for result in results]
        provider_ids = [result.what.provider_id for result in results if isinstance(result.what, Taken)]
        cursor.execute(ACCEPT, [ids, provider_ids, STILL_OPEN])
    whole: dict[int, list[int]] = defaultdict(list)
    for result in results:
        chunk_id, attempt_id = result.piece.chunk.pk, result.attempt.pk
        assert isinstance(result.what, Taken)
        if result.what.serials:
            Attempt.objects.filter(pk=attempt_id).update(serials=result.what.serials)
        if result.what.refused:
            move(chunk_id, [pk for pk in result.ids if pk not in result.what.refused], S.SENT, origins=UNDER_WAY)
        else:
            whole[chunk_id].append(attempt_id)
    for chunk_id, attempt_ids in whole.items():
        move_called(chunk_id, attempt_ids, S.SENT, origins=UNDER_WAY)


def doubt(transport: Transport | None) -> dict[str, object]:
    """How an attempt stands after an unclear end: to be asked about, where that can be done."""
    if isinstance(transport, Askable):
        wake()
        return {"outcome": Outcome.AMBIGUOUS, "due_at": now() + FIRST_QUESTION, "lease_until": None}
    return {"outcome": Outcome.UNKNOWN}


def pause(chunk: Chunk, error: TransportError) -> int:
    longest = PATIENCE[chunk.urgent][1]
    return max(error.wait, min(longest, (1 if chunk.urgent else 2) * 2 ** min(chunk.retries, 10)))


def note(kind: str, chunk: Chunk, ids: Sequence[int], *, attempt: int | None, code: str = "") -> None:
    """One entry per message to staff, none for bulk: ids and figures only."""
    if chunk.batch_id is not None:
        return
    figures = {} if attempt is None else {"attempt": attempt}
    note_messages(kind, ids, SYSTEM, code=code, **figures)
