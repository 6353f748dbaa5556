"""One worker's work on the chunks it has claimed: open, call, record, finish."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection, transaction

from accounts.models import Channel
from journal.clock import now
from notifications.defaults import KEYPAD
from notifications.engine import finishing, metering, recovery
from notifications.engine.calls import Piece, Result, cut, take
from notifications.engine.recording import fail, record
from notifications.engine.waves import NOBODY_WAIT, Wave, next_wave
from notifications.models import Attempt, Batch, Chunk, Template
from notifications.moves import move, move_all
from notifications.routes import Routes
from notifications.states import MessageState, Outcome
from notifications.transports import Ambiguous, Askable, Call, Taken, TransportError, transport_for

log = structlog.get_logger()

CALLS_AT_ONCE = 16
SINGLE_CALLS = 128  # that are written down together and wait for a thread, where a call carries one message
LEASE = timedelta(seconds=int(os.environ.get("FENGHUO_SEND_LEASE") or 25))  # longer than the longest call
LAST_ONES = 0.25  # seconds that answers which are there wait for the last others
SENDABLE = ("launched", "finished")  # a finished batch may get a few messages back that turned out never to have left

# Rows are locked FOR NO KEY UPDATE throughout this room: a commit that checks a foreign key to a batch or a chunk must
# not wait for whoever holds it, or it would close a circle with the receipts, which hold several chunks.
# Statements of a wave are few and plain: ten thousand waves make a million notices.
RENEW = """
WITH locked AS (
    SELECT c.id FROM notifications_chunk c
    JOIN unnest(%s::bigint[], %s::int[]) AS ours(id, attempts) ON c.id = ours.id AND c.attempts = ours.attempts
    ORDER BY c.id FOR NO KEY UPDATE OF c
), renewed AS (
    UPDATE notifications_chunk c SET lease_until = (SELECT fenghuo_now()) + %s::interval
    FROM locked WHERE c.id = locked.id RETURNING c.id
)
SELECT fenghuo_now(), (SELECT count(*) FROM renewed), NOT EXISTS (SELECT FROM journal_installation WHERE send_hold)
    AND NOT EXISTS (SELECT FROM notifications_batch WHERE id = ANY(%s) AND state <> ALL(%s))
