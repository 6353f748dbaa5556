"""The rules as people read them: names of fields, figures with units, and what changed between two versions."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Channel
from accounts.naming import in_language
from accounts.roles import Post
from incidents.models import Level, Reach, RuleArea, SeverityIndicator
from incidents.plandiff import FieldChange, field_changes
from incidents.views.rows import shown

Rows = list[dict[str, Any]]


def level_fields() -> list[tuple[str, str, str]]:
    """(field, label, unit) of the level table's figures, in its order."""
    minutes, days = _("min"), _("days")
    return [
        ("on_post_minutes", _("On post within, from each person's own call"), minutes),
        ("ready_minutes", _("Command post ready within"), minutes),
        ("confirm_minutes", _("Level confirmed within"), minutes),
        ("report_minutes", _("Internal report every"), minutes),
        ("first_notice_minutes", _("First customer notice within"), minutes),
        ("notice_update_minutes", _("Notice updated every (empty: on change)"), minutes),
        ("cost_cap", _("Reroute at most at extra cost (empty: no cap)"), "%"),
        ("reroute_orders", _("Reroute at most so many orders (empty: no limit)"), ""),
        ("close_throughput", _("May close at throughput (empty: normal)"), "%"),
        ("close_hold_minutes", _("… held for"), minutes),
        ("review_days", _("Review due within"), days),
        ("shifts", _("Shifts"), ""),
    ]


def field_labels() -> dict[str, str]:
    return {
        **{field: label for field, label, _unit in level_fields()},
        "name": _("Name (Chinese)"),
        "name_en": _("Name (English)"),
        "unit": _("Unit"),
        "measured": _("Measured by the network"),
        "group": _("Group"),
        "decider_post": _("Decided by the post"),
        "decider": _("Decider (Chinese)"),
        "decider_en": _("Decider (English)"),
        "called_posts": _("Posts called"),
        "required_posts": _("Posts required"),
        "post_name": _("Command post (Chinese)"),
        "post_name_en": _("Command post (English)"),
        "reroute_reach": _("Reroute to warehouses"),
        "crews": _("Crews"),
        "after_minutes": _("Minutes after the call"),
        "lightest_level": _("Asked for from level"),
        "minutes": _("Within minutes"),
        "authority": _("Authority (Chinese)"),
        "authority_en": _("Authority (English)"),
        "trigger": _("Begins when (Chinese)"),
        "trigger_en": _("Begins when (English)"),
        "source": _("Source"),
        "form": _("What the report says"),
        **{f"limit_{level}": f"{_('Level')} {Level(level).label}" for level in Level.values},
    }


def rung_name(kind: str, value: str) -> str:
    if kind == "alternate":
        return _("call alternate %(letter)s") % {"letter": "A" if value == "1" else "B"}
    return str(Channel(value).label) if value in Channel.values else value


def rung_choices() -> list[tuple[str, str]]:
    rungs = [("channel", value) for value in Channel.values] + [("alternate", "1"), ("alternate", "2")]
    return [(f"{kind}:{value}", rung_name(kind, value)) for kind, value in rungs]


def row_key(area: str, row: dict[str, Any]) -> str:
    if area == RuleArea.LEVELS:
        return str(row["level"])
    return f"{row['kind']}:{row['value']}" if area == RuleArea.LADDER else str(row["code"])


def row_name(area: str, row: dict[str, Any]) -> str:
    if area == RuleArea.LADDER:
        return rung_name(row["kind"], row["value"])
    name = in_language(row["name"], row["name_en"])
    return f"{Level(row['level']).label} {name}" if area == RuleArea.LEVELS else name


def flat(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the matrix with one field for each level's figure."""
    limits = {f"limit_{level}": row["limits"].get(str(level)) for level in (4, 3, 2, 1)} if "limits" in row else {}
    return {**{name: value for name, value in row.items() if name != "limits"}, **limits}


def value_shown(field: str, value: Any, row: dict[str, Any]) -> str:
    if value in (None, "", [], {}):
        return "—"
    if field in {"cost_cap", "close_throughput"} or (field.startswith("limit_") and row.get("unit") == "share"):
        return f"{shown(value, 100)} %"
    if field.startswith("limit_"):
        return f"{value:,}"
    if field in {"called_posts", "required_posts"}:
        return "、".join(str(Post(code).label) for code in value)
    if field == "crews":
        return "、".join(f"{Post(post).label} {crew['need']}/{crew['call']}" for post, crew in value.items())
    if field == "reroute_reach":
        return str(Reach(value).label)
    if field == "decider_post":
        return str(Post(value).label)
    if field == "unit":
        return str(SeverityIndicator.Unit(value).label)
    if field == "lightest_level":
        return str(Level(value).label)
    if field == "form":
        return "、".join(in_language(part["name"], part["name_en"]) for part in value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)


def rule_changes(area: str, before: Rows, after: Rows) -> list[dict[str, Any]]:
    """Rows that were added, removed or changed: {"change", "name", "fields": [(label, before, after)]}."""
    olds = {row_key(area, row): row for row in before}
    news = {row_key(area, row): row for row in after}
    labels = field_labels()

    def told(change: str, row: dict[str, Any], fields: list[FieldChange]) -> dict[str, Any]:
        hidden = {"kind", "value", "level"}
        return {
            "change": change,
            "name": row_name(area, row),
            "fields": [
                (
                    labels.get(field.field, field.field),
                    value_shown(field.field, field.before, row),
                    value_shown(field.field, field.after, row),
                )
                for field in fields
                if field.field not in hidden
            ],
        }

    found = []
    for key, new in news.items():
        old = olds.get(key)
        fields = field_changes(flat(old) if old else {}, flat(new))
        if fields:
            found.append(told("changed" if old else "added", new, fields))
    found += [told("removed", old, field_changes(flat(old), {})) for key, old in olds.items() if key not in news]
    return found
