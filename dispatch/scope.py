"""What part of the network something hit, as codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from dispatch.models import Carrier, Hub, Lane, LaneLeg, Warehouse
from journal.refusal import Invalid

LARGEST = 10_000


class UnknownScope(Invalid):
    """A scope names a region, warehouse, carrier or lane that the network does not have, or nothing at all."""


@dataclass(frozen=True)
class Scope:
    """Regions, warehouses, carriers and hubs by code, lanes by id; what any of them names belongs to the scope.

    A region stands for itself and the regions inside it, for every lane into it, and for the warehouses and hubs that
    lie in it ("33" may be written for 330000). A hub (a sorting hub, airport, road section, …) stands for every lane
    that goes through it. Raises UnknownScope when a part is not a list of codes.
    """

    regions: tuple[str, ...] = ()
    warehouses: tuple[str, ...] = ()
    carriers: tuple[str, ...] = ()
    lanes: tuple[int, ...] = ()
    hubs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("regions", "warehouses", "carriers", "hubs"):
            object.__setattr__(self, name, codes(getattr(self, name), name))
        lanes: list[int] = []
        for value in self.lanes if isinstance(self.lanes, list | tuple) else [None]:
            if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**63:
                raise UnknownScope(_("Lanes of a scope are given as a list of lane ids."), field="lanes")
            lanes.append(value)
        object.__setattr__(self, "lanes", tuple(dict.fromkeys(lanes)))

    def __bool__(self) -> bool:
        return bool(self.regions or self.warehouses or self.carriers or self.lanes or self.hubs)

    def __or__(self, other: Scope) -> Scope:
        parts = ("regions", "warehouses", "carriers", "lanes", "hubs")
        return Scope(**{name: (*getattr(self, name), *getattr(other, name)) for name in parts})

    def to_json(self) -> dict[str, list[str] | list[int]]:
        parts: dict[str, list[str] | list[int]] = {
            "regions": list(self.regions),
            "warehouses": list(self.warehouses),
            "carriers": list(self.carriers),
            "lanes": list(self.lanes),
        }
        if self.hubs:
            parts["hubs"] = list(self.hubs)
        return parts

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Scope:
        """The scope that `to_json` wrote or a caller sent; parts may be missing."""
        if not isinstance(data, Mapping):
            raise UnknownScope(_("A scope is an object with regions, warehouses, carriers, hubs and lanes."))
        parts = {name: data.get(name) or () for name in ("regions", "warehouses", "carriers", "lanes", "hubs")}
        if strange := set(data) - set(parts):
            raise UnknownScope(_("A scope has no part “%(part)s”.") % {"part": sorted(map(str, strange))[0][:40]})
        return cls(**parts)

    def mentions(self) -> list[str]:
        """The scope as the journal writes it: ["region:330000", "warehouse:W01", …]."""
        return [
            *(f"region:{code}" for code in self.regions),
            *(f"warehouse:{code}" for code in self.warehouses),
            *(f"carrier:{code}" for code in self.carriers),
            *(f"hub:{code}" for code in self.hubs),
            *(f"lane:{lane}" for lane in self.lanes),
        ]


def codes(values: Any, name: str) -> tuple[str, ...]:
    if not isinstance(values, list | tuple) or len(values) > LARGEST:
        raise UnknownScope(_("%(part)s of a scope are given as a list of codes.") % {"part": name}, field=name)
    for value in values:
        if not isinstance(value, str) or not 0 < len(value) <= 32 or "\x00" in value or not value.isprintable():
            raise UnknownScope(_("%(part)s of a scope are given as a list of codes.") % {"part": name}, field=name)
    return tuple(dict.fromkeys(values))


@dataclass(frozen=True)
class Resolved:
    """A scope spelt out against the network: every region it covers, every warehouse and hub it names or contains.

    `lanes` are those it names and those through its hubs; `named_lanes` only the former.
    """

    regions: list[str]
    warehouses: list[str]
    carriers: list[str]
    lanes: list[int]
    hubs: list[str]
    named_lanes: list[int]

    # Conditions on `dispatch_lane l` and `dispatch_order o`, with the fields of this class as parameters.
    LANES = (
        "(l.region_id = ANY(%(regions)s::varchar[]) OR l.warehouse_id = ANY(%(warehouses)s::varchar[])"
        " OR l.carrier_id = ANY(%(carriers)s::varchar[]) OR l.id = ANY(%(lanes)s::bigint[]))"
    )
    ORDERS = (
        "(o.region_id = ANY(%(regions)s::varchar[]) OR o.warehouse_id = ANY(%(warehouses)s::varchar[])"
        " OR o.carrier_id = ANY(%(carriers)s::varchar[]) OR o.lane_id = ANY(%(lanes)s::bigint[]))"
    )

    # Orders that have left: a warehouse can no longer hit them, a parcel on the way can.
    IN_TRANSIT = (
        "(o.region_id = ANY(%(regions)s::varchar[]) OR o.carrier_id = ANY(%(carriers)s::varchar[])"
        " OR o.lane_id = ANY(%(lanes)s::bigint[]) OR EXISTS (SELECT 1 FROM dispatch_parcel p WHERE p.order_id = o.id"
        " AND p.state IN ('packed', 'in_transit') AND (p.carrier_id = ANY(%(carriers)s::varchar[])"
        " OR p.lane_id = ANY(%(lanes)s::bigint[]))))"
    )

    @property
    def parameters(self) -> dict[str, Any]:
        return {
            "regions": self.regions,
            "warehouses": self.warehouses,
            "carriers": self.carriers,
            "lanes": self.lanes,
            "hubs": self.hubs,
        }


def six_digits(code: str) -> str:
    """GB/T 2260 prefixes written short: "33" is 330000, "3301" is 330100. Other codes stay as they are."""
    return code.ljust(6, "0") if code.isascii() and code.isdigit() and len(code) in (2, 4) else code


COVERED = """
WITH RECURSIVE covered AS (
    SELECT code FROM dispatch_region WHERE code = ANY(%s::varchar[])
    UNION SELECT r.code FROM dispatch_region r JOIN covered c ON r.parent_id = c.code
) SELECT code FROM covered ORDER BY code
"""


def covered_regions(regions: Iterable[str]) -> list[str]:
    """The codes of `regions` and of all regions inside them."""
    with connection.cursor() as cursor:
        cursor.execute(COVERED, [list(regions)])
        return [code for (code,) in cursor.fetchall()]


def lanes_through(hubs: Iterable[str]) -> set[int]:
    """Ids of the lanes with a leg to or along one of `hubs`."""
    wanted = list(hubs)
    if not wanted:
        return set()
    legs = LaneLeg.objects.filter(Q(hub__in=wanted) | Q(road__in=wanted))
    return set(legs.values_list("lane_id", flat=True))


def resolve(scope: Scope) -> Resolved:
    """Spell `scope` out against the network. Raises UnknownScope for anything the network does not have."""
    named = [six_digits(code) for code in scope.regions]
    regions = covered_regions(named)
    missing = [f"region {code}" for code in sorted(set(named) - set(regions))]
    known: set[Any] = set(Warehouse.objects.filter(code__in=scope.warehouses).values_list("code", flat=True))
    missing += [f"warehouse {code}" for code in scope.warehouses if code not in known]
    known = set(Carrier.objects.filter(code__in=scope.carriers).values_list("code", flat=True))
    missing += [f"carrier {code}" for code in scope.carriers if code not in known]
    known = set(Lane.objects.filter(pk__in=scope.lanes).values_list("pk", flat=True))
    missing += [f"lane {lane}" for lane in scope.lanes if lane not in known]
    known = set(Hub.objects.filter(code__in=scope.hubs).values_list("code", flat=True))
    missing += [f"hub {code}" for code in scope.hubs if code not in known]
    if missing:
        raise UnknownScope(
            _("The network has no %(missing)s.") % {"missing": ", ".join(missing[:5])}, unknown=missing[:100]
        )
    inside = Warehouse.objects.filter(region_id__in=regions).values_list("code", flat=True) if regions else []
    hubs = {*scope.hubs, *(Hub.objects.filter(region_id__in=regions).values_list("code", flat=True) if regions else ())}
    return Resolved(
        regions=regions,
        warehouses=sorted({*scope.warehouses, *inside}),
        carriers=list(scope.carriers),
        lanes=sorted({*scope.lanes, *lanes_through(hubs)}),
        hubs=sorted(hubs),
        named_lanes=list(scope.lanes),
    )
