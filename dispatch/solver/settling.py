"""The last step of a plan of classes: who within a class takes which of the class's ways."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dispatch.solver.classes import Classes, group, within
from dispatch.solver.flow import Arcs, min_cost_flow
from dispatch.solver.joint import PLENTY
from dispatch.solver.model import Model, Units, pins_of
from dispatch.solver.problem import Floats, Ints
from dispatch.solver.solve import LOW_PENALTY, disaggregate

# Up to so many orders are settled one by one, beyond them in parts of their class; so many at a time.
ONE_BY_ONE, PARTS, CHUNK = 150_000, 4, 100_000


def settled(model: Model, units: Units, arcs: Arcs, on_arc: Ints, kind: Ints) -> Ints:
    """The slot of each order, so that orders of a `kind` use every slot as often as the flow does, at the least cost of
    the orders themselves. Whatever orders share is used as before. Routes share no slots and are settled apart."""
    orders, classes = model.orders, model.classes
    slot = disaggregate(model.slots, orders, classes, arcs, on_arc)
    route = model.lawful.routes(orders)
    rows = np.flatnonzero(slot >= 0)
    rows = rows[np.argsort(route[rows], kind="stable")]
    ends = np.flatnonzero(np.diff(route[rows])) + 1
    cuts = ends[np.flatnonzero(np.diff(ends // CHUNK, prepend=0))]
    for some in np.split(rows, cuts):
        if len(some):
            slot[some] = settled_some(model, units, some, slot[some], kind[some])
    return slot


def settled_some(model: Model, units: Units, rows: Ints, slot: Ints, kind: Ints) -> Ints:
    """The same for orders `rows` of some routes."""
    slots, parts = model.slots, PARTS if len(model.orders) > ONE_BY_ONE else 0
    place, count = np.unique(kind * slots.lanes + slot, return_counts=True)
    some, of_class = model.orders.take(rows), model.classes.of[rows]
    of, first = group([of_class, ranks(of_class, some.weight, parts)])
    size = np.bincount(of)
    weight = within(np.bincount(of, some.weight) / size, some.weight, of, first)
    quantity = np.bincount(of, some.quantity) / size
    members = replace(some.take(first), weight=weight, quantity=quantity)
    found = model.lawful.candidates(members, *pins_of(model.lawful.wishes, rows[first]))
    key = kind[first][found.row] * slots.lanes + found.slot
    at = np.minimum(np.searchsorted(place, key), len(place) - 1)
    keep = place[at] == key
    found = replace(found, row=found.row[keep], slot=found.slot[keep], money=found.money[keep], toward=None)
    cost = units.whole(model.lawful, members, found.row, slots.lane(found.slot), slots.day(found.slot))
    nothing = np.zeros(len(place), np.int64)
    same = replace(
        slots,
        lane_capacity=count,
        lane_base=count,
        surge_cost=np.zeros(len(place)),
        lane_warehouse=nothing,
        warehouse_capacity=np.array([PLENTY]),
    )
    penalty = np.full(len(size), LOW_PENALTY * (int(cost.max(initial=0)) + 1))
    arcs = Arcs(found.row, at[keep], cost, size, penalty, nothing)
    better = min_cost_flow(same, arcs)
    if better.unserved.any():
        return slot
    grouped = Classes(of, first, members, size, exact=False)
    return disaggregate(slots, some, grouped, replace(arcs, lane=found.slot), better.on_arc)


def ranks(of: Ints, weight: Floats, parts: int) -> Ints:
    """Each order's rank by weight in its class, or which of so many parts of the class that falls into."""
    sequence = np.lexsort((weight, of))
    ordered = of[sequence]
    rank = np.empty(len(of), np.int64)
    rank[sequence] = np.arange(len(of)) - np.searchsorted(ordered, ordered)
    if parts:
        rank = rank * parts // np.bincount(of)[of]
    return rank
