"""The judge: reads tables and journal by SQL of its own, and imports nothing of command."""

from __future__ import annotations

from typing import Any

ON_POST_MINUTES = 15  # the level table's limit, at every level
# Time jumps by this much between two statements of a transaction that calls somebody: its entry is so much younger.
JUMP = "2 minutes 2 seconds"

LOST = """
SELECT count(*) FROM incidents_deadline WHERE state = 'open' AND due_at < fenghuo_now() - interval '10 seconds'
"""
NOT_TOLD = """
SELECT count(*) FROM incidents_deadline d WHERE missed_at IS NOT NULL AND NOT EXISTS (
    SELECT FROM journal_entry e WHERE e.kind = 'deadline.missed' AND e.payload->>'deadline' = 'deadline:' || d.id)
"""
NOT_ESCALATED = """
SELECT count(*) FROM incidents_deadline
WHERE state = 'missed' AND escalate_at IS NOT NULL AND escalate_at < fenghuo_now() - interval '10 seconds'
"""
DOUBLED = """
SELECT count(*) FROM (SELECT 1 FROM journal_entry WHERE kind = %s GROUP BY payload->>'deadline' HAVING count(*) > 1) x
"""
EARLY = """
SELECT count(*) FROM journal_entry e JOIN incidents_deadline d ON 'deadline:' || d.id = e.payload->>'deadline'
WHERE e.kind = 'deadline.missed' AND (e.recorded_at < e.occurred_at OR e.occurred_at <> d.due_at)
"""
OLD_GENERATION = """
SELECT count(*) FROM incidents_deadline d JOIN incidents_incident i ON i.id = d.incident_id
WHERE d.state = 'open' AND d.kind IN ('arrival', 'measure', 'ready', 'quorum') AND d.generation <> i.generation
"""
# From the journal alone: who was called must have come, declined, been replaced, or be recorded as late at the minute.
UNACCOUNTED = f"""
WITH called AS (
    SELECT e.subject, e.seq, e.payload->>'callout' AS callout, e.payload->>'post' AS post, e.recorded_at AS at
    FROM journal_entry e WHERE e.kind = 'callout.called'
        AND e.recorded_at < fenghuo_now() - interval '{ON_POST_MINUTES} minutes 30 seconds'
)
SELECT count(*) FROM called c
WHERE NOT EXISTS (
    SELECT FROM journal_entry e WHERE e.subject = c.subject AND e.kind = 'deadline.missed'
        AND e.payload->>'subject' = c.callout
        AND e.occurred_at BETWEEN c.at + interval '{ON_POST_MINUTES} minutes' - interval '{JUMP}'
            AND c.at + interval '{ON_POST_MINUTES} minutes' + interval '2 seconds'
) AND NOT EXISTS (
    SELECT FROM journal_entry e WHERE e.subject = c.subject AND e.seq > c.seq
        AND e.recorded_at <= c.at + interval '{ON_POST_MINUTES} minutes 2 seconds'
        AND (e.payload->>'callout' = c.callout AND e.kind IN ('callout.arrived', 'callout.declined')
            OR e.payload->>'post' = c.post AND e.kind IN ('callout.arrived', 'post.taken')
            OR e.kind IN ('incident.closed', 'incident.dismissed', 'incident.merged', 'incident.level_lowered',
                'incident.suspended', 'incident.start_reverted'))
) AND NOT EXISTS (  -- called while it stood still: their time begins when it goes on
    SELECT FROM journal_entry s WHERE s.subject = c.subject AND s.kind = 'incident.suspended' AND s.seq < c.seq
        AND NOT EXISTS (SELECT FROM journal_entry r WHERE r.subject = s.subject AND r.kind = 'incident.resumed'
            AND r.seq > s.seq AND r.seq < c.seq)
)
"""
COUNTS = """
SELECT count(*) FILTER (WHERE kind = 'deadline.missed'), count(*) FILTER (WHERE kind = 'callout.called'),
    count(*) FILTER (WHERE kind = 'incident.responded'), count(*) FROM journal_entry
"""


def judge(cursor: Any) -> dict[str, int]:
    """What is wrong, by name; and `figures` of how much there was to be wrong about."""

    def number(sql: str, *params: object) -> int:
        cursor.execute(sql, list(params) or None)
        return int(cursor.fetchone()[0])

    return {
        "lost": number(LOST),
        "missed but not told": number(NOT_TOLD),
        "not escalated": number(NOT_ESCALATED),
        "told twice": number(DOUBLED, "deadline.missed"),
        "escalated twice": number(DOUBLED, "deadline.escalated"),
        "early": number(EARLY),
        "open of an old generation": number(OLD_GENERATION),
        "calls unaccounted for": number(UNACCOUNTED),
    }


def figures(cursor: Any) -> dict[str, int]:
    cursor.execute(COUNTS)
    return dict(zip(("missed", "called", "responses", "entries"), map(int, cursor.fetchone()), strict=True))
