"""A run's wishes as the solver takes them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from django.db import connection

from dispatch.instance import Instance, index_in
from dispatch.models import Lane, RerouteRun, RunKind
from dispatch.queries.origins import ORIGINS
from dispatch.queries.reroutes import last_proposal
from dispatch.solver import Wishes
from dispatch.solver.problem import Bools, Ints

FREE = -1

PINNED = """
SELECT p.order_id, coalesce(p.lane_id, 0), coalesce(p.warehouse_id, '') FROM dispatch_proposal p
LEFT JOIN dispatch_lane l ON l.id = p.lane_id
WHERE p.run_id = %(run)s AND p.wave > 0 AND (p.lane_id = ANY(%(lanes)s::bigint[])
    OR coalesce(l.warehouse_id, p.warehouse_id) = ANY(%(warehouses)s::varchar[])
    OR l.carrier_id = ANY(%(carriers)s::varchar[]))
"""
HOME = f"""
SELECT origin.order_id, coalesce(origin.lane_id, 0), coalesce(origin.warehouse_id, '') FROM ({ORIGINS}) origin
JOIN dispatch_affectedorder a ON a.affected_set_id = %(set)s AND a.order_id = origin.order_id
"""
REFUSED = """
SELECT f.order_id, coalesce(f.lane_id, 0), coalesce(f.warehouse_id, '') FROM dispatch_refusedlane f
JOIN dispatch_affectedorder a ON a.affected_set_id = %(set)s AND a.order_id = f.order_id
    AND a.order_version = f.order_version
