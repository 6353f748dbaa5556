"""Whether the rows of an area of the rules hold together; every problem is named by row and field.

An area's content is the list of its rows as plain data:
matrix     {"code", "group", "name", "name_en", "unit", "measured", "limits": {"4": 0.02, "3": 0.05, …}}
levels     {"level", "name", …}: the columns of LevelRule, four rows
ladder     {"after_minutes", "kind", "value"}
readiness  {"code", "name", "name_en", "lightest_level"}
legal      {"code", "name", "name_en", "minutes", "authority", …, "source", "form": [{"code", "name", "name_en", "required"}]}
"""  # noqa: E501

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Channel
from accounts.roles import Post
from incidents.models import LadderStep, Level, Reach, RuleArea, SeverityIndicator
from incidents.params import BadParams, check_crew
from incidents.refusals import BadRules

CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}\Z")
MOST_ROWS, YEAR = 100, 60 * 24 * 365
MILD_TO_SEVERE = (Level.IV, Level.III, Level.II, Level.I)


class Problems:
    """What is wrong, as {"row.field": sentence}; `row` counts from 0."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}

    def add(self, row: int, field: str, why: object) -> None:
        self.found.setdefault(f"{row}.{field}", str(why))


class Row:
    """One row being read: each reader returns a value fit to be stored and notes what is wrong."""

    def __init__(self, given: Mapping[str, Any], number: int, problems: Problems) -> None:
        self.given, self.number, self.problems = given, number, problems

    def wrong(self, field: str, why: object) -> None:
        self.problems.add(self.number, field, why)

    def text(self, field: str, longest: int, *, needed: bool = False) -> str:
        value = self.given.get(field, "")
        if not isinstance(value, str) or "\x00" in value or len(value.strip()) > longest:
            self.wrong(field, _("a text of at most %(longest)s characters") % {"longest": longest})
            return ""
        if needed and not value.strip():
            self.wrong(field, _("this is needed"))
        return value.strip()

    def code(self) -> str:
        value = self.given.get("code")
        if not isinstance(value, str) or not CODE.match(value):
            self.wrong("code", _("small letters, digits, _ and -"))
            return ""
        return value

    def group(self) -> str:
        """Indicators of one group make one row of the matrix; one that is alone has its own code."""
        value = self.given.get("group")
        return value if isinstance(value, str) and CODE.match(value) else str(self.given.get("code"))[:40]

    def whole(self, field: str, low: int, high: int, *, optional: bool = False) -> int | None:
        value = self.given.get(field)
        if value is None and optional:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.wrong(field, _("a whole number from %(low)s to %(high)s") % {"low": f"{low:,}", "high": f"{high:,}"})
            return low
        return value

    def share(self, field: str, high: float) -> float | None:
        value = self.given.get(field)
        if value is None:
            return None
        if not is_number(value) or not 0 <= value <= high:
            self.wrong(field, _("a share from 0 to %(high)s %%") % {"high": f"{high * 100:g}"})
            return None
        return plain(round(value, 4))

    def choice(self, field: str, allowed: Iterable[Any]) -> Any:
        value = self.given.get(field)
        if isinstance(value, list | dict | bool) or value not in list(allowed):
            self.wrong(field, _("choose one of those offered"))
            return None
        return value

    def posts(self, field: str, *, needed: bool = True) -> list[str]:
        value = self.given.get(field)
        if not isinstance(value, list) or any(code not in Post.values for code in value):
            self.wrong(field, _("a list of posts"))
            return []
        if needed and not value:
            self.wrong(field, _("choose at least one post"))
        order = list(Post.values)
        return sorted(dict.fromkeys(value), key=order.index)


def is_number(value: object) -> bool:
    if isinstance(value, int):
        return not isinstance(value, bool) and abs(value) < 10**15
    return isinstance(value, float) and math.isfinite(value)


def plain(value: float) -> float:
    """0.15 as it is, 300000.0 as 300000."""
    return int(value) if float(value).is_integer() else float(value)


def checked_rules(area: str, content: object) -> list[dict[str, Any]]:
    """The rows as they are stored. Raises BadRules with `errors`."""
    problems = Problems()
    if not isinstance(content, list) or len(content) > MOST_ROWS or any(not isinstance(r, Mapping) for r in content):
        raise BadRules(_("Rules are a list of at most %(most)s rows.") % {"most": MOST_ROWS}, errors={})
    rows = [Row(given, number, problems) for number, given in enumerate(content)]
    checked = [READ_ROW[area](row) for row in rows]
    together: dict[str, Callable[[list[dict[str, Any]], Problems], None]] = {
        RuleArea.MATRIX: no_code_twice,
        RuleArea.READINESS: no_code_twice,
        RuleArea.LEGAL: no_code_twice,
        RuleArea.LEVELS: four_levels,
        RuleArea.LADDER: a_ladder,
    }
    together[area](checked, problems)
    if problems.found:
        raise BadRules(
            _("Nothing was saved: correct what is marked."), errors=dict(sorted(problems.found.items())[:100])
        )
    return checked


def matrix_row(row: Row) -> dict[str, Any]:
    unit = row.choice("unit", SeverityIndicator.Unit.values)
    given = row.given.get("limits")
    limits: dict[str, float] = {}
    if not isinstance(given, Mapping) or set(given) - {str(level) for level in Level.values}:
        row.wrong("limits", _("a figure for at least one level"))
        given = {}
    before: float | None = None
    for level in MILD_TO_SEVERE:
        value = given.get(str(level.value))
        if value is None:
            continue
        highest = 1 if unit == SeverityIndicator.Unit.SHARE else 10**13
        if not is_number(value) or not 0 < value <= highest:
            row.wrong(f"limit_{level.value}", _("a number above zero, a share at most 100 %"))
            continue
        if before is not None and value < before:
            row.wrong(f"limit_{level.value}", _("a more severe level needs at least the figure of the milder one"))
        limits[str(level.value)] = before = plain(round(value, 4))
    if not limits:
        row.wrong("limits", _("a figure for at least one level"))
    measured = row.given.get("measured", False)
    if not isinstance(measured, bool):
        row.wrong("measured", _("true or false"))
    return {
        "code": row.code(),
        "group": row.group(),
        "name": row.text("name", 120, needed=True),
        "name_en": row.text("name_en", 120),
        "unit": unit,
        "measured": bool(measured),
        "limits": limits,
    }


def level_row(row: Row) -> dict[str, Any]:
    called, required = row.posts("called_posts"), row.posts("required_posts")
    return {
        "level": row.choice("level", Level.values),
        "name": row.text("name", 120, needed=True),
        "name_en": row.text("name_en", 120),
        "decider_post": row.choice("decider_post", Post.values),
        "decider": row.text("decider", 60, needed=True),
        "decider_en": row.text("decider_en", 60),
        "called_posts": called,
        "required_posts": required,
        "post_name": row.text("post_name", 60, needed=True),
        "post_name_en": row.text("post_name_en", 60),
        "shifts": row.whole("shifts", 1, 3),
        "on_post_minutes": row.whole("on_post_minutes", 1, 1440),
        "ready_minutes": row.whole("ready_minutes", 1, 1440),
        "confirm_minutes": row.whole("confirm_minutes", 1, 1440),
        "report_minutes": row.whole("report_minutes", 5, 10_080),
        "first_notice_minutes": row.whole("first_notice_minutes", 1, 10_080),
        "notice_update_minutes": row.whole("notice_update_minutes", 5, 10_080, optional=True),
        "cost_cap": row.share("cost_cap", 10),
        "reroute_orders": row.whole("reroute_orders", 1, 100_000_000, optional=True),
        "reroute_reach": row.choice("reroute_reach", Reach.values) if "reroute_reach" in row.given else Reach.TEMPORARY,
        "close_throughput": row.share("close_throughput", 2),
        "close_hold_minutes": row.whole("close_hold_minutes", 0, 10_080),
        "review_days": row.whole("review_days", 1, 90),
        "crews": crews(row, {*called, *required}),
    }


def crews(row: Row, posts: set[str]) -> dict[str, dict[str, int]]:
    given = row.given.get("crews", {})
    if not isinstance(given, Mapping):
        row.wrong("crews", _("a crew is a post with the people to call and to have on post"))
        return {}
    found = {}
    for post, crew in given.items():
        if post not in posts:
            row.wrong("crews", _("a crew needs a post that is called or required"))
            continue
        if not isinstance(crew, Mapping) or set(crew) != {"call", "need"}:
            row.wrong("crews", _("a crew is a post with the people to call and to have on post"))
            continue
        try:
            check_crew(crew)
        except BadParams as error:
            row.wrong("crews", error)
        found[post] = {"call": crew["call"], "need": crew["need"]}
    return found


def ladder_row(row: Row) -> dict[str, Any]:
    kind = row.choice("kind", LadderStep.Kind.values)
    allowed = Channel.values if kind == LadderStep.Kind.CHANNEL else ["1", "2"]
    return {
        "after_minutes": row.whole("after_minutes", 0, 120),
        "kind": kind,
        "value": row.choice("value", allowed),
    }


def readiness_row(row: Row) -> dict[str, Any]:
    return {
        "code": row.code(),
        "name": row.text("name", 120, needed=True),
        "name_en": row.text("name_en", 120),
        "lightest_level": row.choice("lightest_level", Level.values),
    }


def legal_row(row: Row) -> dict[str, Any]:
    return {
        "code": row.code(),
        "name": row.text("name", 120, needed=True),
        "name_en": row.text("name_en", 120),
        "minutes": row.whole("minutes", 1, YEAR),
        "authority": row.text("authority", 120, needed=True),
        "authority_en": row.text("authority_en", 120),
        "trigger": row.text("trigger", 200),
        "trigger_en": row.text("trigger_en", 200),
        "source": row.text("source", 160, needed=True),
        "form": form_fields(row),
    }


def form_fields(row: Row) -> list[dict[str, Any]]:
    given = row.given.get("form", [])
    if not isinstance(given, list) or len(given) > 40 or any(not isinstance(part, Mapping) for part in given):
        row.wrong("form", _("a list of fields with a code and a name"))
        return []
    problems = Problems()
    parts = [Row(part, number, problems) for number, part in enumerate(given)]
    fields = [
        {
            "code": part.code(),
            "name": part.text("name", 120, needed=True),
            "name_en": part.text("name_en", 120),
            "required": part.given.get("required") is True,
        }
        for part in parts
    ]
    codes = [field["code"] for field in fields]
    if len(set(codes)) < len(codes):
        row.wrong("form", _("two fields have the same code"))
    for place, why in problems.found.items():
        row.wrong("form", _("field %(number)s: %(why)s") % {"number": int(place.partition(".")[0]) + 1, "why": why})
    return fields


READ_ROW: dict[str, Callable[[Row], dict[str, Any]]] = {
    RuleArea.MATRIX: matrix_row,
    RuleArea.LEVELS: level_row,
    RuleArea.LADDER: ladder_row,
    RuleArea.READINESS: readiness_row,
    RuleArea.LEGAL: legal_row,
}


def no_code_twice(rows: list[dict[str, Any]], problems: Problems) -> None:
    if not rows:
        raise BadRules(_("At least one row must stay."), errors={})
    seen: set[str] = set()
    for number, row in enumerate(rows):
        if row["code"] and row["code"] in seen:
            problems.add(number, "code", _("another row has this code"))
        seen.add(row["code"])


def four_levels(rows: list[dict[str, Any]], problems: Problems) -> None:
    if [row["level"] for row in rows] != sorted(Level.values):
        raise BadRules(_("Give the four levels in order, Ⅰ first."), errors=problems.found)


def a_ladder(rows: list[dict[str, Any]], problems: Problems) -> None:
    """Somebody is told at once, each channel and alternate once, and B is not called before A."""
    seen: set[tuple[Any, Any]] = set()
    for number, row in enumerate(rows):
        if (row["kind"], row["value"]) in seen and row["value"]:
            problems.add(number, "value", _("another rung does this already"))
        seen.add((row["kind"], row["value"]))
    if not any(row["kind"] == LadderStep.Kind.CHANNEL and row["after_minutes"] == 0 for row in rows):
        raise BadRules(_("The first message must go out at once: give one channel 0 minutes."), errors=problems.found)
    at = {row["value"]: row["after_minutes"] for row in rows if row["kind"] == LadderStep.Kind.ALTERNATE}
    if "2" in at and ("1" not in at or at["1"] > at["2"]):
        raise BadRules(_("Alternate B is called after alternate A."), errors=problems.found)
    rows.sort(key=lambda row: (row["after_minutes"], str(row["kind"]), str(row["value"])))
