"""The next calls of a run: through which gateway, how much of it now, and what each needs before it is made."""

from __future__ import annotations

import secrets
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from notifications.engine import consents, metering
from notifications.engine.calls import Piece, cut
from notifications.models import Attempt, Chunk, Template
from notifications.routes import Routes
from notifications.transports import transport_for

NOBODY_WAIT = timedelta(minutes=1)
WRITE = """
INSERT INTO notifications_attempt (key, chunk_id, channel, gateway_id, message_ids, started_at, due_at, counts_until,
    outcome, code, detail, provider_id, attempts)
SELECT key, chunk_id, channel, gateway_id, ids::bigint[], started_at, due_at, counts_until, 'open', '', '', '', 0
FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::timestamptz[], %s::timestamptz[],
    %s::timestamptz[]) AS new(key, chunk_id, channel, gateway_id, ids, started_at, due_at, counts_until)
RETURNING key, id
"""


@dataclass(frozen=True)
class Held:
    """Messages that must wait: why, and until when."""

    chunk_id: int
    ids: list[int]
    code: str
    until: datetime


@dataclass
class Wave:
    """What one transaction commits: calls with their attempts, messages that wait or lack a consent (by chunk), and how
    many seconds this worker waits for room before it tries again."""

    jobs: list[tuple[Piece, Attempt]] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    unconsented: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    pause: float = 0.0


def next_wave(
    pieces: deque[Piece],
    routes: Routes,
    *,
    chunks: Iterable[tuple[Chunk, Template]],
    moment: datetime,
    lease: timedelta,
    most: int,
    ended: Iterable[int] = (),
) -> Wave:
    """Take up to `most` calls off `pieces`, which are all of these `chunks`, and write their attempts.

    1. Gateways with limits are locked, ids ascending, those whose calls have just `ended` too: they have room again.
    2. Each call is cut to what its gateway takes now. What finds no room is dropped from `pieces` (its channel is not
       claimed until there is; the chunk waits itself where another gateway leads the channel), or kept when there is
       room within a moment.
    3. Each message that needs a consent of its recipient uses one up.
    """
    wave = Wave()
    accounts = [routes.account(chunk, template) for chunk, template in chunks]
    meters = metering.lock(
        [*ended, *(account.id for account in accounts if account and account.metered and account.id)]
    )
    calls: list[Piece] = []
    aside: list[Piece] = []
    while pieces and len(calls) < most:
        piece = pieces.popleft()
        account = routes.account(piece.chunk, piece.template)
        if account is None:
            until = routes.back_at(piece.chunk.channel) or moment + NOBODY_WAIT
            wave.held.append(Held(piece.chunk.pk, piece.ids, "no_gateway", until))
            continue
        if account != piece.account:
            pieces.extendleft(reversed(list(cut(piece.chunk, piece.template, piece.items, account))))
            continue
        meter = meters.get(account.id or 0)
        if meter is None:
            calls.append(piece)
            continue
        free = meter.room(urgent=piece.chunk.urgent)
        if free == 0:
            wait = meter.free_at(urgent=piece.chunk.urgent) - meter.moment
            if wait <= metering.SHORT:
                aside.append(piece)
                wave.pause = max(wave.pause, wait.total_seconds(), 0.001)
            elif not routes.leads(account, piece.chunk):
                wave.held.append(Held(piece.chunk.pk, piece.ids, "", meter.moment + wait))
            continue
        if free is not None and free < len(piece.items):
            pieces.appendleft(replace(piece, items=piece.items[free:]))
            piece = replace(piece, items=piece.items[:free])
        piece, late, first = meter.count_numbers(piece)
        if late:
            wave.held.append(Held(piece.chunk.pk, [item.id for item in late], "number_limit", first))
        if piece.items:
            meter.used(len(piece.items), meter.moment + lease)
            calls.append(piece)
    pieces.extendleft(reversed(aside))
    for meter in meters.values():
        meter.write()
    units = consents.take([piece for piece in calls if needs_consent(piece)], routes)
    for piece in calls:
        if needs_consent(piece) and piece.ids[0] not in units:
            wave.unconsented[piece.chunk.pk] += piece.ids
        else:
            wave.jobs.append((piece, attempt_of(piece, meters, moment, lease)))
    write_attempts([attempt for _piece, attempt in wave.jobs])
    consents.use(units, [attempt for _piece, attempt in wave.jobs])
    if wave.jobs:
        wave.pause = 0.0
    return wave


def write_attempts(attempts: list[Attempt]) -> None:
    """One plain statement: the ORM would look at each of a hundred ids."""
    if not attempts:
        return
    columns: list[Any] = [
        [attempt.key for attempt in attempts],
        [attempt.chunk_id for attempt in attempts],
        [attempt.channel for attempt in attempts],
        [attempt.gateway_id for attempt in attempts],
        [f"{{{','.join(map(str, attempt.message_ids))}}}" for attempt in attempts],
        [attempt.started_at for attempt in attempts],
        [attempt.due_at for attempt in attempts],
        [attempt.counts_until for attempt in attempts],
    ]
    with connection.cursor() as cursor:
        cursor.execute(WRITE, columns)
        ids = dict(cursor.fetchall())
    for attempt in attempts:
        attempt.pk = ids[attempt.key]


def needs_consent(piece: Piece) -> bool:
    return piece.account is not None and transport_for(piece.account).consented


def attempt_of(piece: Piece, meters: dict[int, metering.Meter], moment: datetime, lease: timedelta) -> Attempt:
    gateway_id = piece.account.id if piece.account else None
    meter = meters.get(gateway_id or 0)
    moment = meter.moment if meter else moment
    return Attempt(
        key=secrets.token_urlsafe(11),  # 15 characters: Aliyun's calls take no longer OutId
        chunk=piece.chunk,
        channel=piece.chunk.channel,
        gateway_id=gateway_id,
        message_ids=piece.ids,
        started_at=moment,
        due_at=moment + lease,
        counts_until=moment + lease if meter and meter.windows else None,
    )
