"""Telling systems outside that something happened."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from journal.clock import now, wake
from journal.hints import nudge
from notifications.events import KINDS, UnknownEvent

LARGEST_PAYLOAD = 16_000  # Standard Webhooks asks for small bodies; whoever wants more pulls it

TELL = """
INSERT INTO notifications_webhookdelivery (endpoint_id, event_id, kind, payload, happened_at, due_at, state, attempts,
    tries, problem, response)
SELECT id, %(event)s, %(kind)s, %(payload)s::jsonb, %(happened_at)s, %(now)s,
    CASE state WHEN 'active' THEN 'due' ELSE 'held' END, 0, 0, '', ''
FROM notifications_webhookendpoint
WHERE (cardinality(kinds) = 0 OR %(kind)s = ANY(kinds)) AND created_at <= %(happened_at)s
ORDER BY id
ON CONFLICT (endpoint_id, event_id) DO NOTHING
RETURNING state
"""


class EventOutsideTransaction(RuntimeError):
    """An event must commit or vanish together with what it tells of."""


def event_id(key: str) -> str:
    """The webhook-id of what `key` names, the same however often it is told."""
    return "msg_" + hashlib.sha256(key.encode()).hexdigest()[:32]


def send_event(
    *,
    kind: str,
    payload: Mapping[str, Any],
    key: str,
    exercise: int | None = None,
    happened_at: datetime | None = None,
) -> int:
    """Tell every endpoint that wants `kind`: one delivery each, committed with the caller's transaction; return how
    many. Workers send them after the commit, signed and retried.

    `key` names what happened ("reroute:7:applied"): telling it again tells nobody twice. `payload` holds ids and
    figures, no personal data. An exercise tells nobody outside. An endpoint that is disabled gets its delivery held,
    so that somebody may ask for it later; one that was made after it happened gets none.

    Raises EventOutsideTransaction, UnknownEvent, ValueError for a payload above 16,000 bytes.
    """
    if not connection.in_atomic_block:
        raise EventOutsideTransaction(kind)
    if kind not in KINDS:
        raise UnknownEvent(kind)
    body = json.dumps(payload, cls=DjangoJSONEncoder, ensure_ascii=False)
    if len(body.encode()) > LARGEST_PAYLOAD:
        raise ValueError(f"the payload of {kind} is too large; send where to find it")
    if exercise is not None:
        return 0
    moment = now()
    with connection.cursor() as cursor:
        cursor.execute(
            TELL,
            {
                "event": event_id(key),
                "kind": kind,
                "payload": body,
                "happened_at": happened_at or moment,
                "now": moment,
            },
        )
        told = [state for (state,) in cursor.fetchall()]
    if "due" in told:
        hint()
    return len(told)


def hint() -> None:
    """Ask a worker to look, once this transaction commits; the clock's sweep does if that is lost."""
    from notifications import tasks

    nudge(tasks.send_webhooks)
    wake()
