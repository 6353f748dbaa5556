"""What the parameters of a measure may be, by kind. Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Check = Callable[[Mapping[str, Any]], str]


class BadParams(ValueError):
    """The parameters of a measure do not fit its kind."""


def only(params: Mapping[str, Any], *names: str) -> None:
    if unknown := sorted(set(params) - set(names)):
        raise BadParams(f"unknown parameter {unknown[0]}; allowed: {', '.join(names) or 'none'}")


def number(params: Mapping[str, Any], name: str, low: float, high: float) -> None:
    value = params.get(name)
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise BadParams(f"{name} must be a number from {low:g} to {high:g}")


def text(value: object, name: str, longest: int = 60) -> None:
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise BadParams(f"{name} must be a text of 1 to {longest} characters")


def checklist(params: Mapping[str, Any]) -> None:
    only(params)


def call_out(params: Mapping[str, Any]) -> None:
    only(params, "posts")
    posts = params.get("posts", [])
    if not isinstance(posts, list):
        raise BadParams("posts must be a list of post codes")
    for post in posts:
        text(post, "posts", 24)


def close_scope(params: Mapping[str, Any]) -> None:
    only(params, "action")
    if params.get("action", "close") not in {"close", "reopen"}:
        raise BadParams("action must be close or reopen")


def reroute(params: Mapping[str, Any]) -> None:
    only(params, "cost_cap")
    number(params, "cost_cap", 0, 10)


def notify_customers(params: Mapping[str, Any]) -> None:
    only(params, "template")
    text(params.get("template"), "template", 40)


def issue_supplies(params: Mapping[str, Any]) -> None:
    only(params, "lines", "warehouse")
    lines = params.get("lines")
    if not isinstance(lines, list) or not 0 < len(lines) <= 100:
        raise BadParams("lines must be a list of 1 to 100 items with quantities")
    for line in lines:
        if not isinstance(line, Mapping):
            raise BadParams("each of lines must have item and quantity")
        only(line, "item", "quantity")
        text(line.get("item"), "item", 32)
        if line.get("quantity") is None:
            raise BadParams("each of lines must have item and quantity")
        number(line, "quantity", 0.001, 1_000_000)
    if "warehouse" in params:
        text(params["warehouse"], "warehouse", 32)


def internal_report(params: Mapping[str, Any]) -> None:
    only(params, "every_minutes")
    number(params, "every_minutes", 5, 10_080)


CHECKS: dict[str, Callable[[Mapping[str, Any]], None]] = {
    "checklist": checklist,
    "call_out": call_out,
    "man_command_post": checklist,
    "close_scope": close_scope,
    "reroute": reroute,
    "notify_customers": notify_customers,
    "issue_supplies": issue_supplies,
    "report_authority": checklist,
    "internal_report": internal_report,
}


def check_params(kind: str, params: object) -> None:
    """Raise BadParams unless `params` fit a measure of this kind."""
    if kind not in CHECKS:
        raise BadParams(f"there is no kind of measure {kind}")
    if not isinstance(params, Mapping):
        raise BadParams("parameters must be an object")
    CHECKS[kind](params)
