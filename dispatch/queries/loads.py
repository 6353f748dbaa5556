"""How many orders lie on each way through the network.

Few orders are counted when somebody asks. Many take seconds, because nothing that a reroute changes has an index: then
what was counted last is shown, and when. The clock has it counted anew, the more rarely the longer it takes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings

from dispatch.queries.network import rows
from journal import clock

MANY = 200_000  # orders; a page counts so many in a fifth of a second

# One row per destination and allocation, by the columns of NetworkLoad.
COUNTED = """
SELECT region_id, warehouse_id, carrier_id, lane_id, sum(open)::int AS open, sum(leaving)::int AS leaving FROM (
    SELECT region_id, warehouse_id, carrier_id, lane_id, count(*) AS open,
        count(*) FILTER (WHERE planned_on IS NULL OR planned_on <= %(today)s) AS leaving
    FROM dispatch_order WHERE state = 'open' GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT region_id, warehouse_id, carrier_id, lane_id, 0, count(*) FROM dispatch_order
    WHERE state IN ('dispatched', 'delivered') AND dispatched_at >= %(midnight)s GROUP BY 1, 2, 3, 4
) counted GROUP BY 1, 2, 3, 4
"""
KEPT = "SELECT region_id, warehouse_id, carrier_id, lane_id, open, leaving FROM dispatch_networkload"
HOW_MANY = """
SELECT reltuples, (SELECT counted_at FROM dispatch_loadcount) FROM pg_class WHERE oid = 'dispatch_order'::regclass
"""


class Load(NamedTuple):
    """Orders of one destination and allocation: `open` ones, and those `leaving` today, which are the open ones not
    planned for later and those that left already."""

    region: str
    warehouse: str | None
    carrier: str | None
    lane: int | None
    open: int
    leaving: int


@dataclass(frozen=True)
class Loads:
    """Everything there is in the real network; `counted_at` tells when, None for now."""

    ways: list[Load]
    counted_at: datetime | None

    def sums(self, key: str, figure: str) -> Counter[Any]:
        """A figure by region, warehouse, carrier or lane."""
        found: Counter[Any] = Counter()
        for way in self.ways:
            found[getattr(way, key)] += getattr(way, figure)
        return found


def loads() -> Loads:
    """Where the orders lie: as they are while they are few, else as they were counted last."""
    orders, counted_at = rows(HOW_MANY)[0]
    if orders > MANY and counted_at is not None:
        return Loads([Load(*row) for row in rows(KEPT)], counted_at)
    return Loads([Load(*row) for row in rows(COUNTED, **day_of(clock.now()))], None)


def too_many_to_count() -> bool:
    return bool(rows(HOW_MANY)[0][0] > MANY)


def day_of(now: datetime) -> dict[str, Any]:
    """The parameters of COUNTED: the day of `now` where the network runs, and when it began."""
    local = now.astimezone(ZoneInfo(settings.TIME_ZONE))
    return {"today": local.date(), "midnight": local.replace(hour=0, minute=0, second=0, microsecond=0)}
