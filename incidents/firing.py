"""The deadline engine: one set-based statement per batch marks what is due as missed and writes the journal.

1. Open rows whose due time has come are locked together with their incident's chain, earliest first, skipping those
   that somebody holds: never early, once each, and whoever sits on one incident does not hold up the others.
   (Every incident has a chain: its report is the first entry.)
2. They become missed, and due for escalation.
3. In the same statement the journal gets deadline.missed with occurred_at = the due time, all of them at once.

All or nothing: a clock that dies in between leaves the rows as they were, and a peer takes them.

The commit does not wait for the disk (ADR 13): should the database's machine fail within the next moment, the rows are
open again afterwards and fire again, journal entry and all. Nothing that leaves the house can have overtaken it: every
message is queued by a later transaction, whose own commit takes this one to the disk first.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from incidents.models import Deadline, DeadlineState
from journal.clock import Source

BATCH = 500

FIRE = """
SET LOCAL synchronous_commit TO off;
WITH due AS MATERIALIZED (
    SELECT d.id FROM incidents_deadline d JOIN journal_head h ON h.subject = 'incident:' || d.incident_id
    WHERE d.state = 'open' AND d.due_at <= (SELECT fenghuo_now())
    ORDER BY d.due_at LIMIT %s FOR UPDATE OF d, h SKIP LOCKED
), missed AS (
    UPDATE incidents_deadline d
    SET state = 'missed', missed_at = (SELECT fenghuo_now()), escalate_at = (SELECT fenghuo_now()), remind_at = NULL
    FROM due WHERE d.id = due.id AND d.state = 'open'
    RETURNING d.id, d.incident_id, d.kind, d.subject, d.post, d.generation, d.due_at, d.exercise
)
SELECT journal_append_many(
    'deadline.missed', 'clock',
    array_agg('incident:' || incident_id ORDER BY due_at, id),
    array_agg(jsonb_build_object('deadline', 'deadline:' || id, 'kind', kind, 'subject', subject,
        'post', CASE WHEN post = '' THEN '' ELSE 'post:' || post END, 'generation', generation) ORDER BY due_at, id),
    array_agg(due_at ORDER BY due_at, id),
    array_agg(exercise ORDER BY due_at, id)) FROM missed
"""


def fire_due(limit: int = BATCH) -> int:
    """Mark up to `limit` due deadlines as missed; returns how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FIRE, [limit])
        return cursor.fetchone()[0]


def next_due() -> datetime | None:
    rows = Deadline.objects.filter(state=DeadlineState.OPEN).order_by("due_at")
    return rows.values_list("due_at", flat=True).first()


DEADLINES = Source(name="incidents deadlines", run=fire_due, next_due=next_due, urgent=True)
