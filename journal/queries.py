"""Reads of the journal."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.models import Q, QuerySet

from journal.models import Entry, Head


def timeline(topic: str) -> QuerySet[Entry]:
    """Everything about a matter, newest first: entries whose subject or reference it is."""
    return Entry.objects.filter(Q(subject=topic) | Q(reference=topic)).order_by("-occurred_at", "-id")


def entries(*, topic: str = "", kind: str = "", actor: str = "") -> QuerySet[Entry]:
    """Entries about a matter, of a kind (or all that begin with it) and by an actor, newest first."""
    found = Entry.objects.order_by("-id")
    if topic:
        found = found.filter(Q(subject=topic) | Q(reference=topic))
    if kind:
        found = found.filter(kind__startswith=kind)
    if actor:
        found = found.filter(actor=actor)
    return found


# An entry may commit after one with a higher id: so the newest entries are counted, too. Touches are kept for minutes.
VERSION = """
SELECT (SELECT coalesce(max(id), 0) FROM journal_entry WHERE reference = ANY(%(topics)s)
        AND split_part(kind, '.', 1) <> ALL(%(but)s)),
    (SELECT count(*) FROM journal_entry WHERE reference = ANY(%(topics)s) AND split_part(kind, '.', 1) <> ALL(%(but)s)
        AND id > (SELECT coalesce(max(id), 0) FROM journal_entry) - %(window)s),
    (SELECT coalesce(string_agg(seq::text, '.' ORDER BY subject), '') FROM journal_head
        WHERE subject = ANY(%(topics)s)),
    (SELECT coalesce(max(id), 0) || '.' || count(*) FROM journal_touch WHERE topic = ANY(%(topics)s))
"""
VERSION_OF_ALL = """
SELECT (SELECT coalesce(max(id), 0) FROM journal_entry),
    (SELECT count(*) FROM journal_entry WHERE id > (SELECT coalesce(max(id), 0) FROM journal_entry) - %(window)s),
    (SELECT coalesce(max(id), 0) || '.' || count(*) FROM journal_touch)
"""
WINDOW = 1000


def version(*topics: str, but: tuple[str, ...] = ()) -> str:
    """A short text that changes whenever an entry about any of these matters commits, or one of them is touched: an
    ETag for panels. "*" stands for everything that happens. Entries that only refer to a matter do not count when they
    are of a kind in `but` ("measure" for measure.completed, …)."""
    with connection.cursor() as cursor:
        everything = "*" in topics
        cursor.execute(
            VERSION_OF_ALL if everything else VERSION, {"topics": list(topics), "window": WINDOW, "but": list(but)}
        )
        return "-".join(str(part) for part in cursor.fetchone())


@dataclass(frozen=True)
class Fault:
    """A place where a chain does not hold."""

    subject: str
    seq: int
    problem: str


VERIFY = """
WITH linked AS (
    SELECT e.*, lag(hash, 1, ''::bytea) OVER chain AS expected_previous, lag(seq, 1, 0) OVER chain AS before,
        lead(seq) OVER chain IS NULL AS last
    FROM journal_entry e WINDOW chain AS (PARTITION BY subject ORDER BY seq)
)
SELECT l.subject, l.seq, CASE
    WHEN l.hash <> journal_hash(l.previous_hash, l.seq, l.kind, l.subject, l.reference, l.actor, l.payload,
        l.occurred_at, l.recorded_at, l.backfilled, l.exercise) THEN 'changed'
    WHEN l.previous_hash <> l.expected_previous OR l.seq <> l.before + 1 THEN 'gap before it'
    ELSE 'chain is longer than its last entry' END
FROM linked l LEFT JOIN journal_head h USING (subject)
WHERE l.hash <> journal_hash(l.previous_hash, l.seq, l.kind, l.subject, l.reference, l.actor, l.payload,
        l.occurred_at, l.recorded_at, l.backfilled, l.exercise)
    OR l.previous_hash <> l.expected_previous OR l.seq <> l.before + 1
    OR (l.last AND (h.hash IS DISTINCT FROM l.hash OR h.seq IS DISTINCT FROM l.seq))
UNION ALL
SELECT h.subject, h.seq, 'no entries left' FROM journal_head h
WHERE h.seq > 0 AND NOT EXISTS (SELECT 1 FROM journal_entry e WHERE e.subject = h.subject)
ORDER BY 1, 2
"""


def verify() -> list[Fault]:
    """Recompute every hash and link; an empty list means that all chains hold up to their heads."""
    with connection.cursor() as cursor:
        cursor.execute(VERIFY)
        return [Fault(*row) for row in cursor.fetchall()]


def heads() -> dict[str, tuple[int, str]]:
    """subject → (seq, hash in hex) of every chain's end."""
    return {head.subject: (head.seq, bytes(head.hash).hex()) for head in Head.objects.order_by("subject")}


def verify_against(exported: dict[str, tuple[int, str]]) -> list[Fault]:
    """Whether each exported head is still part of its chain: shows a tail that was cut off, head and all."""
    faults = []
    for subject, (seq, digest) in exported.items():
        entry = Entry.objects.filter(subject=subject, seq=seq).first()
        if entry is None:
            faults.append(Fault(subject, seq, "missing since the export"))
        elif bytes(entry.hash).hex() != digest:
            faults.append(Fault(subject, seq, "differs from the export"))
    return faults
