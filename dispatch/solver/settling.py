"""The last step of a polished plan: who within a class takes which of the class's ways."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dispatch.solver.classes import Classes, group, within
from dispatch.solver.flow import Arcs, Flow, min_cost_flow
from dispatch.solver.joint import PLENTY
from dispatch.solver.problem import Ints
from dispatch.solver.solve import LOW_PENALTY, Model, Units, disaggregate

# Up to so many orders are settled one by one, beyond them in parts of their class.
ONE_BY_ONE, PARTS = 150_000, 4


def settled(model: Model, units: Units, flow: Flow, kind: Ints) -> Ints:
    """The slot of each order, so that orders of a `kind` use every slot as often as the flow does, at the least cost of
    the orders themselves. Whatever orders share is used as before."""
    slots, orders, classes = model.slots, model.orders, model.classes
    slot = disaggregate(slots, orders, classes, model.found, flow)
    rows = np.flatnonzero(slot >= 0)
    if not len(rows):
        return slot
    place, count = np.unique(kind[rows] * slots.lanes + slot[rows], return_counts=True)
    some = orders.take(rows)
    of, first = group([classes.of[rows], ranks(classes.of[rows], some.weight, len(rows) > ONE_BY_ONE)])
    size = np.bincount(of)
    weight = within(np.bincount(of, some.weight) / size, some.weight, of, first)
    quantity = np.bincount(of, some.quantity) / size
    members = replace(some.take(first), weight=weight, quantity=quantity)
    wishes = model.lawful.wishes
    pins = (wishes.pinned, wishes.pinned_day, wishes.refused)
    found = model.lawful.candidates(members, *(None if pin is None else pin[rows][first] for pin in pins))
    key = kind[rows][first][found.row] * slots.lanes + found.slot
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
    better = min_cost_flow(same, Arcs(found.row, at[keep], cost, size, penalty, nothing))
    if not better.unserved.any():
        parts = Classes(of, first, members, size, exact=False)
        slot[rows] = disaggregate(slots, some, parts, found, Flow(better.on_arc, better.unserved))
    return slot


def ranks(of: Ints, weight: np.ndarray, in_parts: bool) -> Ints:
    """Each order's rank by weight in its class, or which part of the class that falls into."""
    sequence = np.lexsort((weight, of))
    ordered = of[sequence]
    rank = np.empty(len(of), np.int64)
    rank[sequence] = np.arange(len(of)) - np.searchsorted(ordered, ordered)
    if in_parts:
        rank = rank * PARTS // np.bincount(of)[of]
    return rank
