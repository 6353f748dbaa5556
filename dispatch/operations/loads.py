"""Counting the orders on each way through the network, where there are too many to count for every page."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.db import connection, transaction

from dispatch.models import LoadCount
from dispatch.queries.loads import COUNTED, day_of, too_many_to_count
from journal import clock
from journal.claims import claim
from journal.clock import Now

LEASE = timedelta(minutes=10)
OFTENEST, REST = timedelta(seconds=30), 20  # a count that took a second is followed by twenty without one
READ = f"SELECT json_agg(found)::text FROM ({COUNTED}) found"
WRITE = """
INSERT INTO dispatch_networkload (region_id, warehouse_id, carrier_id, lane_id, open, leaving)
SELECT region_id, warehouse_id, carrier_id, lane_id, open, leaving
FROM json_populate_recordset(NULL::dispatch_networkload, %s::json)
"""


def claim_count() -> int | None:
    """The number of an attempt to count that is due now; None when none is."""
    LoadCount.objects.get_or_create(pk=1, defaults={"due_at": clock.now()})
    claimed = claim(LoadCount.objects.all(), lease=LEASE)
    return claimed[0].attempts if claimed else None


def count_loads(*, attempt: int) -> bool:
    """Count all orders for this attempt and put the new counts in the place of the old ones; False when another attempt
    has taken over. Journals nothing: it changes nothing that anybody decided.

    The orders are read by a statement of its own: a transaction that writes would hold up the readers of the
    assignment feed for as long as it counts.
    """
    began = time.perf_counter()
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(READ, day_of(now))
        found = cursor.fetchone()[0]
    took = time.perf_counter() - began
    with transaction.atomic():
        mine = LoadCount.objects.filter(pk=1, attempts=attempt)
        rest = max(OFTENEST, timedelta(seconds=REST * took))
        if not mine.update(counted_at=now, seconds=took, due_at=Now() + rest, lease_until=None):
            return False
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM dispatch_networkload")
            cursor.execute(WRITE, [found or "[]"])
    return True


def next_count() -> datetime | None:
    """When the orders are to be counted next; None while they are few enough to be counted by whoever asks."""
    if not too_many_to_count():
        return None
    count = LoadCount.objects.first()
    return clock.now() if count is None else count.lease_until or count.due_at
