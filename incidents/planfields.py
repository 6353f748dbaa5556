"""Which fields of a plan and of its measures people write, and which plan fits a place. Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

NAMES = ("name", "name_en")
TEXTS = (
    "trigger", "trigger_en", "objectives", "objectives_en", "exit_condition", "exit_condition_en", "review",
    "review_en",
)  # fmt: skip
LISTS = ("contacts", "supplies", "legal_clocks", "auto_conditions")
WRITTEN = (*NAMES, *TEXTS, *LISTS, "auto_start")
MEASURE_FIELDS = (
    "code", "phase", "order", "name", "name_en", "instruction", "instruction_en", "post", "due_minutes", "kind",
    "params", "after", "needs_approval",
)  # fmt: skip

P = TypeVar("P")


def covers(plan_region: str, region: str) -> bool:
    """Whether a plan's region (six digits; "330000" is a province, "" everywhere) covers a region."""
    prefix = plan_region
    while len(prefix) >= 2 and prefix.endswith("00"):
        prefix = prefix[:-2]
    return not plan_region or bool(region and region.startswith(prefix))


def narrowest(plans: Iterable[P], region: str) -> P | None:
    """Of these plans (anything with a `region_code`) the one whose region is the narrowest that covers `region`."""
    fitting = [plan for plan in plans if covers(plan.region_code, region)]  # type: ignore[attr-defined]
    return max(fitting, key=lambda plan: len(plan.region_code.rstrip("0")), default=None)  # type: ignore[attr-defined]
