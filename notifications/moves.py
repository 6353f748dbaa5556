"""The only writer of `Message.state`: every move says from where, and the chunk's counters follow it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from journal.moves import sources
from notifications.models import Chunk
from notifications.states import TRANSITIONS, MessageState

COUNTED = ("sent", "delivered", "failed", "ambiguous", "cancelled")

# sent_at is when a provider is known to have the message; done_at when nothing more is expected to happen to it. The
# history gets a line: seconds since 1970, the state, the code.
UPDATE = """
UPDATE notifications_message SET state = %s, code = %s,
    sent_at = CASE WHEN %s THEN coalesce(sent_at, (SELECT fenghuo_now())) ELSE sent_at END,
    done_at = CASE WHEN %s THEN (SELECT fenghuo_now()) END,
    history = history || (SELECT extract(epoch FROM fenghuo_now())::numeric(17, 6) || %s)
WHERE {which} AND state = ANY(%s)
RETURNING id, old.state
"""
PROVIDER_HAS_IT = {MessageState.SENT, MessageState.DELIVERED}
FINAL = {MessageState.DELIVERED, MessageState.FAILED, MessageState.CANCELLED}

# A batch's messages of one template, or the one message of a chunk without a batch.
OF_CHUNK = "id BETWEEN %s AND %s AND template_id = %s AND batch_id IS NOT DISTINCT FROM %s"
# Those that calls name: as an array, so that they are found by their index whatever the statistics say.
OF_CALLS = "id = ANY(ARRAY(SELECT unnest(message_ids) FROM notifications_attempt WHERE id = ANY(%s)))"
MOVED = f"WITH moved AS ({UPDATE.format(which=OF_CALLS)}) UPDATE notifications_chunk SET {{counts}} WHERE id = %s"


def of_chunk(chunk: Chunk) -> list[Any]:
    return [chunk.first, chunk.last, chunk.template_id, chunk.batch_id]


def move(
    chunk_id: int, ids: Sequence[int], to: MessageState, *, code: str = "", origins: Iterable[str] | None = None
) -> dict[int, str]:
    """Move these messages of a chunk and return {id: former state} of those that moved.

    `origins` narrows the states they may come from; the transition table always applies. The caller holds the
    chunk's row.
    """
    if not ids:
        return {}
    rows = update(to, code, "id = ANY(%s)", [list(ids)], origins=origins)
    count(chunk_id, to, Counter(row[1] for row in rows))
    return dict(rows)


def move_all(chunk: Chunk, to: MessageState, *, origins: Iterable[str] | None = None) -> None:
    """The same for a whole chunk."""
    rows = update(to, "", OF_CHUNK, of_chunk(chunk), origins=origins)
    count(chunk.pk, to, Counter(row[1] for row in rows))


def move_called(chunk_id: int, attempt_ids: Sequence[int], to: MessageState, *, origins: Sequence[str]) -> None:
    """The same for all messages of calls, in one statement: their ids need not come here for that."""
    if not attempt_ids:
        return
    counts = [f"{to} = {to} + (SELECT count(*) FROM moved)"]
    counts += [
        f"{name} = {name} - (SELECT count(*) FROM moved WHERE state = '{name}')" for name in COUNTED if name in origins
    ]
    with connection.cursor() as cursor:
        values = [*values_of(to, "", [list(attempt_ids)], origins), chunk_id]
        cursor.execute(MOVED.format(counts=", ".join(counts)), values)


def update(to: MessageState, code: str, which: str, params: list[Any], *, origins: Iterable[str] | None) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(UPDATE.format(which=which), values_of(to, code, params, origins))
        return cursor.fetchall()


def values_of(to: MessageState, code: str, which: list[Any], origins: Iterable[str] | None) -> list[Any]:
    line = f" {to} {code}\n"
    return [to, code, to in PROVIDER_HAS_IT, to in FINAL, line, *which, legal_origins(to, origins)]


def legal_origins(to: MessageState, origins: Iterable[str] | None) -> list[str]:
    legal = sources(TRANSITIONS, to)
    return legal if origins is None else [state for state in origins if state in legal]


def count(chunk_id: int, to: MessageState, origins: Counter[str]) -> None:
    """Carry moves over to the chunk's counters; `queued` is what the others leave of its size."""
    delta = Counter({str(to): origins.total()})
    delta.subtract(origins)
    names = [name for name in COUNTED if delta[name]]
    if names:
        columns = ", ".join(f"{name} = {name} + %s" for name in names)
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE notifications_chunk SET {columns} WHERE id = %s", [*(delta[name] for name in names), chunk_id]
            )
