"""What the coming hours will bring, for a matter that broke something and for its reroute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings
from django.db import connection
from django.db.models import Max, Min

from dispatch import forecast as core
from dispatch.forecast import FEWEST_WEEKS, BackTest, Bools, Floats, Projection, Situation
from dispatch.models import AffectedSet, LaneClosure, Promotion, RerouteRun, RunState, WarehouseClosure
from dispatch.queries.counted import most_a_day, tally_of_run
from dispatch.queries.network import network_capacity
from dispatch.queries.orders import order_figures
from dispatch.queries.throughput import DISTURBED
from journal import clock

HISTORY = timedelta(weeks=16)
BEFORE, AHEAD, AT_LEAST = timedelta(hours=12), timedelta(hours=72), timedelta(hours=24)
TARGET_HOURS = 48
HOUR = timedelta(hours=1)
DECIDED = (RunState.APPROVED, RunState.APPLYING, RunState.APPLIED)

# Per hour: orders (NULL where nothing was recorded), and whether the hour says what an ordinary one brings.
HOURS = """
WITH recorded AS (SELECT min(hour) AS since, max(hour) AS newest FROM dispatch_hourlythroughput WHERE exercise IS NULL),
disturbances AS MATERIALIZED (
    SELECT closed_at, opened_at FROM dispatch_laneclosure WHERE exercise IS NULL
    GROUP BY reference, closed_at, opened_at
    HAVING count(*) >= %(disturbed)s * (SELECT count(*) FROM dispatch_lane)
)
SELECT h.hour, CASE WHEN h.hour BETWEEN recorded.since AND recorded.newest THEN coalesce(t.orders, 0) END,
    own.orders,
    NOT EXISTS (
        SELECT 1 FROM disturbances d WHERE d.closed_at < h.hour + interval '1 hour'
            AND (d.opened_at IS NULL OR d.opened_at > h.hour)
    ) AND NOT EXISTS (
        SELECT 1 FROM dispatch_promotion p
        WHERE to_char(h.hour AT TIME ZONE %(zone)s, 'MMDD')::int
            BETWEEN p.first_month * 100 + p.first_day AND p.last_month * 100 + p.last_day
    )
