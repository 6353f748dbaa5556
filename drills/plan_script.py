"""A script for any plan: something of its category and level happens, and everybody does what the plan asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drills.script import Script, Step

# Hours since the report → share of the baseline: down for half a day, back within a day.
DIP = ((0, 0.98), (1, 0.84), (2, 0.68), (5, 0.55), (9, 0.57), (13, 0.7), (16, 0.82), (20, 0.92), (26, 0.98))
LONGEST_HOURS = 34
HURRY = 12.0  # times faster once the notices are out and the command post is ready


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
            *(Step(1.0 + hour * 60.0, "deliver", {"hour": hour}) for hour in range(LONGEST_HOURS)),
            Step(19 * 60.0, "recover", patience=12 * 60),
            Step(21 * 60.0, "close", patience=24 * 60),
        ),
        throughput=DIP,
    )
