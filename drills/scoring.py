"""The score of an exercise: a weighted checklist from 0 to 100. Pure.

Pass is 70 and no critical failure; a failed critical item caps the grade at 差, whatever the sum (house default,
after the weighted checklists that evaluators use under HSEEP).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

EXCELLENT, GOOD, FAIR, POOR = "excellent", "good", "fair", "poor"
GRADES = ((90, EXCELLENT), (80, GOOD), (70, FAIR))


@dataclass(frozen=True)
class Item:
    """One line of the checklist: `passed` None means that it could not be observed and does not count."""

    code: str
    weight: int
    passed: bool | None
    critical: bool = False
    found: str = ""


@dataclass(frozen=True)
class Score:
    """Points of 100, the grade, and whether the exercise passed."""

    points: int
    grade: str
    passed: bool


def score(items: Iterable[Item]) -> Score | None:
    """The weight of what passed over the weight of what was observed; None when nothing was."""
    observed = [item for item in items if item.passed is not None]
    whole = sum(item.weight for item in observed)
    if not whole:
        return None
    points = round(100 * sum(item.weight for item in observed if item.passed) / whole)
    if any(item.critical and not item.passed for item in observed):
        return Score(points, POOR, False)
    grade = next((name for limit, name in GRADES if points >= limit), POOR)
    return Score(points, grade, grade != POOR)