FROM generate_series(%(since)s::timestamptz, %(until)s::timestamptz - interval '1 hour', interval '1 hour') AS h(hour)
CROSS JOIN recorded
LEFT JOIN dispatch_hourlythroughput t ON t.hour = h.hour AND t.exercise IS NULL
LEFT JOIN dispatch_hourlythroughput own ON own.hour = h.hour AND own.exercise = %(exercise)s
ORDER BY h.hour
"""
TRANSIT = """
SELECT coalesce(avg(transit_hours), 24)::float FROM dispatch_lane WHERE retired_at IS NULL
"""


@dataclass(frozen=True)
class ForecastPoint:
    """An hour: `normal` of it, what was `delivered` (None ahead), what is `expected` under the reroute and `without`
    it, and the orders that wait at its end, in all and of them without a way."""

    hour: datetime
    normal: float
    delivered: int | None
    expected: float | None
    without: float | None
    backlog: float
    stuck: float


@dataclass(frozen=True)
class Forecast:
    """`lacking`: days of throughput that are known when they are too few (then nothing else is). `recovers_at` is when
    80 % of normal is reached and held, under the reroute; `recovers_without` if there were none; None: not in sight.
    `peak` is the greatest expected backlog."""

    reference: str
    starts_at: datetime | None
    moment: datetime
    points: list[ForecastPoint]
    target_at: datetime | None
    recovers_at: datetime | None
    recovers_without: datetime | None
    back_test: BackTest | None
    run_id: int | None = None
    lost: float = 0.0
    planned_lost: float = 0.0
    correction: float = 1.0
    lacking: float | None = None

    @property
    def peak(self) -> ForecastPoint | None:
        return max(self.points, key=lambda point: point.backlog, default=None)

    @property
    def recovery_hours(self) -> float | None:
        if self.recovers_at is None or self.starts_at is None:
            return None
        return (self.recovers_at - self.starts_at) / HOUR

    @property
    def in_time(self) -> bool:
        return self.recovers_at is not None and self.target_at is not None and self.recovers_at <= self.target_at


@dataclass(frozen=True)
class Past:
    """What is known by the hour, up to the one under way. `actual` is what a matter saw, an exercise its own."""

    first: datetime
    history: Floats
    actual: Floats
    usable: Bools

    @property
    def days(self) -> float:
        return float((~np.isnan(self.history)).sum()) / 24


def read_past(until: datetime, exercise: int | None) -> Past:
    since = until - HISTORY
    parameters = {
        "since": since,
        "until": until,
        "exercise": exercise,
        "disturbed": DISTURBED,
        "zone": settings.TIME_ZONE,
    }
    with connection.cursor() as cursor:
        cursor.execute(HOURS, parameters)
        rows = cursor.fetchall()
    history = np.array([np.nan if row[1] is None else row[1] for row in rows], np.float64)
    own = np.array([np.nan if row[2] is None else row[2] for row in rows], np.float64)
    usable = np.array([row[3] for row in rows], np.bool_)
    known = np.flatnonzero(~np.isnan(history))
    first = int(known[0]) if len(known) else len(rows)
    actual = np.where(np.isnan(own), history, own) if exercise is not None else history
    return Past(since + first * HOUR, history[first:], actual[first:], usable[first:])


@lru_cache(maxsize=4)
def judged(history: bytes, usable: bytes) -> BackTest | None:
    """The back-test of the newest hours, made once: it changes by the hour."""
    return core.back_test(np.frombuffer(history, np.float64), np.frombuffer(usable, np.bool_))


def began(reference: str, exercise: int | None) -> datetime | None:
    """When something of the matter was first closed, or else when its orders were first frozen."""
    same: dict[str, Any] = {"reference": reference, "exercise": exercise}
    closed = [
        rows.filter(**same).aggregate(at=Min("closed_at"))["at"]
        for rows in (LaneClosure.objects, WarehouseClosure.objects)
    ]
    frozen = AffectedSet.objects.filter(**same).aggregate(at=Min("frozen_at"))["at"]
    return min((at for at in closed if at), default=None) or frozen


def open_again(reference: str, exercise: int | None) -> datetime | None:
    """When everything of the matter was or is expected to be open again; None when nobody knows."""
    ends: list[datetime | None] = []
    for model in (LaneClosure, WarehouseClosure):
        rows = model.objects.filter(reference=reference, exercise=exercise)
        shut = rows.filter(opened_at=None)
        if shut.exists():
            unknown = shut.filter(expected_until=None).exists()
            ends.append(None if unknown else shut.aggregate(at=Max("expected_until"))["at"])
        elif rows.exists():
            ends.append(rows.aggregate(at=Max("opened_at"))["at"])
    return None if not ends or None in ends else max(at for at in ends if at)


def forecast(reference: str, *, exercise: int | None = None, moment: datetime | None = None) -> Forecast | None:
    """How deliveries come back; None when nothing of the matter was ever closed or frozen.

    The share lost is that of the frozen orders among all open ones, corrected by what the hours since have delivered;
    the share with another way is that of the newest reroute, from its first wave (or from now, when it is only
    proposed) on, arriving over the usual transit time.
    """
    start = began(reference, exercise)
    if start is None:
        return None
    now = (moment or clock.now()).replace(minute=0, second=0, microsecond=0)
    begin = min(start.replace(minute=0, second=0, microsecond=0), now)
    past = read_past(now, exercise)
    if past.days < FEWEST_WEEKS * 7:
        return Forecast(reference, start, now, [], None, None, None, None, lacking=past.days)
    run = RerouteRun.objects.filter(reference=reference, exercise=exercise).order_by("-pk").first()
    first = max(past.first, begin - BEFORE)
    last = max(begin + AHEAD, now + AT_LEAST)
    wanted, usual, actual = windows(past, first, last)
    at = Places(first)
    planned = planned_share(reference, exercise)
    situation = Situation(
        start=at(begin),
        now=at(now),
        lost=planned,
        capacity=open_capacity(exercise),
        reopened=None if (end := open_again(reference, exercise)) is None else max(at(end), at(begin)),
    )
    without = core.project(wanted, usual, actual, situation)
    under = core.project(wanted, usual, actual, rerouted(situation, run, at, now))
    tested = judged(past.history.tobytes(), past.usable.tobytes())
    return Forecast(
        reference=reference,
        starts_at=start,
        moment=now,
        points=points(first, (usual, actual), under, without, situation.now),
        target_at=start + timedelta(hours=TARGET_HOURS),
        recovers_at=at.back(under.recovered),
        recovers_without=at.back(without.recovered),
        back_test=tested,
        run_id=run.pk if run else None,
        lost=under.lost,
        planned_lost=planned,
        correction=under.correction,
    )


@dataclass(frozen=True)
class Places:
    """Hours as places in the arrays, and back."""

    first: datetime

    def __call__(self, at: datetime) -> int:
        return int((at - self.first) // HOUR)

    def back(self, place: int | None) -> datetime | None:
        return None if place is None else self.first + place * HOUR


def windows(past: Past, first: datetime, last: datetime) -> tuple[Floats, Floats, Floats]:
    """Demand, normal and what was delivered, from `first` to `last`; hours that are over keep what they had."""
    skip, size = int((first - past.first) // HOUR), int((last - first) // HOUR)
    known = len(past.history) - skip
    before = core.normal_before(past.history, past.usable)[skip:]
    ahead = max(size - known, 0)
    usual = np.concatenate([before, core.normal(past.history, past.usable, ahead)])[:size]
    # An hour that nobody can tell takes the day's mean, so that the sums go on.
    usual = np.where(np.isnan(usual), np.nanmean(usual), usual)
    actual = np.concatenate([past.actual[skip:], np.full(ahead, np.nan)])[:size]
    return usual * core.level(past.history, past.usable) * promoted(first, size), usual, actual


def promoted(first: datetime, hours: int) -> Floats:
    """How many times an ordinary hour's orders each hour brings, by the promotions whose factor is known."""
    factors = np.ones(hours)
    zone = ZoneInfo(settings.TIME_ZONE)
    days = [(first + place * HOUR).astimezone(zone) for place in range(hours)]
    for promotion in Promotion.objects.exclude(factor=None):
        begin = (promotion.first_month, promotion.first_day)
        end = (promotion.last_month, promotion.last_day)
        inside = np.array([begin <= (day.month, day.day) <= end for day in days], np.bool_)
        factors[inside] = promotion.factor
    return factors


