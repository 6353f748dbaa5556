"""What an order in transit can still do, by its lane's legs. Arithmetic on a small network, no database.

An order that has left moves with a vehicle: it can leave its lane only where that stops, at a hub. Where it is, is
reckoned from the hours since it left; when those are not known it cannot be reckoned, and a person must ask.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

DETOUR, HOLD, TURN_BACK, RESUME = "detour", "hold", "turn_back", "resume"


class Leg(NamedTuple):
    """To `hub` (None: to the destination), along `road` if it needs one, in `hours` if anybody knows."""

    hub: str | None
    road: str | None
    hours: int | None


class Way(NamedTuple):
    """A lane: where it ends, where it begins, its legs in order. `closed` by itself, whatever its hubs are."""

    lane: int
    region: str
    warehouse: str
    legs: tuple[Leg, ...]
    closed: bool = False


class Standing(NamedTuple):
    """Orders that are in one case: on the lane's `leg` (1…, one more: should have arrived, None: not known), and what
    they were told last, at which hub; `refused`: the order system would not. Those told to go on from there `by`
    another lane are on its leg `by_leg` by now, None before that hub or when it is not known."""

    lane: int | None
    leg: int | None
    told: str = ""
    at: str | None = None
    refused: bool = False
    by: int | None = None
    by_leg: int | None = None


@dataclass(frozen=True)
class Advice:
    """What to tell them and why; `hub` None with `hold`: ask the carrier where it is."""

    step: str
    why: str
    hub: str | None = None
    lane: int | None = None


@dataclass
class Roads:
    """The network as far as orders in transit care."""

    ways: Mapping[int, Way]
    shut_hubs: frozenset[str]
    shut_houses: frozenset[str]
    passing: dict[tuple[str, str], list[tuple[Way, int]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for way in self.ways.values():
            for place, leg in enumerate(way.legs, start=1):
                if leg.hub:
                    self.passing.setdefault((leg.hub, way.region), []).append((way, place))

    def open(self, leg: Leg) -> bool:
        return leg.hub not in self.shut_hubs and leg.road not in self.shut_hubs

    def clear(self, way: Way, after: int) -> bool:
        """Whether everything behind the first `after` legs is open."""
        return not way.closed and all(self.open(leg) for leg in way.legs[after:])

    def onward_by(self, lane: int, hub: str) -> bool:
        """Whether this lane is open from `hub` on."""
        way = self.ways.get(lane)
        return way is not None and any(leg.hub == hub and self.clear(way, n) for n, leg in enumerate(way.legs, 1))

    def onward(self, hub: str, way: Way) -> tuple[int, Way] | None:
        """The quickest open lane that goes on from `hub` to where `way` ends, with its hours from there."""
        found = [
            (sum(leg.hours or 24 for leg in other.legs[place:]), other)
            for other, place in self.passing.get((hub, way.region), [])
            if other.lane != way.lane and self.clear(other, place)
        ]
        return min(found, key=lambda one: (one[0], one[1].lane), default=None)


def advise(standing: Standing, roads: Roads) -> Advice | None:
    """What orders in this case are told; None: they go on as they are, or were told already.

    1. What the order system refused is for people: hold, and ask the carrier. That is not said twice.
    2. An order that waits at a hub may go on when the way ahead is open, or by another lane. One that was told to wait
       at, go by or turn back to what is closed since is told anew.
    3. One whose place is not known, or that should have arrived, is held where it is found.
    4. Otherwise the quickest way by any hub that it still reaches; else it waits at the next; else it turns back, to
       the hub behind it or to its warehouse.
    """
    way = roads.ways.get(standing.lane) if standing.lane is not None else None
    if standing.refused:
        return None if (standing.told, standing.at) == (HOLD, None) else Advice(HOLD, "refused")
    if standing.told == HOLD and standing.at is None:
        return None
    if standing.told == TURN_BACK:
        return Advice(HOLD, "behind") if way is not None and way.warehouse in roads.shut_houses else None
    if standing.told == DETOUR:
        return on_detour(standing, way, roads)
    if standing.told == HOLD:
        return None if way is None else at_hub(standing, way, roads)
    if way is None or standing.leg is None:
        return None if way is not None and roads.clear(way, 0) else Advice(HOLD, "unknown")
    if roads.clear(way, standing.leg - 1):
        return None
    if standing.leg > len(way.legs):
        return Advice(HOLD, "arrived")
    return leave(way, standing.leg, roads)


def place_of(hub: str | None, way: Way) -> int | None:
    return next((place for place, leg in enumerate(way.legs, start=1) if hub and leg.hub == hub), None)


def on_detour(standing: Standing, way: Way | None, roads: Roads) -> Advice | None:
    """What orders that were told to leave their lane are told, once the way by the other one is closed."""
    hub, other = str(standing.at), roads.ways.get(standing.by or 0)
    if other is not None and standing.by_leg is not None:
        if roads.clear(other, standing.by_leg - 1):
            return None
        return Advice(HOLD, "arrived") if standing.by_leg > len(other.legs) else leave(other, standing.by_leg, roads)
    possible = standing.by is not None and roads.onward_by(standing.by, hub)
    place = None if way is None else place_of(hub, way)
    if way is None or place is None or standing.leg is None or standing.leg > place:
        return None if possible else Advice(HOLD, "unknown")
    if possible and hub in [name for _hours, name in stops(way, standing.leg, roads)]:
        return None
    if roads.clear(way, standing.leg - 1):
        return Advice(RESUME, "open")
    return leave(way, standing.leg, roads)


def at_hub(standing: Standing, way: Way, roads: Roads) -> Advice | None:
    """What orders that wait at a hub, or are on the way to wait there, are told."""
    hub = str(standing.at)
    if hub not in roads.shut_hubs:
        return from_hub(hub, way, roads)
    place = place_of(hub, way)
    if standing.leg is None or place is None or standing.leg > place:
        return Advice(HOLD, "no_way")
    return leave(way, standing.leg, roads)


def from_hub(hub: str, way: Way, roads: Roads) -> Advice | None:
    place = place_of(hub, way)
    if place is not None and roads.clear(way, place):
        return Advice(RESUME, "open", hub)
    other = roads.onward(hub, way)
    return None if other is None else Advice(DETOUR, "way", hub, other[1].lane)


def stops(way: Way, leg: int, roads: Roads) -> Iterator[tuple[int, str]]:
    """(hours from the begin of this leg, hub) of the hubs that it still reaches."""
    hours = 0
    for ahead in way.legs[leg - 1 :]:
        if ahead.hub is None or not roads.open(ahead):
            return
        hours += ahead.hours or 24
        yield hours, ahead.hub


def leave(way: Way, leg: int, roads: Roads) -> Advice:
    reached = list(stops(way, leg, roads))
    found = [
        (hours + other[0], hours, hub, other[1].lane) for hours, hub in reached if (other := roads.onward(hub, way))
    ]
    if found:
        _whole, _hours, hub, lane = min(found)
        return Advice(DETOUR, "way", hub, lane)
    if reached:
        return Advice(HOLD, "no_way", reached[0][1])
    if leg == 1:
        return Advice(HOLD, "behind") if way.warehouse in roads.shut_houses else Advice(TURN_BACK, "behind")
    last = way.legs[leg - 2].hub
    if last is None or last in roads.shut_hubs:
        return Advice(HOLD, "no_way")
    other = roads.onward(last, way)
    return Advice(HOLD, "no_way", last) if other is None else Advice(DETOUR, "way", last, other[1].lane)
