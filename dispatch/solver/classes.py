"""Grouping orders that the model cannot tell apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dispatch.solver.candidates import Lawful
from dispatch.solver.costs import HEAVY
from dispatch.solver.problem import Floats, Ints, Options, Orders

DENSE = 1 << 22
WIDE, CELLS = 32.0, 1024
FEWEST_BANDS = 3


@dataclass(frozen=True)
class Classes:
    """`of` gives each order's class; `members` has one representative order per class (with the class's mean weight
    and quantity), `first` which of its orders that is, `size` how many orders it stands for. `exact` when all orders of
    a class cost the same."""

    of: Ints
    first: Ints
    members: Orders
    size: Ints
    exact: bool


def group(columns: Sequence[NDArray[Any]]) -> tuple[Ints, Ints]:
    """(group of each row, first row of each group) for rows that are equal in every column."""
    key = np.zeros(len(columns[0]), np.int64)
    size = 1
    for column in columns:
        code, width = encode(column)
        if size * width > DENSE:
            key, size = narrowed(key, size)
        key, size = key * width + code, size * width
    of, _size = narrowed(key, size)
    first = np.empty(int(of.max(initial=-1)) + 1, np.int64)
    first[of[::-1]] = np.arange(len(of))[::-1]
    return of, first


def encode(column: NDArray[Any]) -> tuple[Ints, int]:
    """Small whole numbers that tell the column's values apart, in order, and how many there may be."""
    if column.dtype.kind in "iub" and len(column):
        low, high = int(column.min()), int(column.max())
        if high - low < DENSE:
            return narrowed(column.astype(np.int64) - low, high - low + 1)
    values, code = np.unique(column, return_inverse=True)
    return code.astype(np.int64), max(len(values), 1)


def narrowed(code: Ints, size: int) -> tuple[Ints, int]:
    """Codes below `size` as 0, 1, … in the same order without gaps, and how many there are; sorted, which is slow, only
    where a table would be too large."""
    if size > DENSE:
        values, code = np.unique(code, return_inverse=True)
        return code.astype(np.int64), len(values)
    used = np.zeros(size, np.bool_)
    used[code] = True
    place = np.cumsum(used, dtype=np.int64) - 1
    return place[code], max(int(used.sum()), 1)


def classes_of(
    orders: Orders,
    lawful: Lawful,
    options: Options,
    pinned: Sequence[Ints] = (),
) -> Classes:
    """Classes of orders with the same lawful lanes; with the same costs too while there are few enough orders.

    `pinned` are wishes about each order (lane, day), which its class shares.
    """
    kind: list[NDArray[Any]] = [lawful.routes(orders), orders.makers, orders.servers, orders.priority, *pinned]
    if orders.collected.any() or (kind[0] < 0).any():
        kind += [orders.region, orders.service]
    if lawful.costs.by_way:
        kind.append(ways_today(orders, lawful))
    exact = len(orders) <= options.exact_orders
    if exact:
        kind += [orders.weight, orders.quantity]
        if lawful.costs.by_promise:
            kind.append(orders.slack)
    else:
        kind += bands_of(orders, lawful, options, kind)
    of, first = group(kind)
    size = np.bincount(of)
    members = orders.take(first)
    if not exact:
        members = replace(
            members,
            weight=within(np.bincount(of, orders.weight) / size, orders.weight, of, first),
            quantity=np.bincount(of, orders.quantity) / size,
        )
    return Classes(of, first, members, size, exact)


def bands_of(orders: Orders, lawful: Lawful, options: Options, kind: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """What tells the costs of many orders apart, as finely as `most_classes` allows."""
    piece = lawful.tariff.piece(orders.weight)
    by: list[NDArray[Any]] = []
    if handling_differs(lawful):
        by.append(banded(orders.quantity, 3))
    if lawful.costs.by_promise:
        cells = promise_cells(orders, lawful)
        if len(group([*kind, *by, cells])[1]) * FEWEST_BANDS > options.most_classes:
            cells = cells // CELLS
        by.append(cells)
    coarse, split = (len(group(columns)[1]) for columns in ([*kind, *by], [*kind, *by, piece]))
    room = (options.most_classes - split + coarse) // max(coarse, 1)
    bands = min(options.weight_bands, max(room, FEWEST_BANDS))
    return [*by, piece, banded(orders.weight, bands)]


def handling_differs(lawful: Lawful) -> bool:
    """Whether it matters where an order's units are handled."""
    costs = lawful.network.unit_cost[lawful.network.warehouse_open]
    return bool(len(costs)) and bool(costs.min() < costs.max())


def ways_today(orders: Orders, lawful: Lawful) -> Ints:
    """As much of the way that each order has today as the cost of a change depends on: a closed lane can no longer be
    kept, nor a closed warehouse."""
    network, carrier = lawful.network, lawful.costs.carrier
    lane = np.maximum(orders.lane, 0)
    house = network.lane_warehouse[lane]
    opened = network.warehouse_open[house]
    carriers = int(carrier.max(initial=-1)) + 2
    other = network.lanes + np.where(opened, house, network.warehouses) * carriers + carrier[lane] + 1
    way = np.where(network.lane_open[lane] & opened, lane, other)
    return np.where(orders.lane < 0, -1, way)


def promise_cells(orders: Orders, lawful: Lawful) -> Ints:
    """Orders of a route within one cell are late by the same number of days on each of its lanes.

    Lateness counts begun days, so it changes where the time to the promise passes a lane's hours modulo a day.
    """
    hours, lane_routes, routes = lawful.network.lane_hours[lawful.lanes], lawful.route_of_lane, lawful.routes(orders)
    count, sure = lawful.counters + 1, lawful.network.lane_sure_hours
    if sure is not None:  # heavy orders are judged by other hours: as if their routes were others
        hours, lane_routes = np.append(hours, sure[lawful.lanes]), np.append(lane_routes, lane_routes + count)
        routes = np.where((orders.priority >= HEAVY) & (routes >= 0), routes + count, routes)
        count *= 2
    longest = np.zeros(count)
    np.maximum.at(longest, lane_routes, hours)
    slack = np.minimum(orders.slack, longest[routes] + 24.0 * max(lawful.options.days, 1))
    slack = np.where(routes < 0, 0.0, slack)
    whole = np.floor(slack / 24)
    edges = np.unique(lane_routes * WIDE + hours % 24)
    start = np.searchsorted(edges, np.arange(count) * WIDE)
    passed = np.searchsorted(edges, routes * WIDE + (slack - 24 * whole), side="right") - start[routes]
    return (whole * CELLS + np.minimum(passed, CELLS - 1)).astype(np.int64)


def within(mean: Floats, weight: Floats, of: Ints, first: Ints) -> Floats:
    """The mean, but never outside the weights it is the mean of: rounding must not move it into another band."""
    low, high = weight[first].copy(), weight[first].copy()
    np.minimum.at(low, of, weight)
    np.maximum.at(high, of, weight)
    return np.clip(mean, low, high)


def banded(values: Floats, count: int) -> Ints:
    """Quantile bands, at most `count`; one band when all values are the same."""
    sample = values if len(values) <= 100_000 else values[:: len(values) // 100_000]
    cuts = np.unique(np.quantile(sample, np.linspace(0, 1, count + 1)[1:-1]))
    return np.searchsorted(cuts, values, side="right").astype(np.int64)