"""

Job = tuple[Piece, Attempt, Call]
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
        self.opened: list[tuple[Chunk, Template]] = []
        self.pieces: deque[Piece] = deque()
        self.under_way = 0
        self.jobs: deque[Job] = deque()
        self.answers: deque[Result] = deque()
        self.wanted, self.enough = 1, threading.Event()
        self.batches = Batch.objects.in_bulk({chunk.batch_id for chunk in chunks if chunk.batch_id})
        self.templates = Template.objects.in_bulk({chunk.template_id for chunk in chunks})
        self.unstarted = {batch.pk for batch in self.batches.values() if batch.first_sent_at is None}
        self.wait: dict[int, int] = {}
        self.until: dict[int, datetime] = {}
        self.moment = now()
        self.routes = Routes([chunk.channel for chunk in chunks], self.moment)
        self.lost = False
        self.leased_until = 0.0  # by this process's own clock

    def execute(self) -> None:
        # 1. Open: settle what a dead predecessor left, take what is queued, cut it into calls.
        for chunk in list(self.chunks.values()):
            with transaction.atomic():
                self.open(chunk)
        # 2. Calls, side by side: one transaction records those that have ended and commits the attempts of the next,
        #    while the others are under way. A kill loses the answers of those at most, and they are asked for.
        ended: list[Result] = []
        while self.pieces or self.under_way or ended:
            with transaction.atomic():
                may_send = self.renew()
                self.record(ended)
                wave = self.next_wave(ended, may_send=may_send)
            self.start([self.job(piece, attempt) for piece, attempt in wave.jobs])
            self.tell_started(ended)
            if wave.pause and not self.under_way:
                time.sleep(wave.pause)
            ended = self.ended()
        if self.lost:
            return
        # 3. Finish.
        for chunk in self.chunks.values():
            finishing.finish_chunk(chunk, wait=self.wait.get(chunk.pk), until=self.until.get(chunk.pk))

    def open(self, chunk: Chunk) -> None:
        locked = Chunk.objects.select_for_update(no_key=True).filter(pk=chunk.pk, attempts=chunk.attempts).first()
        if locked is None:
            del self.chunks[chunk.pk]
            return
        if locked.attempts > 1 and Attempt.objects.filter(chunk=locked, outcome=Outcome.OPEN).exists():
            recovery.settle(locked)
        batch = self.batches[locked.batch_id] if locked.batch_id else None
        if batch is not None and batch.state not in SENDABLE:
            return
        if locked.drill or locked.channel == Channel.IN_APP:
            move_all(locked, MessageState.DELIVERED, origins=[MessageState.QUEUED])
            return
        template = self.templates[locked.template_id]
        account = self.routes.account(locked, template)
        if account is None:
            self.later(chunk.pk, self.routes.back_at(locked.channel) or self.moment + NOBODY_WAIT)
            return
        most = None
        if row := self.routes.row(account):
            pressing = locked.urgent or (batch is not None and batch.urgent)
            if not pressing and (end := metering.quiet_end(row, self.moment)):
                self.later(chunk.pk, end)
                return
            # A guess without a lock, so that no more is taken on than will leave; each wave counts exactly.
            if row.metered:
                meter = metering.Meter(row, now())
                most = meter.allowance(urgent=locked.urgent)
                if most == 0:
                    self.later(chunk.pk, meter.free_at(urgent=locked.urgent))
                    return
        self.opened.append((locked, template))
        self.pieces.extend(cut(locked, template, take(locked, template, most), account))

    def later(self, chunk_id: int, until: datetime) -> None:
        self.until[chunk_id] = min(until, self.until.get(chunk_id, until))

    def renew(self) -> bool:
        """Renew and lock the leases, or learn that somebody has taken a chunk over with all that was not begun; tell
        whether more may be sent: nothing is held, paused or cancelled."""
        ids = sorted(self.chunks)
        may_send, before = False, time.monotonic()
        if not self.lost:
            values: list[Any] = [ids, [self.chunks[pk].attempts for pk in ids], f"{LEASE.seconds} seconds"]
            with connection.cursor() as cursor:
                cursor.execute(RENEW, [*values, list(self.batches), list(SENDABLE)])
                self.moment, renewed, may_send = cursor.fetchone()
            self.lost = renewed != len(ids)
            if not self.lost:
                self.leased_until = before + LEASE.total_seconds()
        if self.lost:  # what has ended is recorded all the same
            list(Chunk.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk"))
        return may_send and not self.lost

    def record(self, results: list[Result]) -> None:
        if not results:
            return
        told = record(results, self.routes)
        for chunk_id, seconds in told.wait.items():
            self.wait[chunk_id] = max(seconds, self.wait.get(chunk_id, 0))
        self.pieces.extendleft(reversed(told.again))
        if told.full:  # the gateway wants no more now: what was not tried yet waits with what was refused
            self.pieces = deque(piece for piece in self.pieces if piece.chunk.pk not in told.full)

    def next_wave(self, results: list[Result], *, may_send: bool) -> Wave:
        """Write an attempt for each of the next calls."""
        limited = {result.attempt.gateway_id for result in results if result.attempt.counts_until is not None}
        if not may_send:
            self.pieces.clear()
        if not self.pieces and not limited:
            return Wave()
        wave = next_wave(
            self.pieces,
            self.routes,
            chunks=self.opened,
            moment=self.moment,
            lease=LEASE,
            most=(SINGLE_CALLS if self.pieces and may_wait(self.pieces[0]) else CALLS_AT_ONCE) - self.under_way,
            ended=[pk for pk in limited if pk is not None],
        )
        for held in wave.held:
            move(held.chunk_id, held.ids, MessageState.QUEUED, code=held.code, origins=[MessageState.QUEUED])
            self.later(held.chunk_id, held.until)
        for chunk_id, ids in wave.unconsented.items():
            fail(self.chunks[chunk_id], ids, "no_consent")
        return wave

    def job(self, piece: Piece, attempt: Attempt) -> Job:
        assert piece.account is not None
        words, fields = self.routes.words(piece.account, piece.template, drill=piece.chunk.exercise is not None)
        keypad = piece.template.code in KEYPAD
        return piece, attempt, Call(attempt.key, words, list(piece.items), fields, keypad)

    def start(self, jobs: list[Job]) -> None:
        self.jobs.extend(jobs)
        self.under_way += len(jobs)
        for _thread in range(min(len(jobs), CALLS_AT_ONCE)):
            pool().submit(self.perform)

    def perform(self) -> None:
        """A thread's turn: one call after the other, while some wait. It wakes the worker when it has enough answers:
        waking it at each one is dear where a call carries one message. A process that stood still begins nothing once
        its lease is over: somebody else may have asked about these calls and made them anew."""
        while True:
            try:
                piece, attempt, call = self.jobs.popleft()
            except IndexError:
                return
            late = time.monotonic() >= self.leased_until
            what = TransportError("lease_over") if late else deliver(piece, attempt, call)
            self.answers.append(Result(piece, attempt, what))
            if len(self.answers) >= self.wanted:
                self.enough.set()

    def tell_started(self, results: list[Result]) -> None:
        started = self.unstarted & {result.piece.chunk.batch_id or 0 for result in results if result.taken}
        if started:
            finishing.tell_first_sent(started)
            self.unstarted -= started

    def ended(self) -> list[Result]:
        """Wait for three quarters of the calls under way, at the end for all, so that few transactions do; but no
        longer than a moment once the first has ended, because one may hang."""
        if not self.under_way:
            return []
        self.wait_for(1)
        self.wait_for(self.under_way - self.under_way // 4 if self.pieces else self.under_way, LAST_ONES)
        found = [self.answers.popleft() for _answer in range(len(self.answers))]
        self.under_way -= len(found)
        return found

    def wait_for(self, answers: int, seconds: float | None = None) -> None:
        self.wanted = answers
        self.enough.clear()
        if len(self.answers) < answers:
            self.enough.wait(seconds)


def may_wait(piece: Piece) -> bool:
    """Whether such a call may be written down before a thread is free for it. Not where a limit counts it from then on;
    nor where a kill would leave it unclear for good, because the provider can neither be asked nor drops repeats."""
    if len(piece.items) > 1 or piece.account is None or piece.account.metered:
        return False
    transport = transport_for(piece.account)
    return transport.idempotent or isinstance(transport, Askable)


def deliver(piece: Piece, attempt: Attempt, call: Call) -> Taken | TransportError | Ambiguous:
    """Make one call; no database is touched here."""
    assert piece.account is not None
    try:
        return transport_for(piece.account).deliver(call)
    except (TransportError, Ambiguous) as error:
        return error
    except Exception as error:  # noqa: BLE001
        # A fault of our own, after which nobody knows what left. Its text may hold an address: name the type only.
        log.error("transport failed", channel=piece.chunk.channel, attempt=attempt.pk, error=type(error).__name__)
        return Ambiguous("internal", type(error).__name__)
