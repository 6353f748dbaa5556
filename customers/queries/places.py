"""How far a notice is in each province."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from customers.models import NoticePlaces, NoticeRun
from dispatch.models import Region

MANY = 20_000  # people whom nobody counts for every look

AUDIENCE = """
SELECT zone, count(*), 0, count(*) FILTER (WHERE channel <> ''), 0, 0, count(*) FILTER (WHERE channel = '')
FROM customers_noticerecipient WHERE notice_id = %(notice)s GROUP BY zone
"""
# The newest message of each recipient says how far it is; one that is still to be made is waited for.
COUNTED = """
WITH newest AS (
    SELECT l.recipient_id AS id, max(l.number) AS leg
    FROM customers_noticeleg l JOIN customers_noticewave w ON w.id = l.wave_id
    WHERE w.notice_id = %(notice)s GROUP BY 1
), sent AS (
    SELECT split_part(m.key, ':', 2)::bigint AS id, coalesce(nullif(split_part(m.key, ':', 3), '')::int, 0) AS leg,
        m.state
    FROM customers_noticewave w
    CROSS JOIN LATERAL (
        SELECT min(first) AS first, max(last) AS last FROM notifications_chunk WHERE batch_id = w.batch
    ) AS c
    JOIN notifications_message m ON m.id BETWEEN c.first AND c.last AND m.batch_id = w.batch
    WHERE w.notice_id = %(notice)s
)
SELECT r.zone, count(*), count(*) FILTER (WHERE s.state IN ('sent', 'delivered')),
    count(*) FILTER (WHERE r.channel <> '' AND coalesce(s.state, 'queued') NOT IN ('sent', 'delivered', 'failed',
        'ambiguous', 'cancelled')),
    count(*) FILTER (WHERE s.state = 'failed'), count(*) FILTER (WHERE s.state = 'ambiguous'),
    count(*) FILTER (WHERE r.channel = '')
FROM customers_noticerecipient r
LEFT JOIN newest n ON n.id = r.id
LEFT JOIN sent s ON s.id = r.id AND s.leg = coalesce(n.leg, 0)
WHERE r.notice_id = %(notice)s GROUP BY r.zone
"""


@dataclass(frozen=True)
class Place:
    """A province's people: told (a provider took the newest message to them), waiting, failed, unclear, or not to be
    reached. What was stopped before it left is in none of these."""

    name: str
    zone: str
    people: int
    told: int
    waiting: int
    failed: int
    unclear: int
    unreachable: int

    @property
    def reachable(self) -> int:
        return self.people - self.unreachable


@dataclass(frozen=True)
class Places:
    """The provinces, those with most people first; as of `counted_at`, or of now."""

    rows: list[Place]
    counted_at: datetime | None = None


def count_places(run: NoticeRun) -> list[list[object]]:
    """The figures of each province, by one statement."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTED if run.launched_at else AUDIENCE, {"notice": run.pk})
        return [list(row) for row in cursor.fetchall()]


def places_of(run: NoticeRun) -> Places:
    """How far it is in each province. Of many people it is what a worker counted last, nothing before that."""
    if run.audience <= MANY or run.launched_at is None:
        return Places(named(count_places(run)))
    kept = NoticePlaces.objects.filter(notice=run).first()
    return Places(named(kept.figures), kept.counted_at) if kept else Places([])


def named(figures: Iterable[list]) -> list[Place]:
    found = list(figures)
    names = Region.objects.in_bulk([row[0] for row in found])
    rows = [Place(names[row[0]].label if row[0] in names else row[0], *row) for row in found]
    return sorted(rows, key=lambda row: (-row.people, row.zone))
