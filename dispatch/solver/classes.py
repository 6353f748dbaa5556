"""Grouping orders that the model cannot tell apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dispatch.solver.candidates import Tariff
from dispatch.solver.problem import Floats, Ints, Options, Orders

DENSE = 1 << 22


@dataclass(frozen=True)
class Classes:
    """`of` gives each order's class; `members` has one representative order per class (with the class's mean weight
    and quantity), `size` how many orders it stands for. `exact` when all orders of a class cost the same."""

    of: Ints
    members: Orders
    size: Ints
    exact: bool


def group(columns: Sequence[NDArray[Any]]) -> tuple[Ints, Ints]:
    """(group of each row, first row of each group) for rows that are equal in every column."""
    key = np.zeros(len(columns[0]), np.int64)
    size = 1
    for column in columns:
        code, width = encode(column)
        if size * width > 2**62:
            key = np.unique(key, return_inverse=True)[1]
            size = int(key.max(initial=0)) + 1
        key, size = key * width + code, size * width
    if size <= DENSE:
        used = np.bincount(key, minlength=size) > 0
        of = (np.cumsum(used) - 1)[key]
    else:
        of = np.unique(key, return_inverse=True)[1]
    groups = int(of.max(initial=-1)) + 1
    first = np.empty(groups, np.int64)
    first[of[::-1]] = np.arange(len(of))[::-1]
    return of, first


def encode(column: NDArray[Any]) -> tuple[Ints, int]:
    """Small whole numbers that tell the column's values apart, in order, and how many there may be."""
    if column.dtype.kind in "iub" and len(column):
        low, high = int(column.min()), int(column.max())
        if high - low < DENSE:
            return column.astype(np.int64) - low, high - low + 1
    values, code = np.unique(column, return_inverse=True)
    return code.astype(np.int64), max(len(values), 1)


def classes_of(orders: Orders, tariff: Tariff, options: Options) -> Classes:
    """Classes of orders with the same lawful lanes; with the same costs too while there are few enough orders."""
    kind: list[NDArray[Any]] = [
        orders.region,
        orders.service,
        orders.collected,
        orders.makers,
        orders.servers,
        orders.priority,
    ]
    piece = tariff.piece(orders.weight)
    exact = len(orders) <= options.exact_orders
    if exact:
        kind += [orders.weight, orders.quantity]
        if options.late_cost:
            kind.append(orders.slack)
    else:
        kind += [piece, bands(orders.weight, options.weight_bands), bands(orders.quantity, options.weight_bands)]
        if options.late_cost:
            kind.append(np.floor(np.minimum(orders.slack, 24 * 60) / 24))
    of, first = group(kind)
    size = np.bincount(of)
    members = orders.take(first)
    if not exact:
        members = Orders(
            **{
                **vars(members),
                "weight": within(np.bincount(of, orders.weight) / size, orders.weight, of, first),
                "quantity": np.bincount(of, orders.quantity) / size,
            }
        )
    return Classes(of, members, size, exact)


def within(mean: Floats, weight: Floats, of: Ints, first: Ints) -> Floats:
    """The mean, but never outside the weights it is the mean of: rounding must not move it into another band."""
    low, high = weight[first].copy(), weight[first].copy()
    np.minimum.at(low, of, weight)
    np.maximum.at(high, of, weight)
    return np.clip(mean, low, high)


def bands(values: Floats, count: int) -> Ints:
    """Quantile bands, at most `count`; one band when all values are the same."""
    sample = values if len(values) <= 100_000 else values[:: len(values) // 100_000]
    cuts = np.unique(np.quantile(sample, np.linspace(0, 1, count + 1)[1:-1]))
    return np.searchsorted(cuts, values, side="right").astype(np.int64)
