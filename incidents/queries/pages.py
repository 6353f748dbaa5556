"""What only the pages ask: the names of a scope, and measures by filter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import ngettext

from accounts.actors import Actor
from dispatch.models import Carrier, Hub, Region, Warehouse
from dispatch.scope import six_digits
from incidents.models import SYSTEM_KINDS, CallOut, Level, PostSeat
from incidents.queries.rows import PostGroup, Room

ALL, MINE, OVERDUE, AUTOMATIC = "all", "mine", "overdue", "automatic"


def scope_names(scope: Mapping[str, Any]) -> list[str]:
    """The parts of a scope by name, regions first; lanes are only counted."""
    found: list[str] = []
    kinds = (("regions", Region), ("warehouses", Warehouse), ("hubs", Hub), ("carriers", Carrier))
    for key, model in kinds:
        codes = [six_digits(code) for code in scope.get(key) or []]
        labels = {row.pk: row.label for row in model.objects.filter(pk__in=codes)}  # type: ignore[attr-defined]
        found += [labels.get(code, code) for code in codes]
    if lanes := scope.get("lanes"):
        found.append(ngettext("%(count)s lane", "%(count)s lanes", len(lanes)) % {"count": len(lanes)})
    return found


def own_posts(room: Room, by: Actor) -> set[str]:
    """The posts that the actor holds or is called for."""
    return {seat.seat.post for seat in room.seats if is_for(seat.seat, seat.call_outs, by)}


def filtered(groups: Iterable[PostGroup], *, show: str, room: Room, by: Actor) -> list[PostGroup]:
    """Measures by filter, one's own posts first: those that the actor holds or is called for."""
    held = own_posts(room, by)
    groups = sorted((replace(group, own=group.post in held) for group in groups), key=lambda group: not group.own)
    if show == MINE:
        return [group for group in groups if group.own]
    if show == OVERDUE:
        kept = [(g, [m for m in g.measures if m.late and not m.measure.settled]) for g in groups]
    elif show == AUTOMATIC:
        kept = [(g, [m for m in g.measures if m.measure.kind in SYSTEM_KINDS]) for g in groups]
    else:
        return groups
    return [replace(group, measures=rows) for group, rows in kept if rows]


def is_for(seat: PostSeat, calls: Iterable[CallOut], by: Actor) -> bool:
    return seat.holder_id == by.user_id or any(call.user_id == by.user_id and call.waiting for call in calls)


def level_numeral(level: int | None) -> str:
    return str(Level(level).label) if level else "—"
