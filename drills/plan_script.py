"""A script for any plan: something of its category and level happens, and everybody does what the plan asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drills.script import Script, Step

# Hours since the report → share of the baseline: down for half a day, back within a day and a half.
DIP = ((0, 1.0), (2, 0.72), (6, 0.55), (12, 0.55), (18, 0.68), (24, 0.82), (30, 0.9), (36, 0.97))
LONGEST_HOURS = 44
HURRY = 24.0  # times faster once the notices are out


def script_for(
    *, name: str, name_en: str, category: str, level: int, scope: Mapping[str, Any], factor: float
) -> Script:
    """Report at once, respond at the plan's level, recover after a day, close."""
    return Script(
        code="plan",
        name=name,
        name_en=name_en,
        steps=(
            Step(0.0, "report", {"title": name, "category": category, "scope": dict(scope), "site": ""}),
            Step(1.5, "grade"),
            Step(3.0, "respond", {"level": level}),
            Step(25.0, "hurry", {"factor": factor * HURRY}, patience=45),
            *(Step((hour + 1) * 60.0, "deliver", {"hour": hour}) for hour in range(LONGEST_HOURS)),
            Step(24 * 60.0, "recover", patience=12 * 60),
            Step(30 * 60.0, "close", patience=18 * 60),
        ),
        throughput=DIP,
    )
