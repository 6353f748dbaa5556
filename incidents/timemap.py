"""Drill time ↔ real time: a piecewise linear map kept on an incident. Pure: no database, no clock.

A drill may run faster than life, and faster still once the interesting part is over. All due times are stored in real
time; limits ("15 minutes") are in drill time. A real incident's map is the identity.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

FASTEST = 100_000.0


class BadFactor(ValueError):
    """A time factor must be above 0 and at most 100,000."""


@dataclass(frozen=True)
class TimeMap:
    """From `origin` on, drill time runs at each segment's factor; before it, and without segments, at 1.

    `segments` are (real seconds after the origin, factor), ascending, the first at 0.
    """

    origin: datetime | None = None
    segments: tuple[tuple[float, float], ...] = ()

    @classmethod
    def start(cls, origin: datetime, factor: float) -> TimeMap:
        return cls(origin, ((0.0, checked(factor)),))

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> TimeMap:
        """Inverse of `to_json`; {} and None are the identity."""
        if not data or not data.get("segments"):
            return cls()
        origin = datetime.fromisoformat(data["origin"])
        return cls(origin, tuple((float(at), checked(factor)) for at, factor in data["segments"]))

    def to_json(self) -> dict[str, Any]:
        if self.origin is None:
            return {}
        return {"origin": self.origin.isoformat(), "segments": [list(segment) for segment in self.segments]}

    def changed(self, at: datetime, factor: float) -> TimeMap:
        """The same map until `at`, with `factor` from then on."""
        if self.origin is None:
            return TimeMap.start(at, factor)
        moment = max((at - self.origin).total_seconds(), 0.0)
        kept = tuple(segment for segment in self.segments if segment[0] < moment)
        return TimeMap(self.origin, (*kept, (moment if kept else 0.0, checked(factor))))

    def factor_at(self, moment: datetime) -> float:
        """How fast drill time runs at a real moment."""
        if self.origin is None or moment < self.origin:
            return 1.0
        starts = [segment[0] for segment in self.segments]
        return self.segments[bisect_right(starts, (moment - self.origin).total_seconds()) - 1][1]

    def drill_seconds(self, moment: datetime) -> float:
        """Drill seconds from the origin to a real moment (negative before it)."""
        if self.origin is None:
            raise ValueError("the identity map has no origin; use `between`")
        real = (moment - self.origin).total_seconds()
        if real <= 0:
            return real
        drill = 0.0
        for (begin, factor), end in zip(self.segments, self.ends(), strict=True):
            if real <= begin:
                break
            drill += (min(real, end) - begin) * factor
        return drill

    def real_moment(self, drill: float) -> datetime:
        """The real moment at which so many drill seconds have passed since the origin."""
        if self.origin is None:
            raise ValueError("the identity map has no origin; use `due`")
        if drill <= 0:
            return self.origin + timedelta(seconds=drill)
        for (begin, factor), end in zip(self.segments, self.ends(), strict=True):
            span = (end - begin) * factor
            if drill <= span:
                return self.origin + timedelta(seconds=begin + drill / factor)
            drill -= span
        raise AssertionError("the last segment has no end")

    def ends(self) -> list[float]:
        return [*(segment[0] for segment in self.segments[1:]), float("inf")]

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much drill time passes from one real moment to another."""
        if self.origin is None:
            return end - start
        return timedelta(seconds=self.drill_seconds(end) - self.drill_seconds(start))

    def due(self, start: datetime, minutes: float) -> datetime:
        """The real moment `minutes` of drill time after a real moment."""
        if self.origin is None:
            return start + timedelta(minutes=minutes)
        return self.real_moment(self.drill_seconds(start) + minutes * 60)


def checked(factor: float) -> float:
    factor = float(factor)
    if not 0 < factor <= FASTEST:
        raise BadFactor(f"a time factor must be above 0 and at most {FASTEST:g}, not {factor:g}")
    return factor
