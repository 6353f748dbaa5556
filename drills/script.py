"""What is to happen in an exercise, as data: injects by drill time, how players answer, how throughput recovers.

Pure: no database, no clock. Minutes and hours are drill time from the start of the exercise (ENDEX is not planned:
the exercise ends when its incident is closed).
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Step:
    """One inject: at `at` minutes control does `action`; `patience` is how many minutes it may wait for its
    condition before it is done regardless (or fails, where that is impossible)."""

    at: float
    action: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    patience: float = 60.0


@dataclass(frozen=True)
class Cast:
    """How the players answer, in drill minutes: spans are (shortest, longest), drawn per person from the script.

    Primaries of the posts in `declines` say that they cannot come; those in `silent` never answer.
    """

    acknowledge: tuple[float, float] = (0.3, 1.5)
    travel: tuple[float, float] = (1.0, 5.0)
    acknowledges: float = 0.6  # share of people who answer before they come; the others just come
    decide: tuple[float, float] = (0.5, 1.5)
    check: tuple[float, float] = (0.3, 1.0)
    task_share: float = 0.55  # of a task's own time, spent on doing it
    longest_task: float = 90.0
    declines: tuple[str, ...] = ("site",)
    silent: tuple[str, ...] = ()


@dataclass(frozen=True)
class Script:
    """A whole exercise. `throughput` is (hour since the report, share of the baseline), linear in between."""

    code: str
    name: str
    name_en: str
    steps: Sequence[Step]
    cast: Cast = field(default_factory=Cast)
    throughput: Sequence[tuple[float, float]] = ()
    report_at: float = 0.0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Script:
        cast: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in data["cast"].items()
        }
        return cls(
            code=data["code"],
            name=data["name"],
            name_en=data["name_en"],
            steps=tuple(Step(**step) for step in data["steps"]),
            cast=Cast(**cast),
            throughput=tuple((hour, share) for hour, share in data["throughput"]),
            report_at=data["report_at"],
        )

    def share_at(self, hour: float) -> float:
        """The share of the baseline that is delivered in an hour, counted from the report."""
        points = list(self.throughput)
        if not points:
            return 1.0
        if hour <= points[0][0]:
            return points[0][1]
        for (begin, low), (end, high) in itertools.pairwise(points):
            if hour <= end:
                return low + (high - low) * (hour - begin) / (end - begin)
        return points[-1][1]


def drawn(span: tuple[float, float], *seed: object) -> float:
    """A value inside the span that is always the same for the same seed words."""
    return random.Random(":".join(map(str, seed))).uniform(*span)
