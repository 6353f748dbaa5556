"""What no plan is cheaper than, order by order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from dispatch.solver.classes import Classes
from dispatch.solver.flow import Arcs
from dispatch.solver.model import Model, Units
from dispatch.solver.problem import Floats, Ints, Orders
from dispatch.solver.tariff import offsets

CHUNK = 100_000


def order_bound(model: Model, units: Units, surcharge: Ints) -> Ints:
    """The same minimum for each single order: certifies the plan although classes shared a mean cost.

    Most candidates of a class cannot be the cheapest for any of its orders, since costs only rise with weight, quantity
    and a closer promise: what is dearer for the easiest order than another one for the hardest is left out.
    """
    classes, found, slots, lawful = model.classes, model.found, model.slots, model.lawful
    bound = np.zeros(len(model.orders), np.int64)
    if not len(found.row):
        return bound
    easy, hard = (extreme(model.orders, classes, harder) for harder in (False, True))
    lane, day = slots.lane(found.slot), slots.day(found.slot)
    least, most = (units.whole(lawful, members, found.row, lane, day) + surcharge for members in (easy, hard))
    starts = np.flatnonzero(np.r_[True, found.row[1:] != found.row[:-1]])
    sizes = np.diff(np.r_[starts, len(found.row)])
    # One unit more, for what rounding may hide.
    keep = np.flatnonzero(least <= np.repeat(np.minimum.reduceat(most, starts), sizes) + 1)
    at = 0
    for part, row, pair in pairs_of(model, keep):
        cost = units.whole(lawful, part, row, lane[pair], day[pair])
        known = np.bincount(row, minlength=len(part)) > 0
        penalty = units.penalty[at : at + len(part)]
        arcs = Arcs(row, found.slot[pair], cost, known.astype(np.int64), penalty, np.zeros(0, np.int64))
        bound[at : at + len(part)] = np.where(known, least_at_prices(arcs, surcharge[pair]), 0)
        at += len(part)
    return bound


def pairs_of(model: Model, keep: Ints) -> Iterator[tuple[Orders, Ints, Ints]]:
    """All pairs of an order and a candidate of its class out of `keep`, some orders at a time: (orders, which of them,
    candidate)."""
    orders, classes, found = model.orders, model.classes, model.found
    degree = np.bincount(found.row[keep], minlength=len(classes.size))
    start = np.cumsum(degree) - degree
    for at in range(0, len(orders), CHUNK):
        of = classes.of[at : at + CHUNK]
        row = np.repeat(np.arange(len(of)), degree[of])
        pair = keep[np.repeat(start[of], degree[of]) + offsets(degree[of])]
        yield orders.take(slice(at, at + CHUNK)), row, pair


def extreme(orders: Orders, classes: Classes, harder: bool) -> Orders:
    """Of each class an order with the greatest (least) weight and quantity and the closest (farthest) promise."""
    least, most = (np.minimum, np.maximum) if harder else (np.maximum, np.minimum)

    def ends(values: Floats, choose: np.ufunc) -> Floats:
        found = values[classes.first].copy()
        choose.at(found, classes.of, values)
        return found

    return replace(
        classes.members,
        weight=ends(orders.weight, most),
        quantity=ends(orders.quantity, most),
        slack=ends(orders.slack, least),
    )


def least_at_prices(arcs: Arcs, surcharge: Ints) -> Ints:
    """min(penalty, cheapest lawful slot with its surcharge) per row."""
    least = arcs.penalty.copy()
    if len(arcs.row):
        starts = np.flatnonzero(np.r_[True, arcs.row[1:] != arcs.row[:-1]])
        rows = arcs.row[starts]
        least[rows] = np.minimum(least[rows], np.minimum.reduceat(arcs.cost + surcharge, starts))
    return least


def whole_dot(left: Ints, right: Ints) -> int:
    """Σ left x right without overflow: products fit (flow.SAFE), their sum is taken in pieces."""
    return whole_sum(left * right)


def whole_sum(values: Ints) -> int:
    """Σ values without overflow."""
    return sum(int(values[at : at + 1024].sum()) for at in range(0, len(values), 1024))
