"""Goods: no plan may send out more units of a product from a warehouse than are known to lie there."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dispatch.solver.problem import Bools, Ints, Network, Options, Orders, Reason, Wishes
from dispatch.solver.solve import Result, solve, weights

ROUNDS = 6


@dataclass(frozen=True)
class Goods:
    """What orders ask for and what lies where.

    Line n asks `units` [n] of `product` [n] for order `order` [n]. `stock` [warehouse, product] is what a warehouse has
    to give, negative where nobody knows, which limits nothing.
    """

    order: Ints
    product: Ints
    units: Ints
    stock: Ints


def solve_with_goods(
    network: Network, orders: Orders, goods: Goods, options: Options | None = None, wishes: Wishes | None = None
) -> Result:
    """The plan that `solve` makes, with no warehouse's stock overspent.

    1. Solve without looking at quantities.
    2. Where a warehouse would send out more than it has, the weightiest orders (then those promised first) keep their
       place as far as the stock goes; the others may not go there any more.
    3. Solve again until no stock is overspent; after ROUNDS what still finds none stays unserved.
    Bound, prices and penalties are those of the first plan, which had fewer rules: no lawful plan costs less, so the
    gap is what scarce stock costs at most. Whoever had a lawful lane then and stays counts with the penalty.
    """
    wishes = wishes or Wishes()
    weight = weights(orders, wishes)
    first = result = solve(network, without_stock(orders, goods), options, wishes)
    tried = without_stock(orders, goods)
    for last in [False] * ROUNDS + [True]:
        house = np.where(result.lane >= 0, network.lane_warehouse[result.lane], -1)
        refused = overdrawn(goods, house, weight, orders.slack)
        if not refused.any():
            break
        tried = barred(tried, np.flatnonzero(refused), house[refused])
        if not last:
            result = solve(network, tried, options, wishes)
            continue
        # Whoever is refused now stays, so that nobody else's place changes.
        tried = barred(tried, np.flatnonzero(refused), None)
        keep = np.where(refused, -1, result.lane)
        stay = Wishes(pinned=keep, pinned_day=np.where(refused, -1, result.day))
        final = solve(network, barred(tried, np.flatnonzero(keep < 0), None), options, stay)
        reason = np.where((result.lane < 0) & ~refused, result.reason, final.reason)
        result = replace(final, reason=reason)
    if result is first:
        return result
    if result.scale != first.scale:
        return replace(result, exact=False)
    waits = (result.lane < 0) & np.isin(first.reason, (Reason.ASSIGNED, Reason.CAPACITY))
    return replace(
        result,
        objective=result.served + first.penalty_unit * int(weight[waits].sum()),
        bound=first.bound,
        penalty_unit=first.penalty_unit,
        certificate=first.certificate,
        exact=False,
    )


def without_stock(orders: Orders, goods: Goods) -> Orders:
    """The orders, each barred from the warehouses that have less of a product than it asks for alone."""
    pairs = goods.stock[:, goods.product].T
    line, house = np.nonzero((pairs >= 0) & (pairs < goods.units[:, None]))
    return barred(orders, goods.order[line], house)


def overdrawn(goods: Goods, house: Ints, weight: Ints, slack: object) -> Bools:
    """Orders for which the stock of their warehouse does not reach; the weightiest are served first."""
    refused = np.zeros(len(house), np.bool_)
    at = house[goods.order]
    limited = np.flatnonzero((at >= 0) & (goods.stock[np.maximum(at, 0), goods.product] >= 0))
    order, units = goods.order[limited], goods.units[limited]
    place = at[limited] * goods.stock.shape[1] + goods.product[limited]
    sequence = np.lexsort((order, np.asarray(slack)[order], -weight[order], place))
    order, units, place = order[sequence], units[sequence], place[sequence]
    left = goods.stock.reshape(-1)[place]
    starts = np.flatnonzero(np.r_[True, place[1:] != place[:-1]]) if len(place) else np.empty(0, np.int64)
    spent = np.cumsum(units)
    before = np.repeat((spent - units)[starts], np.diff(np.r_[starts, len(place)]))
    refused[order[spent - before > left]] = True
    return refused


def barred(orders: Orders, rows: Ints, houses: Ints | None) -> Orders:
    """The orders, those of `rows` barred from the warehouse given beside each (from all without any)."""
    if not len(rows):
        return orders
    allowed = np.ones((len(orders), orders.maker_sets.shape[1]), np.bool_)
    if houses is None:
        allowed[rows] = False
    else:
        allowed[rows, houses] = False
    touched = np.unique(rows)
    sets, back = np.unique(orders.maker_sets[orders.makers[touched]] & allowed[touched], axis=0, return_inverse=True)
    makers = orders.makers.copy()
    makers[touched] = len(orders.maker_sets) + back.reshape(-1)
    return replace(orders, makers=makers, maker_sets=np.concatenate([orders.maker_sets, sets]))
