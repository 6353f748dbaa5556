"""Plans within limits that lanes share: units of a product in a warehouse, a carrier's orders of a day."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dispatch.solver.finest import polished
from dispatch.solver.goods import Goods, for_want_of_stock, without_stock
from dispatch.solver.joining import Given, Joining
from dispatch.solver.problem import Bools, Network, Options, Orders, Reason, Wishes
from dispatch.solver.solve import Result, Watch, solve

# With so few candidates polishing takes a second or two, and need not be asked for.
QUICK = 60_000


def solve_jointly(
    network: Network,
    orders: Orders,
    goods: Goods | None = None,
    options: Options | None = None,
    wishes: Wishes | None = None,
    *,
    polish: bool = False,
) -> Result:
    """The plan that `solve` makes, with no warehouse's stock overspent and no carrier's cap exceeded.

    1. Solve without such limits; most often it keeps them.
    2. Give those that are exceeded a price, solve with it, and mend what still takes too much. `polish` looks for the
       best prices and for the best whole plan at them, order by order, which takes two or three times as long.
    3. Look whether the new plan overspends other stock, and take that in, too.
    From step 2 on, leaving an order of weight 1 unserved counts LOW_PENALTY times the dearest way of any order.
    """
    options, wishes = options or Options(), wishes or Wishes()
    none = np.zeros(0, np.int64)
    goods = goods or Goods(none, none, none, np.zeros((network.warehouses, 0), np.int64))
    able = without_stock(orders, goods)
    result = solve(network, able, options, wishes)
    products = np.zeros(goods.stock.shape[1], np.bool_)
    missing, capped = overdrawn(network, goods, result), over_cap(network, wishes, result)
    while missing.any() or capped:
        products, capped, watch = products | missing, False, Watch(dict(result.seconds))
        del result  # it is large
        joining = Joining(Given(network, able, goods, options, wishes, np.flatnonzero(products)), watch)
        prices, start = joining.at_once()
        if joining.is_small:
            result = joining.in_whole_orders(prices)
        elif polish or len(joining.shop.arcs.row) <= QUICK:
            result = polished(joining, prices)
        else:
            result = joining.mended(prices, start)
        missing = overdrawn(network, goods, result) & ~products
    if not goods.stock.size:
        return result
    wanting = for_want_of_stock((network, orders, options, wishes), goods, result.lane, result.day)
    wanting &= np.isin(result.reason, (Reason.CAPACITY, Reason.PRODUCT))
    return replace(result, reason=np.where(wanting, Reason.STOCK, result.reason))


def overdrawn(network: Network, goods: Goods, result: Result) -> Bools:
    """Products of which some warehouse would send out more than it has."""
    short: Bools = np.any(goods.left(network, result.lane) < 0, axis=0)
    return short


def over_cap(network: Network, wishes: Wishes, result: Result) -> bool:
    """Whether a carrier would take more orders on a day than it may."""
    if wishes.carrier_cap is None or network.lane_carrier is None:
        return False
    served = result.lane >= 0
    carrier, day = network.lane_carrier[result.lane[served]], result.day[served]
    carriers = len(wishes.carrier_cap)
    load = np.bincount((day * carriers + carrier)[carrier >= 0], minlength=carriers)
    cap = wishes.carrier_cap[np.arange(len(load)) % carriers]
    return bool(((cap >= 0) & (load > cap)).any())
