"""How many orders an hour will bring, and how deliveries come back after a break. Arithmetic on arrays by the hour.

A week has 168 hours; index i - 168 is the same weekday and hour a week before. Unknown hours are NaN.

*Normal* of an hour is the median of the same hour of the week in the last four usable weeks; usable leaves out hours
that a closure disturbed and days of a promotion. *Demand* is that times a level: the ratio of the last week to its own
normal, half of it believed, because one week may be special.

After a break a queue is left: orders come in as demand says; those whose way is closed are stuck until they are given
another way or the way opens; the others are served as far as the open network can, in its usual hours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

WEEK = 168
WEEKS, LOOK_BACK = 4, 12
FEWEST_WEEKS = 2
BELIEF = 0.5
LEVEL_RANGE = (0.5, 2.0)
RECOVERED, HELD_HOURS = 0.8, 2
ADAPT_HOURS = 6.0


def normal(history: Floats, usable: Bools, horizon: int) -> Floats:
    """Normal of the `horizon` hours that follow `history`; NaN where fewer than two usable weeks know the hour."""
    known = np.where(usable, history, np.nan)
    found = np.full(horizon, np.nan)
    for ahead in range(horizon):
        # The same hour of the week, newest first; a hour beyond the next week looks past the weeks not yet lived.
        at = len(known) + ahead - WEEK * (1 + ahead // WEEK)
        places = np.arange(at, -1, -WEEK)[:LOOK_BACK]
        values = known[places]
        values = values[~np.isnan(values)][:WEEKS]
        if len(values) >= FEWEST_WEEKS:
            found[ahead] = np.median(values)
    return found


def normal_before(history: Floats, usable: Bools) -> Floats:
    """Normal of each known hour, from what lies before it."""
    known = np.where(usable, history, np.nan)
    found = np.full(len(known), np.nan)
    earlier = np.full((LOOK_BACK, len(known)), np.nan)
    for week in range(1, LOOK_BACK + 1):
        if week * WEEK < len(known):
            earlier[week - 1, week * WEEK :] = known[: -week * WEEK]
    rank = np.cumsum(~np.isnan(earlier), axis=0)
    kept = np.where(rank <= WEEKS, earlier, np.nan)
    enough = (~np.isnan(kept)).sum(axis=0) >= FEWEST_WEEKS
    if enough.any():
        found[enough] = np.nanmedian(kept[:, enough], axis=0)
    return found


def level(history: Floats, usable: Bools) -> float:
    """How the last usable week compares with its own normal, half believed; 1 while nobody can tell."""
    usual = normal_before(history, usable)[-WEEK:]
    last = history[-WEEK:]
    both = usable[-WEEK:] & ~np.isnan(usual) & ~np.isnan(last)
    if both.sum() < WEEK // 4 or not usual[both].sum():
        return 1.0
    ratio = float(last[both].sum() / usual[both].sum())
    return float(np.clip(1 + BELIEF * (ratio - 1), *LEVEL_RANGE))


def demand(history: Floats, usable: Bools, horizon: int) -> Floats:
    """Orders expected in each of the hours that follow."""
    return normal(history, usable, horizon) * level(history, usable)


@dataclass(frozen=True)
class BackTest:
    """Errors of forecasts for two days ahead, made each day of the last weeks from what was known then: the sum of
    absolute errors by the sum of what came (WAPE). `naive` is that of "same as last week" over the same hours."""

    error: float
    naive: float
    hours: int


def back_test(history: Floats, usable: Bools, *, days: int = 28, horizon: int = 48) -> BackTest | None:
    """None while no forecast can be judged. Hours that are not usable are not judged."""
    wrong = naive = came = 0.0
    hours = 0
    for back in range(days, 0, -1):
        at = len(history) - 24 * back
        if at < FEWEST_WEEKS * WEEK:
            continue
        span = slice(at, min(at + horizon, len(history)))
        actual = history[span]
        ours = demand(history[:at], usable[:at], len(actual))
        week_ago = history[span.start - WEEK : span.stop - WEEK]
        judged = usable[span] & ~np.isnan(actual) & ~np.isnan(ours) & ~np.isnan(week_ago)
        wrong += float(np.abs(actual - ours)[judged].sum())
        naive += float(np.abs(actual - week_ago)[judged].sum())
        came += float(actual[judged].sum())
        hours += int(judged.sum())
    return BackTest(wrong / came, naive / came, hours) if came else None


@dataclass(frozen=True)
class Situation:
    """What broke and what is done about it. Hours are places in the arrays.

    From `start` on, the share `lost` of demand has no way; from `applied` on (None: not decided yet), growing over
    `lag` hours, the share `routable` of that has another. At `reopened` (None: unknown) everything has its way.
    `now` is the first hour that is not over. `capacity` is what the open network can deliver in a day.
    """

    start: int
    now: int
    lost: float
    applied: int | None = None
    routable: float = 0.0
    lag: float = 0.0
    capacity: float = np.inf
    reopened: int | None = None


@dataclass(frozen=True)
class Projection:
    """By hour: `served` (known hours as they were, later ones as expected), and at its end the orders that wait:
    `backlog` in all, of them `stuck` without a way. `recovered` is the first hour from the start on in which 80 % of
    normal is reached and held for two hours, None if not in these hours; `lost` is the share believed by now."""

    served: Floats
    backlog: Floats
    stuck: Floats
    recovered: int | None
    lost: float
    correction: float


def ways(situation: Situation, wanted: Floats) -> Floats:
    """The share of the lost flow that has a way again; it grows with the work of the hours, little by night."""
    hours = len(wanted)
    at = np.arange(hours)
    share = np.zeros(hours)
    if situation.applied is not None:
        work = np.where(at >= situation.applied, np.maximum(wanted, 0.0), 0.0)
        full = work[at < situation.applied + max(situation.lag, 1.0)].sum()
        grown = np.cumsum(work) / full if full else (at >= situation.applied).astype(np.float64)
        share = situation.routable * np.minimum(grown, 1.0)
    if situation.reopened is not None:
        share = np.where(at >= situation.reopened, 1.0, share)
    return np.maximum.accumulate(share)


def project(wanted: Floats, usual: Floats, actual: Floats, situation: Situation) -> Projection:
    """What comes of it: `wanted` is demand, `usual` the normal that 80 % is of, `actual` what was delivered (NaN where
    unknown)."""
    hours = len(wanted)
    open_share = ways(situation, wanted)
    lost, correction = adapted(usual, actual, situation, open_share)
    pace = situation.capacity / 24 * wanted / max(float(np.nanmean(wanted)), 1e-9)
    served, backlog, stuck = np.zeros(hours), np.zeros(hours), np.zeros(hours)
    ready = blocked = share = 0.0
    for hour in range(hours):
        came = wanted[hour]
        if hour < situation.start:
            served[hour] = actual[hour] if not np.isnan(actual[hour]) else came
            continue
        # 1. What was stuck and has a way now is ready; of what comes, some is stuck.
        if open_share[hour] > share:
            freed = blocked * (open_share[hour] - share) / (1 - share)
            blocked, ready, share = blocked - freed, ready + freed, float(open_share[hour])
        turned_away = came * lost * (1 - share)
        blocked += turned_away
        ready += came - turned_away
        # 2. What is ready is served, as far as it goes; a known hour served what it did.
        if hour < situation.now and not np.isnan(actual[hour]):
            done = actual[hour]
            # Who waits has no way: the others went with the hour.
            rest = max(0.0, ready + blocked - done)
            blocked = rest * (1 - share) if lost else 0.0
            ready = rest - blocked
        else:
            done = min(ready, pace[hour] * correction, max(came, 0.0) * 2)
            ready -= done
        served[hour], backlog[hour], stuck[hour] = done, ready + blocked, blocked
    return Projection(served, backlog, stuck, recovery(served, usual, situation.start), lost, correction)


def adapted(usual: Floats, actual: Floats, situation: Situation, open_share: Floats) -> tuple[float, float]:
    """The lost share and the pace, as far as the hours since the break show that they are other than planned. Six
    hours are believed wholly, fewer in part."""
    lost, correction = situation.lost, 1.0
    since = slice(situation.start, situation.now)
    known = ~np.isnan(actual[since]) & ~np.isnan(usual[since])
    before = known & (open_share[since] <= 0)
    after = known & (open_share[since] > 0)
    if before.any() and usual[since][before].sum():
        seen = 1 - float(actual[since][before].sum() / usual[since][before].sum())
        belief = min(1.0, before.sum() / ADAPT_HOURS)
        lost += belief * (float(np.clip(seen, 0.0, 1.0)) - lost)
    if after.any():
        planned = float((usual[since] * (1 - lost * (1 - open_share[since])))[after].sum())
        if planned:
            belief = min(1.0, after.sum() / ADAPT_HOURS)
            seen = float(np.clip(actual[since][after].sum() / planned, 0.3, 1.0))
            correction += belief * (seen - correction)
    return lost, correction


def recovery(served: Floats, usual: Floats, start: int) -> int | None:
    """The first hour from `start` on in which at least 80 % of normal is reached, and in the next one as well. A break
    that never took a fifth away is recovered from the start."""
    with np.errstate(invalid="ignore", divide="ignore"):
        well = np.where(usual > 0, served / usual >= RECOVERED - 1e-9, True)
    for hour in range(start, len(served) - HELD_HOURS + 1):
        if well[hour : hour + HELD_HOURS].all():
            return hour
    return None
