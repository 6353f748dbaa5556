"""Reads of the rules: each area as plain data, as it stands and as it stood."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from accounts.roles import Post
from incidents.models import (
    LadderStep,
    LegalClock,
    LevelRule,
    ReadinessItem,
    RuleArea,
    RuleVersion,
    SeverityIndicator,
)
from incidents.models.rules import SeverityThreshold

LEVEL_FIELDS = (
    "level", "name", "name_en", "decider_post", "decider", "decider_en", "called_posts", "required_posts",
    "post_name", "post_name_en", "shifts", "on_post_minutes", "ready_minutes", "confirm_minutes", "report_minutes",
    "first_notice_minutes", "notice_update_minutes", "cost_cap", "reroute_orders", "reroute_reach",
    "close_throughput", "close_hold_minutes",
    "review_days", "crews",
)  # fmt: skip
READINESS_FIELDS = ("code", "name", "name_en", "lightest_level")
LEGAL_FIELDS = (
    "code", "name", "name_en", "minutes", "authority", "authority_en", "trigger", "trigger_en", "source", "form",
)  # fmt: skip
LADDER_FIELDS = ("after_minutes", "kind", "value")


POSTS = {post: place for place, post in enumerate(Post.values)}


def plain(value: Any) -> Any:
    """As it is kept in a version: numbers without a type, posts in the order of the organisation."""
    if isinstance(value, list) and value and all(isinstance(item, str) and item in POSTS for item in value):
        return sorted(value, key=POSTS.__getitem__)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def content_of_rules(area: str) -> list[dict[str, Any]]:
    """All rows of an area as they stand, as `rulecheck` describes them."""
    if area == RuleArea.MATRIX:
        return [
            {
                **{name: getattr(row, name) for name in ("code", "group", "name", "name_en", "unit", "measured")},
                "limits": {str(limit.level): plain(limit.at_least) for limit in limits_of(row)},
            }
            for row in SeverityIndicator.objects.prefetch_related("thresholds")
        ]
    model, fields = {
        RuleArea.LEVELS: (LevelRule, LEVEL_FIELDS),
        RuleArea.LADDER: (LadderStep, LADDER_FIELDS),
        RuleArea.READINESS: (ReadinessItem, READINESS_FIELDS),
        RuleArea.LEGAL: (LegalClock, LEGAL_FIELDS),
    }[RuleArea(area)]
    rows = model.objects.all()  # type: ignore[attr-defined]
    return [{name: plain(getattr(row, name)) for name in fields} for row in rows]


def limits_of(row: SeverityIndicator) -> list[SeverityThreshold]:
    """Mildest first."""
    return sorted(row.thresholds.all(), key=lambda limit: -limit.level)


def newest_rules(area: str) -> RuleVersion | None:
    return RuleVersion.objects.filter(area=area).order_by("-number").first()


def rule_number(area: str) -> int | None:
    """The number of the version in force."""
    return RuleVersion.objects.filter(area=area).order_by("-number").values_list("number", flat=True).first()
