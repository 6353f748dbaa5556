"""What commanders want of a plan besides its goal: lanes, warehouses or carriers that it must not use (forbid), that
keep what the last proposal gave them (pin), or that take at most so many of its orders (cap)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from dispatch.models import Carrier, Lane, Warehouse
from journal.refusal import Invalid

VERBS = ("forbid", "pin", "cap")
THINGS = ("lanes", "warehouses", "carriers")
MOST = 2_000
MOST_ORDERS = 1 << 31


class BadWishes(Invalid):
    """The wishes name something unknown, contradict each other, or have another shape than they should."""


def checked_wishes(given: object) -> dict[str, Any]:
    """The wishes in their one shape: {"forbid" | "pin": {thing: [keys, sorted]}, "cap": {thing: {key: orders}}} with
    what is empty left out; lanes are numbers in lists and texts as keys. Raises BadWishes."""
    if not isinstance(given, dict) or set(given) - set(VERBS):
        raise BadWishes(_("Wishes have the parts “forbid”, “pin” and “cap”."))
    found: dict[str, Any] = {}
    for verb in VERBS:
        part = given.get(verb, {})
        if not isinstance(part, dict) or set(part) - set(THINGS):
            raise BadWishes(_("Each part of the wishes names “lanes”, “warehouses” and “carriers”."))
        kept = {
            thing: capped(part[thing]) if verb == "cap" else listed(part[thing]) for thing in THINGS if part.get(thing)
        }
        if kept:
            found[verb] = kept
    require_known(found)
    require_sense(found)
    return found


def listed(keys: object) -> list[Any]:
    if not isinstance(keys, list) or len(keys) > MOST or not all(isinstance(key, (str, int)) for key in keys):
        raise BadWishes(_("Name what is forbidden or pinned in a list."))
    return sorted(set(keys), key=str)


def capped(limits: object) -> dict[str, int]:
    if not isinstance(limits, dict) or len(limits) > MOST:
        raise BadWishes(_("Name each cap with its number of orders."))
    for limit in limits.values():
        if not isinstance(limit, int) or isinstance(limit, bool) or not 0 <= limit < MOST_ORDERS:
            raise BadWishes(_("A cap is a number of orders, 0 or more."))
    return {str(key): limits[key] for key in sorted(limits, key=str)}


def named(wishes: dict[str, Any], thing: str) -> set[str]:
    """Every key of a thing, whatever is wanted of it, as text."""
    return {str(key) for verb in VERBS for key in wishes.get(verb, {}).get(thing, ())}


def require_known(wishes: dict[str, Any]) -> None:
    lanes = named(wishes, "lanes")
    if not all(key.isascii() and key.isdigit() and len(key) < 19 for key in lanes):
        raise BadWishes(_("Name lanes by their number."))
    for verb in ("forbid", "pin"):
        if "lanes" in wishes.get(verb, {}):
            wishes[verb]["lanes"] = sorted(int(key) for key in wishes[verb]["lanes"])
    known = {
        "lanes": {
            str(key) for key in Lane.objects.filter(pk__in=[int(key) for key in lanes]).values_list("pk", flat=True)
        },
        "warehouses": set(
            Warehouse.objects.filter(code__in=named(wishes, "warehouses")).values_list("code", flat=True)
        ),
        "carriers": set(Carrier.objects.filter(code__in=named(wishes, "carriers")).values_list("code", flat=True)),
    }
    unknown = {thing: sorted(named(wishes, thing) - known[thing]) for thing in THINGS}
    unknown = {thing: keys for thing, keys in unknown.items() if keys}
    if unknown:
        first = next(iter(unknown.values()))[0]
        raise BadWishes(_("The network has no %(name)s.") % {"name": first}, unknown=unknown)


def require_sense(wishes: dict[str, Any]) -> None:
    for thing in THINGS:
        forbidden = {str(key) for key in wishes.get("forbid", {}).get(thing, ())}
        both = forbidden & {str(key) for verb in ("pin", "cap") for key in wishes.get(verb, {}).get(thing, ())}
        if both:
            raise BadWishes(
                _("%(name)s is forbidden and wanted at once.") % {"name": min(both)}, **{thing: sorted(both)}
            )


def tally(wishes: dict[str, Any]) -> int:
    """How many single wishes there are."""
    return sum(len(keys) for part in wishes.values() for keys in part.values())