def planned_share(reference: str, exercise: int | None) -> float:
    """Which share of what is open the first frozen set was."""
    frozen = AffectedSet.objects.filter(reference=reference, exercise=exercise).order_by("version").first()
    if frozen is None or not frozen.orders:
        return 0.0
    return min(1.0, frozen.orders / max(order_figures().open, frozen.orders))


def open_capacity(exercise: int | None) -> float:
    capacity = network_capacity(exercise)
    left = capacity.daily_capacity - capacity.lost_capacity
    return float(left) if capacity.daily_capacity else np.inf


def rerouted(situation: Situation, run: RerouteRun | None, at: Places, now: datetime) -> Situation:
    """The situation with what the newest run gives another way."""
    if run is None or not run.assigned or not run.orders:
        return situation
    if run.state in DECIDED:
        first = run.waves.aggregate(at=Min("applied_at"))["at"] or run.decided_at or now
    elif run.state == RunState.PROPOSED:
        first = now
    else:
        return situation
    with connection.cursor() as cursor:
        cursor.execute(TRANSIT)
        lag = float(cursor.fetchone()[0])
    return Situation(
        **{
            **vars(situation),
            "applied": max(at(first), situation.start),
            "routable": a_day(run) / run.orders,
            "lag": min(lag, 24.0),
        }
    )


def a_day(run: RerouteRun) -> int:
    """What the plan moves on its fullest day: what comes every day finds no more than that, however many days the plan
    gives those that are affected already."""
    tally = tally_of_run(run) if run.days > 1 else None
    return run.assigned if tally is None else most_a_day(tally)


def points(
    first: datetime, known: tuple[Floats, Floats], under: Projection, without: Projection, now: int
) -> list[ForecastPoint]:
    usual, actual = known
    found = []
    for place in range(len(usual)):
        over = place < now and not np.isnan(actual[place])
        ahead = place >= now
        found.append(
            ForecastPoint(
                hour=first + place * HOUR,
                normal=round(float(usual[place]), 1),
                delivered=int(actual[place]) if over else None,
                expected=round(float(under.served[place]), 1) if ahead else None,
                without=round(float(without.served[place]), 1) if ahead else None,
                backlog=round(float(under.backlog[place]), 1),
                stuck=round(float(under.stuck[place]), 1),
            )
        )
    return found
