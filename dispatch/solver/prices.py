"""Prices of the limits that lanes share, by decomposition into routes.

Each lane belongs to one region and service level (a route), so that once warehouses' throughput and joint limits have
prices, routes are solved apart from each other, all of them by one flow. A small linear program mixes the plans that
each route has made so far and tells new prices (Dantzig and Wolfe, Operations Research 8, 1960), held near the best
ones found (du Merle et al., Discrete Mathematics 194, 1999). Whole prices make each round's bound exact.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from dispatch.solver.flow import min_cost_flow
from dispatch.solver.joint import PLENTY, Joint, Shop
from dispatch.solver.problem import Floats, Ints


@dataclass(frozen=True)
class Prices:
    """`limits` are the prices of the joint limits, `all` those of warehouses too. `mix` is the routes' best mixture of
    plans, orders on each candidate, not whole; `bound` what no plan is cheaper than, `value` what the mixture costs."""

    all: Ints
    limits: Ints
    mix: Floats
    bound: float
    value: float


def find_prices(shop: Shop, route: Ints, start: Ints | None, *, rounds: int, tolerance: float) -> Prices:
    """The best prices that `rounds` find, or those within `tolerance` (a share of the cost); `route` by class."""
    arcs, slots = shop.arcs, shop.slots
    houses = slots.warehouses
    house = slots.lane_warehouse[arcs.lane]
    ones = np.ones(len(arcs.row), np.int64)
    use = sparse.vstack(
        [sparse.csc_array((ones, (house, np.arange(len(house)))), shape=(houses, len(house))), shop.joint.use]
    ).tocsc()
    room = np.r_[np.minimum(slots.warehouse_capacity, int(arcs.size.sum())), shop.joint.room]
    joint = Joint(use, room, np.full(len(room), -1))
    # Classes without any candidate are no part of it.
    routes, of_row = np.unique(route, return_inverse=True)
    of_arc, count = of_row[arcs.row], len(routes)
    by_route = sparse.csr_array((ones, (np.arange(len(of_arc)), of_arc)), shape=(len(of_arc), count))
    of_slot = np.zeros(slots.lanes, np.int64)
    of_slot[arcs.lane] = of_arc
    apart = replace(slots, warehouse_capacity=np.full(slots.warehouses, PLENTY))
    dearest = float(max(arcs.cost.max(initial=1), 1))
    price = np.zeros(len(room), np.int64) if start is None else start
    best, centre, reach = -np.inf, price, dearest if start is None else dearest / 20
    costs: list[Floats] = []
    uses: list[object] = []
    flows: list[Ints] = []
    model, shares = np.inf, np.zeros(0)
    for _round in range(rounds):
        priced = arcs.cost + joint.surcharge(price)
        flow = min_cost_flow(apart, replace(arcs, cost=priced))
        beyond = np.maximum(np.bincount(arcs.lane, flow.on_arc, minlength=slots.lanes) - slots.lane_base, 0)
        fixed = np.bincount(of_row, arcs.penalty * flow.unserved, minlength=count).astype(np.float64)
        fixed += np.bincount(of_slot, arcs.surge * beyond, minlength=count)
        costs.append(fixed + np.bincount(of_arc, arcs.cost * flow.on_arc, minlength=count))
        uses.append(use.multiply(flow.on_arc[None, :]).tocsr() @ by_route)
        flows.append(flow.on_arc.astype(np.int32))
        bound = float(priced @ flow.on_arc) + float(fixed.sum()) - float(price @ room)
        if bound > best:
            # As good as foretold: the prices are far from their best, go farther.
            reach *= 5 if bound - best >= (model - best) / 2 else 1.5
            best, centre = bound, price
        else:
            reach /= 2
        model, shares, price = mixed(costs, uses, room, (centre, reach), dearest)
        if model - best <= tolerance * max(abs(best), 1.0):
            break
    mix = np.zeros(len(arcs.row))
    for number, on_arc in enumerate(flows):
        mix += shares[number][of_arc] * on_arc
    return Prices(centre, centre[houses:], mix, best, model)


def mixed(
    costs: list[Floats], uses: list[object], room: Ints, near: tuple[Ints, float], dearest: float
) -> tuple[float, Floats, Ints]:
    """(cost of the best mixture of the routes' plans, their shares [plan, route], prices not farther from the centre
    than `reach`)."""
    centre, reach = near
    count, limits = len(costs[0]), len(room)
    low, high = np.maximum(centre - reach, 0), centre + reach
    one = sparse.identity(count, format="csc")
    mixing = sparse.hstack([one] * len(costs) + [sparse.csc_array((count, 2 * limits))])
    slack = sparse.identity(limits, format="csc")
    using = sparse.hstack([*uses, -slack, slack])
    found = linprog(
        np.concatenate([*costs, high, -low]) / dearest,
        A_eq=sparse.vstack([mixing, using]).tocsc(),
        b_eq=np.r_[np.ones(count), room.astype(float)],
        method="highs-ds",
    )
    price = np.clip(-found.eqlin.marginals[count:] * dearest, low, high)
    shares = found.x[: count * len(costs)].reshape(len(costs), count)
    return float(found.fun) * dearest, shares, np.rint(price).astype(np.int64)
