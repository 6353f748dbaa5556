"""Writing the journal. The one place where an entry is made from Python."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

APPEND = "SELECT journal_append(%s, %s, %s, %s, %s::jsonb, %s, %s, %s)"
TOUCH = """
WITH touched AS (
    INSERT INTO journal_touch (topic, at) SELECT topic, clock_timestamp() FROM unnest(%s::text[]) AS topic
    RETURNING topic
)
SELECT pg_notify('fenghuo_topics', topic) FROM touched
"""


class JournalOutsideTransaction(RuntimeError):
    """An entry must commit or vanish together with the change it tells of."""


def write(
    *,
    kind: str,
    subject: str,
    by: object,
    payload: Mapping[str, Any] | None = None,
    reference: str = "",
    occurred_at: datetime | None = None,
    backfilled: bool = False,
    exercise: int | None = None,
) -> int:
    """Append one entry to the chain of `subject` and return its id.

    `subject` is what changed ("reroute:7"), `reference` the larger matter it belongs to ("incident:42"); browsers
    that watch either topic are told on commit. `by` is an Actor (anything whose str() is "user:3", "clock", …).
    `payload` holds ids and figures, never personal data. Call it last in the transaction: it locks the chain.

    Raises JournalOutsideTransaction when no transaction is open.
    """
    if not connection.in_atomic_block:
        raise JournalOutsideTransaction(kind)
    body = json.dumps(payload or {}, cls=DjangoJSONEncoder, ensure_ascii=False)
    with connection.cursor() as cursor:
        cursor.execute(APPEND, [kind, subject, reference, str(by), body, occurred_at, backfilled, exercise])
        return cursor.fetchone()[0]


def touch(*topics: str) -> None:
    """Tell browsers, when this transaction commits, that panels on these topics changed; writes no entry."""
    with connection.cursor() as cursor:
        cursor.execute(TOUCH, [list(topics)])
