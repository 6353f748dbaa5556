"""Orders delivered by the hour, against what that hour usually brings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection


@dataclass(frozen=True)
class ThroughputPoint:
    """Orders delivered in the hour from `hour`; `baseline` is None while there is no history to compare with."""

    hour: datetime
    orders: int
    baseline: float | None


# A past hour is clean unless real closures of at least this share of all lanes were in force in it
# (the severity matrix's lowest step): a single lane closed for months must not spoil the baseline.
DISTURBED = 0.02
WEEKS, LOOK_BACK = 4, 12

POINTS = """
WITH recorded AS (SELECT min(hour) AS since FROM dispatch_hourlythroughput WHERE exercise IS NULL),
disturbances AS MATERIALIZED (
    SELECT closed_at, opened_at FROM (
        SELECT reference, closed_at, opened_at, lane_id FROM dispatch_laneclosure WHERE exercise IS NULL
        UNION SELECT h.reference, h.closed_at, h.opened_at, g.lane_id FROM dispatch_hubclosure h
        JOIN dispatch_laneleg g ON h.hub_id = g.hub_id OR h.hub_id = g.road_id WHERE h.exercise IS NULL
    ) closed GROUP BY reference, closed_at, opened_at
    HAVING count(*) >= %(disturbed)s * (SELECT count(*) FROM dispatch_lane)
),
hours AS (
    SELECT hour FROM generate_series(
        date_trunc('hour', %(since)s::timestamptz), %(until)s::timestamptz, interval '1 hour') hour
    WHERE hour < %(until)s::timestamptz
)
SELECT h.hour, coalesce(own.orders, real.orders, 0), baseline.orders
FROM hours h
LEFT JOIN dispatch_hourlythroughput own ON own.hour = h.hour AND own.exercise = %(exercise)s
LEFT JOIN dispatch_hourlythroughput real ON real.hour = h.hour AND real.exercise IS NULL
LEFT JOIN LATERAL (
    SELECT coalesce(
        percentile_cont(0.5) WITHIN GROUP (ORDER BY clean.orders) FILTER (WHERE NOT clean.promoted),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY clean.orders)
    ) AS orders FROM (
        SELECT coalesce(p.orders, 0) AS orders, promotion.days AS promoted
        FROM generate_series(1, %(look_back)s) week
        LEFT JOIN dispatch_hourlythroughput p ON p.hour = h.hour - week * interval '7 days' AND p.exercise IS NULL
        CROSS JOIN LATERAL (
            SELECT EXISTS (
                SELECT 1 FROM dispatch_promotion
                WHERE to_char((h.hour - week * interval '7 days') AT TIME ZONE %(zone)s, 'MMDD')::int
                    BETWEEN first_month * 100 + first_day AND last_month * 100 + last_day
            ) AS days
        ) promotion
        WHERE h.hour - week * interval '7 days' >= (SELECT since FROM recorded)
            AND NOT EXISTS (
                SELECT 1 FROM disturbances d
                WHERE d.closed_at < h.hour - week * interval '7 days' + interval '1 hour'
                    AND (d.opened_at IS NULL OR d.opened_at > h.hour - week * interval '7 days')
            )
        ORDER BY promotion.days, week LIMIT %(weeks)s
    ) clean
) baseline ON true
ORDER BY h.hour
"""


def throughput(since: datetime, until: datetime, exercise: int | None = None) -> list[ThroughputPoint]:
    """One point per hour that begins in [since's hour, until).

    The baseline is the median of the same weekday and hour over the last four clean weeks, always of real hours; days
    of a promotion count only where nothing else is known. An exercise sees its own hours, and the real ones where it
    has none.
    """
    parameters = {
        "since": since,
        "until": until,
        "exercise": exercise,
        "disturbed": DISTURBED,
        "weeks": WEEKS,
        "look_back": LOOK_BACK,
        "zone": settings.TIME_ZONE,
    }
    with connection.cursor() as cursor:
        cursor.execute(POINTS, parameters)
        return [ThroughputPoint(*row) for row in cursor.fetchall()]
