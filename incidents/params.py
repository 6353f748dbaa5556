"""What the parameters of a measure may be, by kind. Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from accounts.roles import Post

LARGEST_CREW = 20
MOST_DAYS = 7  # over which a reroute may spread its orders


class BadParams(ValueError):
    """The parameters of a measure do not fit its kind; `name` is the one that does not."""

    def __init__(self, message: str, name: str = "") -> None:
        super().__init__(message)
        self.name = name


def only(params: Mapping[str, Any], *names: str) -> None:
    if unknown := sorted(set(params) - set(names)):
        raise BadParams(
            _("unknown parameter %(name)s; allowed: %(names)s")
            % {"name": str(unknown[0])[:40], "names": ", ".join(names) or "–"},
            str(unknown[0])[:40],
        )


def number(params: Mapping[str, Any], name: str, low: float, high: float) -> None:
    value = params.get(name)
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise BadParams(
            _("%(name)s must be a number from %(low)s to %(high)s")
            % {"name": name, "low": f"{low:g}", "high": f"{high:g}"},
            name,
        )


def text(value: object, name: str, longest: int = 60) -> None:
    if not isinstance(value, str) or not 0 < len(value) <= longest or "\x00" in value:
        raise BadParams(
            _("%(name)s must be a text of 1 to %(longest)s characters") % {"name": name, "longest": longest}, name
        )


def post(value: object, name: str) -> None:
    if value not in Post.values:
        raise BadParams(_("there is no post %(post)s") % {"post": str(value)[:40]}, name)


def checklist(params: Mapping[str, Any]) -> None:
    only(params)


def call_out(params: Mapping[str, Any]) -> None:
    """`posts` narrows the call to some posts; `crews` calls several people to one: `call` at once, `need` on post."""
    only(params, "posts", "crews")
    posts = params.get("posts", [])
    if not isinstance(posts, list):
        raise BadParams(_("posts must be a list of post codes"), "posts")
    for code in posts:
        post(code, "posts")
    crews = params.get("crews", [])
    if not isinstance(crews, list):
        raise BadParams(_("crews must be a list of post, call and need"), "crews")
    for crew in crews:
        if not isinstance(crew, Mapping):
            raise BadParams(_("crews must be a list of post, call and need"), "crews")
        only(crew, "post", "call", "need")
        post(crew.get("post"), "crews")
        check_crew(crew)
        if posts and crew["post"] not in posts:
            raise BadParams(
                _("%(post)s has a crew but is not among the posts called") % {"post": Post(crew["post"]).label}, "crews"
            )
    named = [crew["post"] for crew in crews]
    if twice := sorted({code for code in named if named.count(code) > 1}):
        raise BadParams(_("%(post)s has two crews") % {"post": Post(twice[0]).label}, "crews")


def check_crew(crew: Mapping[str, Any]) -> None:
    """So many people are called at once, and so many of them on post fill the seat. Raises BadParams."""
    for name in ("call", "need"):
        value = crew.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LARGEST_CREW:
            raise BadParams(
                _("call and need must be whole numbers from 1 to %(most)s") % {"most": LARGEST_CREW}, "crews"
            )
    if crew["need"] > crew["call"]:
        raise BadParams(_("more people are needed than are called"), "crews")


def close_scope(params: Mapping[str, Any]) -> None:
    only(params, "action")
    if params.get("action", "close") not in ("close", "reopen"):
        raise BadParams(_("action must be close or reopen"), "action")


def reroute(params: Mapping[str, Any]) -> None:
    """`days`: over how many days orders may leave; `open_standby`: standby warehouses may be opened for them."""
    only(params, "cost_cap", "approve_each_wave", "days", "open_standby")
    number(params, "cost_cap", 0, 10)
    number(params, "days", 1, MOST_DAYS)
    if not float(params.get("days") or 1).is_integer():
        raise BadParams(_("days must be a whole number"), "days")
    for name in ("approve_each_wave", "open_standby"):
        if not isinstance(params.get(name, False), bool):
            raise BadParams(_("%(name)s must be true or false") % {"name": name}, name)


def notify_customers(params: Mapping[str, Any]) -> None:
    only(params, "template")
    text(params.get("template"), "template", 40)


def issue_supplies(params: Mapping[str, Any]) -> None:
    only(params, "lines", "warehouse")
    lines = params.get("lines")
    if not isinstance(lines, list) or not 0 < len(lines) <= 100:
        raise BadParams(_("name 1 to 100 items with quantities"), "lines")
    for line in lines:
        if not isinstance(line, Mapping) or line.get("quantity") is None:
            raise BadParams(_("each line must have an item and a quantity"), "lines")
        only(line, "item", "quantity")
        text(line.get("item"), "item", 32)
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
        raise BadParams(_("there is no kind of measure %(kind)s") % {"kind": str(kind)[:40]})
    if not isinstance(params, Mapping):
        raise BadParams(_("parameters must be an object"))
    CHECKS[kind](params)
