"""The arithmetic of the figures: no database, no clock, no Django.

Times are datetimes, durations timedeltas, shares numbers between 0 and 1 (a recovery may exceed 1). Where there is
nothing to divide by, the answer is None: "no figure" is not zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

HOUR = timedelta(hours=1)
RECOVERED = 0.8  # of the baseline
HELD = timedelta(hours=2)


@dataclass(frozen=True)
class CurvePoint:
    """Throughput of one hour against its baseline, in orders; `share` is None where the baseline is empty."""

    hour: datetime
    orders: int
    baseline: float | None

    @property
    def share(self) -> float | None:
        return share(self.orders, self.baseline)


def share(part: float, whole: float | None) -> float | None:
    """part ÷ whole, or None when there is no whole."""
    return part / whole if whole else None


def lapse(since: datetime | None, until: datetime | None) -> timedelta | None:
    """How long from one event to the other; None while either has not happened."""
    return None if since is None or until is None else until - since


def within(duration: timedelta | None, target: timedelta) -> bool | None:
    """Whether a duration kept its target; None when there is no duration."""
    return None if duration is None else duration <= target


def muster_rate(arrivals: Iterable[timedelta | None], target: timedelta) -> float | None:
    """People on post within `target` of their own call, divided by the people called."""
    times = list(arrivals)
    return share(sum(1 for time in times if time is not None and time <= target), len(times))


def mean(durations: Iterable[timedelta | None]) -> timedelta | None:
    """The mean of the durations that are known."""
    known = [duration for duration in durations if duration is not None]
    return sum(known, timedelta()) / len(known) if known else None


def middle(durations: Iterable[timedelta | None]) -> timedelta | None:
    """The median of the durations that are known."""
    known = [duration.total_seconds() for duration in durations if duration is not None]
    return timedelta(seconds=median(known)) if known else None


def time_to_recover(
    points: Sequence[CurvePoint], since: datetime, level: float = RECOVERED, held: timedelta = HELD
) -> timedelta | None:
    """T80: from `since` to the start of the first run of hours that holds `level` of the baseline for `held`, counted
    only after throughput fell below `level`.

    The run must be unbroken: a missing hour, or one without a baseline, ends it. A network that never fell below
    `level` needed no time (zero). None while it has not recovered, and without any figures.
    """
    relevant = sorted((point for point in points if point.hour + HOUR > since), key=lambda point: point.hour)
    shares = [point.share for point in relevant]
    fell = next((number for number, value in enumerate(shares) if value is not None and value < level), None)
    if fell is None:
        return timedelta() if any(value is not None for value in shares) else None
    relevant = relevant[fell:]
    start: datetime | None = None
    before: datetime | None = None
    for point in relevant:
        reached = point.share is not None and point.share >= level
        if not reached:
            start = None
        elif start is None or before is None or point.hour - before > HOUR:
            start = point.hour
        before = point.hour
        if start is not None and point.hour + HOUR - start >= held:
            return max(start - since, timedelta())
    return None


def lowest(points: Iterable[CurvePoint]) -> float | None:
    """The deepest share of the baseline the throughput fell to."""
    return min((point.share for point in points if point.share is not None), default=None)
