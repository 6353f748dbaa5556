"""What a commander may pin, cap or forbid, with how much of a proposal goes that way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from dispatch.models import Carrier, Lane, RerouteRun, Warehouse
from dispatch.models.network import service_name
from dispatch.queries.counted import by_way, tally_of_run
from dispatch.queries.proposals import rows

MOST = 8

# Orders of the proposal by lane and warehouse.
USED = """
SELECT coalesce(p.lane_id, 0), coalesce(l.warehouse_id, p.warehouse_id, ''), coalesce(l.carrier_id, ''), count(*)
FROM dispatch_proposal p LEFT JOIN dispatch_lane l ON l.id = p.lane_id
WHERE p.run_id = %(run)s AND p.wave > 0 GROUP BY 1, 2, 3
"""


@dataclass(frozen=True)
class WayToWish:
    """A lane, warehouse or carrier, and how many orders the proposal sends there."""

    thing: str
    key: str
    label: str
    detail: str
    orders: int


def ways(run: RerouteRun, text: str = "") -> list[WayToWish]:
    """Those whose name or code has the words of `text`, the most used first: carriers, warehouses, then lanes. Lanes
    are only found by what they lead between."""
    lanes, houses, carriers = used(run)
    words = text.split()[:5]
    found = [
        WayToWish("carriers", row.code, str(row.label), _("carrier"), carriers.get(row.code, 0))
        for row in Carrier.objects.filter(*[named(word) for word in words])
    ]
    found += [
        WayToWish("warehouses", row.code, str(row.label), _("warehouse"), houses.get(row.code, 0))
        for row in Warehouse.objects.filter(*[named(word) for word in words])
    ]
    found.sort(key=lambda way: (-way.orders, way.label))
    related = Lane.objects.select_related("warehouse", "region", "carrier")
    if words:
        parts = ("warehouse__", "region__", "carrier__")
        wanted = related.filter(*[named(word, *parts) for word in words])[:400]
        found_lanes = list(wanted)
    else:
        found_lanes = list(related.filter(pk__in=sorted(lanes, key=lambda lane: -lanes[lane])[:MOST]))
    found_lanes.sort(key=lambda lane: (-lanes.get(lane.pk, 0), lane.pk))
    return found[: MOST // 2 if not words else MOST] + [
        of_lane(lane, lanes.get(lane.pk, 0)) for lane in found_lanes[:MOST]
    ]


def used(run: RerouteRun) -> tuple[dict[int, int], dict[str, int], dict[str, int]]:
    lanes: dict[int, int] = {}
    houses: dict[str, int] = {}
    carriers: dict[str, int] = {}
    tally = tally_of_run(run)
    for lane, house, carrier, orders in rows(USED, run) if tally is None else by_way(tally):
        lanes[lane] = lanes.get(lane, 0) + orders
        houses[house] = houses.get(house, 0) + orders
        carriers[carrier] = carriers.get(carrier, 0) + orders
    return lanes, houses, carriers


def named(word: str, *parts: str) -> Q:
    found = Q()
    for part in parts or ("",):
        found |= Q(**{f"{part}name__icontains": word}) | Q(**{f"{part}name_en__icontains": word})
        found |= Q(**{f"{part}code__iexact": word})
    return found


def of_lane(lane: Lane, orders: int) -> WayToWish:
    label = f"{lane.warehouse.label} → {lane.region.label}"
    return WayToWish("lanes", str(lane.pk), label, f"{lane.carrier.label} · {service_name(lane.service_level)}", orders)


@dataclass(frozen=True)
class Wish:
    """One wish of a run, as a person reads it; `limit` only of a cap."""

    verb: str
    thing: str
    key: str
    label: str
    limit: int | None = None


def wishes_of(run: RerouteRun) -> list[Wish]:
    """The run's wishes with their names."""
    found = []
    for verb, part in run.wishes.items():
        for thing, keys in part.items():
            labels = labels_of(thing, [str(key) for key in keys])
            for key in keys:
                limit = keys[key] if verb == "cap" else None
                found.append(Wish(verb, thing, str(key), labels.get(str(key), str(key)), limit))
    return found


def labels_of(thing: str, keys: list[str]) -> dict[str, str]:
    if thing == "lanes":
        lanes = Lane.objects.select_related("warehouse", "region", "carrier").filter(pk__in=[int(key) for key in keys])
        return {str(lane.pk): f"{lane.warehouse.label} → {lane.region.label} · {lane.carrier.label}" for lane in lanes}
    model: Any = Warehouse if thing == "warehouses" else Carrier
    return {row.code: str(row.label) for row in model.objects.filter(code__in=keys)}
