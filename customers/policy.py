"""What a compensation policy may say. Pure: no database, no clock.

A policy is {"bands": [...], "tiers": [...], "order_limit", "batch_limit", "pay_days"}. An order falls into a band when
it is later than `over`: hours after its first promise (`clock` "promise"), or calendar days from the day after pickup
(`clock` "pickup", as GB/T 27917 counts), where it goes as far as `reach` says and into one of `regions`. It then gets
`rate` of what it is worth, at least `minimum` and at most `maximum`, times its customer's tier's `factor`: of several
bands the one that gives most. Above either limit a second person approves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

CODE = re.compile(r"^[a-z][a-z0-9_]{0,19}$")
REGION = re.compile(r"^[0-9]{2,6}$")
MOST_BANDS, MOST_TIERS, MOST_REGIONS = 30, 20, 200
LONGEST_NAME = 60
CENT = Decimal("0.01")

CLOCKS = {
    "promise": gettext_lazy("hours after the promise"),
    "pickup": gettext_lazy("days after pickup"),
}
REACHES = {
    "any": pgettext_lazy("reach", "any distance"),
    "city": gettext_lazy("same city"),
    "domestic": gettext_lazy("another city"),
    "abroad": gettext_lazy("Hong Kong, Macau, Taiwan"),
}

DEFAULT: dict[str, Any] = {
    "bands": [
        {
            "code": "late24",
            "name": "晚到超过24小时",
            "name_en": "More than 24 h late",
            "clock": "promise",
            "over": "24",
            "reach": "any",
            "regions": [],
            "rate": "0",
            "minimum": "5",
            "maximum": "5",
        },
        {
            "code": "late72",
            "name": "晚到超过72小时",
            "name_en": "More than 72 h late",
            "clock": "promise",
            "over": "72",
            "reach": "any",
            "regions": [],
            "rate": "0",
            "minimum": "10",
            "maximum": "10",
        },
        {
            "code": "lost_city",
            "name": "彻底延误（同城）",
            "name_en": "Given up for lost, same city",
            "clock": "pickup",
            "over": "7",
            "reach": "city",
            "regions": [],
            "rate": "1",
            "minimum": "10",
            "maximum": "",
        },
        {
            "code": "lost_domestic",
            "name": "彻底延误（国内异地）",
            "name_en": "Given up for lost, another city",
            "clock": "pickup",
            "over": "10",
            "reach": "domestic",
            "regions": [],
            "rate": "1",
            "minimum": "10",
            "maximum": "",
        },
        {
            "code": "lost_abroad",
            "name": "彻底延误（港澳台）",
            "name_en": "Given up for lost, HK, Macau, Taiwan",
            "clock": "pickup",
            "over": "30",
            "reach": "abroad",
            "regions": [],
            "rate": "1",
            "minimum": "10",
            "maximum": "",
        },
    ],
    "tiers": [{"code": "plus", "name": "PLUS会员", "name_en": "Plus member", "factor": "1.5"}],
    "order_limit": "200",
    "batch_limit": "100000",
    "pay_days": 7,
}


class Errors(dict[str, str]):
    """What is wrong, by place: "bands.0.over"."""


def checked_policy(given: object) -> tuple[dict[str, Any], Errors]:
    """The policy as it is stored, and what is wrong with it; only without errors may it be stored."""
    errors = Errors()
    if not isinstance(given, Mapping):
        errors["policy"] = _("must be an object")
        return {}, errors
    bands = listed(given, "bands", MOST_BANDS, errors, checked_band)
    tiers = listed(given, "tiers", MOST_TIERS, errors, checked_tier)
    if not bands and "bands" not in errors:
        errors["bands"] = _("at least one band is needed")
    for name, rows in (("bands", bands), ("tiers", tiers)):
        codes = [row["code"] for row in rows]
        for number, code in enumerate(codes):
            if code in codes[:number]:
                errors[f"{name}.{number}.code"] = _("twice")
    days = figure(given.get("pay_days"), 1, 60, "pay_days", errors)
    return {
        "bands": bands,
        "tiers": tiers,
        "order_limit": figure(given.get("order_limit"), 0, 1_000_000, "order_limit", errors),
        "batch_limit": figure(given.get("batch_limit"), 0, 1_000_000_000, "batch_limit", errors),
        "pay_days": int(Decimal(days)) if days else 0,
    }, errors


def listed(
    given: Mapping[str, Any], name: str, most: int, errors: Errors, check: Callable[..., dict[str, Any]]
) -> list[dict[str, Any]]:
    rows = given.get(name)
    if not isinstance(rows, list) or len(rows) > most or not all(isinstance(row, Mapping) for row in rows):
        errors[name] = _("must be a list of at most %(most)s rows") % {"most": most}
        return []
    return [check(row, f"{name}.{number}", errors) for number, row in enumerate(rows)]


def checked_band(row: Mapping[str, Any], place: str, errors: Errors) -> dict[str, Any]:
    band: dict[str, Any] = {
        **named(row, place, errors),
        "clock": chosen(row.get("clock", "promise"), CLOCKS, f"{place}.clock", errors),
        "over": figure(row.get("over"), 0, 2000, f"{place}.over", errors),
        "reach": chosen(row.get("reach", "any"), REACHES, f"{place}.reach", errors),
        "regions": regions(row.get("regions", []), f"{place}.regions", errors),
        "rate": figure(row.get("rate"), 0, 10, f"{place}.rate", errors),
        "minimum": figure(row.get("minimum"), 0, 1_000_000, f"{place}.minimum", errors),
        "maximum": figure(row.get("maximum"), 0, 1_000_000, f"{place}.maximum", errors, blank=True),
    }
    if band["maximum"] and band["minimum"] and Decimal(band["maximum"]) < Decimal(band["minimum"]):
        errors[f"{place}.maximum"] = _("less than the least amount")
    if band["rate"] and band["minimum"] and not (Decimal(band["rate"]) or Decimal(band["minimum"])):
        errors[f"{place}.minimum"] = _("this band would give nothing")
    return band


def checked_tier(row: Mapping[str, Any], place: str, errors: Errors) -> dict[str, Any]:
    return {**named(row, place, errors), "factor": figure(row.get("factor"), 1, 20, f"{place}.factor", errors)}


def named(row: Mapping[str, Any], place: str, errors: Errors) -> dict[str, str]:
    code = row.get("code")
    if not isinstance(code, str) or not CODE.fullmatch(code):
        errors[f"{place}.code"] = _("a short code of small letters, digits and _")
    found = {"code": str(code)[:20]}
    for name in ("name", "name_en"):
        text = row.get(name, "")
        text = " ".join(text.split()) if isinstance(text, str) else ""
        if len(text) > LONGEST_NAME or "\x00" in text or (name == "name" and not text):
            errors[f"{place}.{name}"] = _("a name of at most 60 characters")
        found[name] = text[:LONGEST_NAME]
    return found


def chosen(value: object, choices: Mapping[str, object], place: str, errors: Errors) -> str:
    if not isinstance(value, str) or value not in choices:
        errors[place] = _("choose one of: %(choices)s") % {"choices": ", ".join(choices)}
        return next(iter(choices))
    return value


def regions(value: object, place: str, errors: Errors) -> list[str]:
    if not isinstance(value, list) or len(value) > MOST_REGIONS or not all(is_region(code) for code in value):
        errors[place] = _("region codes such as 33 or 330100")
        return []
    return [prefix_of(code) for code in value]


def is_region(code: object) -> bool:
    return isinstance(code, str) and bool(REGION.fullmatch(code)) and len(code) % 2 == 0


def prefix_of(code: str) -> str:
    """What the codes of the places inside begin with: "330000" → "33"."""
    return re.sub(r"(00)+$", "", code) or code


def figure(value: object, least: int, most: int, place: str, errors: Errors, *, blank: bool = False) -> str:
    """A number as a text without superfluous zeros; "" where it is blank and may be, or wrong."""
    text = "" if value is None or isinstance(value, bool) else str(value).strip()
    if not text and blank:
        return ""
    try:
        number = Decimal(text)
        if not number.is_finite() or not least <= number <= most or number != number.quantize(Decimal("0.0001")):
            raise InvalidOperation
    except InvalidOperation:
        errors[place] = _("a number from %(least)s to %(most)s") % {"least": least, "most": f"{most:,}"}
        return ""
    return f"{number.normalize():f}"


def needs_second(content: Mapping[str, Any], *, largest: Decimal, amount: Decimal) -> bool:
    """Whether grants of this size are more than one person may decide."""
    return largest > Decimal(content["order_limit"]) or amount > Decimal(content["batch_limit"])
