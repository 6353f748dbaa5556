"""One worker's work on the chunks it has claimed: open, call in waves, record, finish."""

from __future__ import annotations

import os
import secrets
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import reduce
from operator import or_

import structlog
from django.db import transaction
from django.db.models import Q

from accounts.models import Channel
from journal.clock import Now, now
from notifications import queries
from notifications.engine import finishing, recovery
from notifications.engine.calls import Piece, Result, cut, item_of
from notifications.engine.recording import record
from notifications.models import Attempt, Batch, Chunk, Template
from notifications.moves import move_all
from notifications.states import MessageState
from notifications.transports import Ambiguous, Call, TransportError, transport_for

log = structlog.get_logger()

CALLS_AT_ONCE = 4
LEASE = timedelta(seconds=int(os.environ.get("FENGHUO_SEND_LEASE") or 25))  # longer than the longest call
SENDABLE = ("launched", "finished")  # a finished batch may get a few messages back that turned out never to have left
TAKEN_COLUMNS = ", key, destination, variables, subject, body"

pools: dict[int, ThreadPoolExecutor] = {}


def pool() -> ThreadPoolExecutor:
    """This process's threads for calls; never those of the process it was forked from."""
    if os.getpid() not in pools:
        pools.clear()
        pools[os.getpid()] = ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="gateway")
    return pools[os.getpid()]


class Run:
    """Chunks under this worker's lease; the `attempts` of each is the fence against whoever had it before or after."""

    def __init__(self, chunks: list[Chunk]) -> None:
        self.chunks = {chunk.pk: chunk for chunk in chunks}
        self.pieces: deque[Piece] = deque()
        self.wait: dict[int, int] = {}
        self.lost = False

    def execute(self) -> None:
        # 1. Open: settle what a dead predecessor left, take what is queued, cut it into calls.
        for chunk in list(self.chunks.values()):
            with transaction.atomic():
                self.open(chunk)
        # 2. Waves: one transaction records the last wave and commits the attempts of the next, then the calls are
        #    made side by side. A kill loses the answers of one wave at most, and those are asked for.
        results: list[Result] = []
        while self.pieces or results:
            with transaction.atomic():
                self.record(results)
                wave = self.next_wave()
            if any(result.taken for result in results):
                finishing.tell_first_sent(self.chunks.values())
            if self.lost:
                return
            results = list(pool().map(perform, wave))
        # 3. Finish.
        for chunk in self.chunks.values():
            finishing.finish_chunk(chunk, wait=self.wait.get(chunk.pk))

    def open(self, chunk: Chunk) -> None:
        locked = Chunk.objects.select_for_update().filter(pk=chunk.pk, attempts=chunk.attempts).first()
        if locked is None:
            del self.chunks[chunk.pk]
            return
        if locked.sending:
            recovery.settle(locked)
        if locked.batch_id and Batch.objects.exclude(state__in=SENDABLE).filter(pk=locked.batch_id).exists():
            return
        if locked.drill or locked.channel == Channel.IN_APP:
            move_all(locked, MessageState.DELIVERED, origins=[MessageState.QUEUED])
            return
        template = Template.objects.get(pk=locked.template_id)
        rows = move_all(locked, MessageState.SENDING, origins=[MessageState.QUEUED], columns=TAKEN_COLUMNS)
        items = [item_of(row, template) for row in sorted(rows)]
        self.pieces.extend(cut(locked, template, items, transport_for(locked.channel).batch_size))

    def record(self, results: list[Result]) -> None:
        if not results:
            return
        again, waits = record(results)
        for chunk_id, seconds in waits.items():
            # The gateway does not want more now: what was not tried yet waits with what was refused.
            self.wait[chunk_id] = max(seconds, self.wait.get(chunk_id, 0))
            self.pieces = deque(piece for piece in self.pieces if piece.chunk.pk != chunk_id)
            again = [piece for piece in again if piece.chunk.pk != chunk_id]
        self.pieces.extendleft(reversed(again))

    def next_wave(self) -> list[tuple[Piece, Attempt]]:
        """Renew the leases and write an attempt for each of the next calls; none while held, paused or cancelled."""
        ours = reduce(or_, (Q(pk=chunk.pk, attempts=chunk.attempts) for chunk in self.chunks.values()))
        if Chunk.objects.filter(ours).update(lease_until=Now() + LEASE) != len(self.chunks):
            # Somebody has taken a chunk over, with all that no call was made for.
            self.lost = True
            return []
        if self.stopped():
            self.pieces.clear()
            return []
        wave = [self.pieces.popleft() for _number in range(min(CALLS_AT_ONCE, len(self.pieces)))]
        moment = now()
        attempts = [
            Attempt(
                key=secrets.token_hex(10),
                chunk=piece.chunk,
                channel=piece.chunk.channel,
                message_ids=[item.id for item in piece.items],
                started_at=moment,
                due_at=moment + LEASE,
            )
            for piece in wave
        ]
        Attempt.objects.bulk_create(attempts)
        return list(zip(wave, attempts, strict=True))

    def stopped(self) -> bool:
        batches = {chunk.batch_id for chunk in self.chunks.values() if chunk.batch_id}
        return queries.send_held() or Batch.objects.filter(pk__in=batches).exclude(state__in=SENDABLE).exists()


def perform(job: tuple[Piece, Attempt]) -> Result:
    """Make one call; no database is touched here."""
    piece, attempt = job
    drill = piece.chunk.exercise is not None
    words = piece.template.provider_drill_template if drill else piece.template.provider_template
    call = Call(key=attempt.key, provider_template=words, items=list(piece.items))
    try:
        return Result(piece, attempt, transport_for(piece.chunk.channel).deliver(call))
    except (TransportError, Ambiguous) as error:
        return Result(piece, attempt, error)
    except Exception as error:  # noqa: BLE001
        # A fault of our own, after which nobody knows what left. Its text may hold an address: name the type only.
        log.error("transport failed", channel=piece.chunk.channel, attempt=attempt.pk, error=type(error).__name__)
        return Result(piece, attempt, Ambiguous("internal", type(error).__name__))
