"""What a record must obey besides the form of its single fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dispatch.models import HubKind
from dispatch.parts.kinds import KINDS, Kind
from dispatch.parts.world import Key, Record, World, service_of

MOST_LEGS, MOST_RATES = 9, 60


@dataclass(frozen=True)
class Fault:
    """What is wrong with a field; in a child, with the row of that number (from 0) in it."""

    field: str
    message: str
    child: str = ""
    row: int = 0


def check(kind: Kind, key: Key, record: Record, world: World) -> list[Fault]:
    """Everything that is wrong with `record`, which has been put into `world` as `key`."""
    return [*references(kind, record, world), *RULES.get(kind.name, nothing)(key, record, world)]


def references(kind: Kind, record: Record, world: World) -> Iterator[Fault]:
    for field in kind.fields:
        if field.names and record[field.name] is not None and not world.knows(field.names, record[field.name]):
            yield Fault(field.name, missing(field.names, record[field.name]))
    for child in kind.children:
        for number, row in enumerate(record[child.name]):
            for field, value in zip(child.fields, row, strict=True):
                if field.names and value is not None and not world.knows(field.names, value):
                    yield Fault(field.name, missing(field.names, value), child.name, number)


def missing(kind: str, key: Key) -> str:
    return _("The network has no %(kind)s “%(code)s” in use.") % {"kind": KINDS[kind].label, "code": key}


def nothing(key: Key, record: Record, world: World) -> Iterator[Fault]:
    yield from ()


def region(key: Key, record: Record, world: World) -> Iterator[Fault]:
    seen, above = {record["code"]}, record["parent"]
    known = world.records(KINDS["region"])
    while above is not None and above in known:
        if above in seen:
            yield Fault("parent", _("A region cannot lie inside itself."))
            return
        seen.add(above)
        above = known[above]["parent"]


def lane(key: Key, record: Record, world: World) -> Iterator[Fault]:
    if record["p90_hours"] is not None and record["p90_hours"] < record["transit_hours"]:
        yield Fault("p90_hours", _("Nine in ten cannot arrive before half do."))
    if world.services[service_of(record)] > 1:
        yield Fault("warehouse", _("There is such a lane already: same carrier, service, origin and hours."))
    yield from legs(record["legs"], world)
    if len(record["rates"]) > MOST_RATES:
        yield Fault("min_weight", _("A lane has at most %(most)s rates.") % {"most": MOST_RATES}, "rates", MOST_RATES)
    for number, (low, high, _minimum, _rate) in enumerate(record["rates"]):
        if high is not None and high < low:
            yield Fault("max_weight", _("The band ends before it begins."), "rates", number)


def legs(rows: tuple[tuple[Any, ...], ...], world: World) -> Iterator[Fault]:
    hubs = world.records(KINDS["hub"])
    if len(rows) > MOST_LEGS:
        yield Fault("mode", _("A lane has at most %(most)s legs.") % {"most": MOST_LEGS}, "legs", MOST_LEGS)
    for number, (_mode, hub, road, _hours, _km) in enumerate(rows):
        if (hub is None) != (number == len(rows) - 1):
            message = _("The last leg goes to the destination.") if hub else _("Only the last leg goes without a hub.")
            yield Fault("hub", message, "legs", number)
        if hub in hubs and hubs[hub]["kind"] == HubKind.ROAD:
            yield Fault("hub", _("A road is no place to go to; name it as the road."), "legs", number)
        if road in hubs and hubs[road]["kind"] != HubKind.ROAD:
            yield Fault("road", _("This is not a road."), "legs", number)


def contract(key: Key, record: Record, world: World) -> Iterator[Fault]:
    until = record["valid_until"]
    if until is not None and until < record["valid_from"]:
        yield Fault("valid_until", _("It ends before it begins."))
        return
    same = ("carrier", "warehouse", "region", "service_level")
    for other, row in world.in_use(KINDS["contract"]).items():
        if other == key or any(row[name] != record[name] for name in same):
            continue
        apart = (until is not None and until < row["valid_from"]) or (
            row["valid_until"] is not None and row["valid_until"] < record["valid_from"]
        )
        if not apart:
            yield Fault("valid_from", _("Contract %(number)s covers the same in these days.") % {"number": other})


def calendar(key: Key, record: Record, world: World) -> Iterator[Fault]:
    seen: set[Any] = set()
    for number, (day, _works) in enumerate(record["days"]):
        if day in seen:
            yield Fault("day", _("This day is listed already."), "days", number)
        seen.add(day)


RULES = {"region": region, "lane": lane, "contract": contract, "calendar": calendar}


def users_of(kind: Kind, key: Key, world: World, orders: dict[tuple[str, Key], int]) -> list[str]:
    """What in `world` still uses a thing, as sentences; `orders` counts open orders by ("lane" | "warehouse", key)."""
    found = []
    for other in KINDS.values():
        names = [field.name for field in other.fields if field.names == kind.name]
        places = [
            (child.name, index)
            for child in other.children
            for index, field in enumerate(child.fields)
            if field.names == kind.name
        ]
        if not names and not places:
            continue
        users = [
            own
            for own, record in world.in_use(other).items()
            if any(record[name] == key for name in names)
            or any(row[index] == key for child, index in places for row in record[child])
        ]
        if users:
            shown = ", ".join(str(user) for user in sorted(users, key=str)[:3])
            found.append(f"{other.plural}: {len(users)} ({shown}{', …' if len(users) > 3 else ''})")
    if count := orders.get((kind.name, key), 0):
        found.append(ngettext("%(count)s open order", "%(count)s open orders", count) % {"count": count})
    return found
