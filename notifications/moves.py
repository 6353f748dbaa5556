"""The only writer of `Message.state`: every move says from where, and the chunk's counters follow it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from notifications.models import Chunk
from notifications.states import MessageState, may_become

COUNTED = ("sending", "sent", "delivered", "failed", "ambiguous", "cancelled")

# sent_at is when a provider is known to have the message; done_at when nothing more is expected to happen to it. The
# history gets a line: seconds since 1970, the state, the code.
UPDATE = """
UPDATE notifications_message SET state = %s, code = %s,
    sent_at = CASE WHEN %s THEN coalesce(sent_at, (SELECT fenghuo_now())) ELSE sent_at END,
    done_at = CASE WHEN %s THEN (SELECT fenghuo_now()) END,
    history = history || (SELECT extract(epoch FROM fenghuo_now())::numeric(17, 6)) || %s
WHERE {which} AND state = ANY(%s)
RETURNING id, old.state{columns}
"""
PROVIDER_HAS_IT = {MessageState.SENT, MessageState.DELIVERED}
FINAL = {MessageState.DELIVERED, MessageState.FAILED, MessageState.CANCELLED}

# A batch's messages of one template, or the one message of a chunk without a batch.
OF_CHUNK = "id BETWEEN %s AND %s AND template_id = %s AND batch_id IS NOT DISTINCT FROM %s"
FIRST_OF_CHUNK = f"""id IN (
    SELECT id FROM notifications_message WHERE {OF_CHUNK} AND state = ANY(%s) ORDER BY id LIMIT %s
)"""


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
    count(chunk_id, to, rows)
    return {row[0]: row[1] for row in rows}


def move_all(
    chunk: Chunk,
    to: MessageState,
    *,
    code: str = "",
    origins: Iterable[str] | None = None,
    columns: str = "",
    most: int | None = None,
) -> list[tuple]:
    """The same for a whole chunk, or for its first `most` messages that may move; returns (id, former state, *columns)
    rows."""
    which, params = OF_CHUNK, of_chunk(chunk)
    if most is not None:
        which, params = FIRST_OF_CHUNK, [*params, legal_origins(to, origins), most]
    rows = update(to, code, which, params, origins=origins, columns=columns)
    count(chunk.pk, to, rows)
    return rows


def update(
    to: MessageState, code: str, which: str, params: list[Any], *, origins: Iterable[str] | None, columns: str = ""
) -> list[tuple]:
    states = legal_origins(to, origins)
    line = f" {to} {code}\n"
    values = [to, code, to in PROVIDER_HAS_IT, to in FINAL, line, *params, states]
    with connection.cursor() as cursor:
        cursor.execute(UPDATE.format(which=which, columns=columns), values)
        return cursor.fetchall()


def legal_origins(to: MessageState, origins: Iterable[str] | None) -> list[str]:
    legal = may_become(to)
    return legal if origins is None else [state for state in origins if state in legal]


def count(chunk_id: int, to: MessageState, rows: Sequence[tuple]) -> None:
    """Carry moves over to the chunk's counters; `queued` is what the others leave of its size."""
    if not rows:
        return
    change = Counter(row[1] for row in rows)
    delta = {str(state): -number for state, number in change.items()}
    delta[str(to)] = delta.get(str(to), 0) + len(rows)
    names = [name for name in COUNTED if delta.get(name)]
    if names:
        columns = ", ".join(f"{name} = {name} + %s" for name in names)
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE notifications_chunk SET {columns} WHERE id = %s", [*(delta[name] for name in names), chunk_id]
            )