WHERE %(exercise)s::bigint IS NULL
"""


def wanted(run: RerouteRun, instance: Instance) -> Wishes | None:
    """The run's wishes by the instance's indexes, and the ways that the order system refused; None without any."""
    wishes, refused = wishes_of(run, instance), refused_ways(run, instance)
    if refused is None:
        return wishes
    return replace(wishes or Wishes(), refused=refused[0], refused_sets=refused[1])


def refused_ways(run: RerouteRun, instance: Instance) -> tuple[Ints, Bools] | None:
    """Each order's row among sets of lanes, which it must not use because it was refused there in its present version;
    row 0 is the empty set. None when nothing was refused."""
    with connection.cursor() as cursor:
        cursor.execute(REFUSED, {"set": run.affected_set_id, "exercise": run.exercise})
        found = cursor.fetchall()
    if not found:
        return None
    counter = {code: len(instance.lane_ids) + index for index, code in enumerate(instance.warehouse_codes)}
    lanes = index_in(instance.lane_ids, np.array([lane for _order, lane, _house in found], np.int64))
    ways: dict[int, set[int]] = {}
    for (order, lane, house), at in zip(found, lanes.tolist(), strict=True):
        way = at if lane else counter.get(house, -1)
        if way >= 0:
            ways.setdefault(order, set()).add(way)
    sets = {frozenset[int](): 0}
    of = {order: sets.setdefault(frozenset(refused), len(sets)) for order, refused in sorted(ways.items())}
    table = np.zeros((len(sets), instance.network.lanes), np.bool_)
    for refused, row in sets.items():
        table[row, sorted(refused)] = True
    rows = np.zeros(len(instance.order_ids), np.int64)
    at_order = index_in(instance.order_ids, np.array(list(of), np.int64))
    rows[at_order[at_order >= 0]] = np.array(list(of.values()), np.int64)[at_order >= 0]
    return rows, table


def wishes_of(run: RerouteRun, instance: Instance) -> Wishes | None:
    """What people wish; None without any. What the network no longer has is left out. A return wants every order
    where it was."""
    if run.kind == RunKind.RETURN:
        return Wishes(pinned=origins(run, instance))
    forbid, pin, cap = (run.wishes.get(verb, {}) for verb in ("forbid", "pin", "cap"))
    if not (forbid or pin or cap):
        return None
    forbidden = matching(instance, forbid)
    lanes = np.full(instance.network.lanes, FREE, np.int64)
    at = index_in(instance.lane_ids, np.array([int(key) for key in cap.get("lanes", {})], np.int64))
    lanes[at[at >= 0]] = np.array(list(cap.get("lanes", {}).values()), np.int64)[at >= 0]
    limits, carriers = cap.get("warehouses", {}), cap.get("carriers", {})
    houses = np.array([limits.get(code, FREE) for code in instance.warehouse_codes], np.int64)
    return Wishes(
        forbidden=forbidden if forbid else None,
        lane_cap=lanes if cap.get("lanes") else None,
        warehouse_cap=houses if limits else None,
        carrier_cap=np.array([carriers.get(code, FREE) for code in instance.carrier_codes]) if carriers else None,
        pinned=pinned(run, instance, pin, instance.network.lane_open & ~forbidden) if pin else None,
    )


def matching(instance: Instance, part: dict[str, list[object]]) -> Bools:
    """Which lanes of the network a part of the wishes names: by themselves, by warehouse or by carrier."""
    network = instance.network
    named = np.zeros(network.lanes, np.bool_)
    at = index_in(instance.lane_ids, np.array(part.get("lanes", []), np.int64))
    named[at[at >= 0]] = True
    houses = [place for place, code in enumerate(instance.warehouse_codes) if code in part.get("warehouses", [])]
    named |= np.isin(network.lane_warehouse, houses)
    for code in part.get("carriers", []):
        named[of_carrier(instance, str(code))] = True
    return named


def of_carrier(instance: Instance, code: str) -> Ints:
    """Indexes of the lanes that a carrier runs."""
    ids = np.array(sorted(Lane.objects.filter(carrier=code).values_list("pk", flat=True)), np.int64)
    at = index_in(instance.lane_ids, ids)
    return at[at >= 0]


def pinned(run: RerouteRun, instance: Instance, pin: dict[str, list[object]], opened: Bools) -> Ints:
    """The lane that each order keeps because the last proposal put it where the wishes pin; -1 for the others. What
    has been closed or forbidden since is not kept."""
    base = last_proposal(run)
    if not pin or base is None:
        return np.full(len(instance.order_ids), -1, np.int64)
    with connection.cursor() as cursor:
        cursor.execute(
            PINNED,
            {
                "run": base.pk,
                "lanes": pin.get("lanes", []),
                "warehouses": pin.get("warehouses", []),
                "carriers": pin.get("carriers", []),
            },
        )
        rows = cursor.fetchall()
    return placed(rows, instance, opened)


def origins(run: RerouteRun, instance: Instance) -> Ints:
    """The lane that each order had before the runs of its matter moved it; where it is now if that is not open."""
    with connection.cursor() as cursor:
        cursor.execute(HOME, {"reference": run.reference, "exercise": run.exercise, "set": run.affected_set_id})
        rows = cursor.fetchall()
    home = placed(rows, instance, instance.network.lane_open)
    return np.where(home < 0, instance.orders.lane, home)


def placed(rows: list[tuple[int, int, str]], instance: Instance, opened: Bools) -> Ints:
    """Each order's lane by rows of (order, lane or 0, warehouse of a collected one); -1 where that is not `opened`."""
    lane = np.full(len(instance.order_ids), -1, np.int64)
    if not rows:
        return lane
    place = {code: len(instance.lane_ids) + index for index, code in enumerate(instance.warehouse_codes)}
    order = index_in(instance.order_ids, np.array([row[0] for row in rows], np.int64))
    way = index_in(instance.lane_ids, np.array([row[1] for row in rows], np.int64))
    counter = np.array([place.get(row[2], -1) for row in rows], np.int64)
    way = np.where(way < 0, counter, way)
    keep = (order >= 0) & (way >= 0)
    keep[keep] &= opened[way[keep]]
    lane[order[keep]] = way[keep]
    return lane
