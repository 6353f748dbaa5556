"""How entries read. Each room registers a sentence per kind and a way to name the things it owns.

A room's `entries.py` calls `register({"reroute.wave_paused": _("Wave %(wave)s paused")})`, or with a count
`ngettext_lazy("%(orders)s order …", "%(orders)s orders …", "orders")`, and `register_names("warehouse", lookup)`, where
`lookup` takes keys as strings and returns {key: label}. A payload value such as "warehouse:PLANT03" is then shown by
its name, so that the journal itself can hold ids only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from journal.models import Entry
from journal.numbers import whole

Lookup = Callable[[list[str]], Mapping[str, object]]

SENTENCES: dict[str, str | Promise] = {}
LOOKUPS: dict[str, Lookup] = {}
RESTRICTED: dict[str, str] = {}


class Unknown(int):
    """A figure that nobody wrote down, also where a sentence asks it for its plural."""

    def __str__(self) -> str:
        return "…"


class Blank(dict[str, Any]):
    """A sentence that names a figure the payload lacks still reads."""

    def __missing__(self, key: str) -> Unknown:
        return Unknown()


def register(sentences: Mapping[str, str | Promise]) -> None:
    SENTENCES.update(sentences)


def register_names(prefix: str, lookup: Lookup) -> None:
    assert prefix not in LOOKUPS, f"{prefix} is named already"
    LOOKUPS[prefix] = lookup


def ids(keys: Iterable[str]) -> list[int]:
    """Those keys that may be a row's id; a lookup asks for no others, since a subject may be written by anybody."""
    return [number for key in keys if (number := whole(key)) is not None]


def restrict(prefix: str, permission: str) -> None:
    """Only those who hold `permission` may read timelines of subjects with this prefix."""
    RESTRICTED[prefix] = permission


def permission_for(topic: str) -> str:
    """What one must be allowed to do to read the timeline of `topic`."""
    return RESTRICTED.get(topic.partition(":")[0], "view")


def mentions(value: object) -> Iterable[tuple[str, str]]:
    if isinstance(value, str) and ":" in value:
        prefix, _colon, key = value.partition(":")
        if prefix in LOOKUPS:
            yield prefix, key
    elif isinstance(value, list):
        for item in value:
            yield from mentions(item)


def names_in(values: Iterable[object]) -> dict[str, str]:
    """Labels of everything mentioned ("user:3" → "王磊"), with one lookup per prefix."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for value in values:
        for prefix, key in mentions(value):
            wanted[prefix].add(key)
    named: dict[str, str] = {}
    for prefix, keys in wanted.items():
        found = LOOKUPS[prefix](sorted(keys))
        named.update({f"{prefix}:{key}": str(found[key]) for key in keys if key in found})
    return named


def describe(entries: list[Entry]) -> list[dict[str, Any]]:
    """Entries ready to be read in the active language: entry, actor's name and sentence."""
    values: list[object] = []
    for entry in entries:
        values += [entry.actor, entry.subject, *entry.payload.values()]
    named = names_in(values)

    def show(value: object) -> object:
        if isinstance(value, str):
            return named.get(value, value)
        if isinstance(value, list):
            return "、".join(str(show(item)) for item in value)
        return value

    rows = []
    for entry in entries:
        figures = Blank({key: show(value) for key, value in entry.payload.items()})
        figures["subject"] = show(entry.subject)
        sentence = SENTENCES.get(entry.kind)
        text = sentence % figures if sentence else f"{entry.kind} {entry.subject}"
        rows.append({"entry": entry, "actor": actor_name(entry.actor, named), "text": text})
    return rows


def actor_name(actor: str, named: Mapping[str, str]) -> str:
    fixed = {"clock": _("Clock"), "system": _("System"), "shell": _("Server console")}
    return named.get(actor) or fixed.get(actor.partition(":")[0]) or actor
