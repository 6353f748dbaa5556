"""Prices of the limits that lanes share, by decomposition into routes.

Each lane belongs to one region and service level (a route), so that once warehouses' throughput and joint limits have
prices, routes are solved apart from each other, all of them by one flow. A small linear program mixes the plans that
each route has made so far and tells new prices (Dantzig and Wolfe, Operations Research 8, 1960), held near the best
ones found (du Merle et al., Discrete Mathematics 194, 1999). Whole prices make each round's bound exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from dispatch.solver.certificate import Certificate, certify
from dispatch.solver.flow import min_cost_flow
from dispatch.solver.joint import PLENTY, Shop
from dispatch.solver.problem import Floats, Ints

# So many classes at least are solved at a time; routes are never cut.
PIECE = 30_000


@dataclass(frozen=True)
class Prices:
    """`limits` are the prices of the joint limits, `proof` those of warehouses and of lanes beside them. `mix` is the
    routes' best mixture of plans, orders on each candidate, not whole."""

    proof: Certificate
    limits: Ints
    mix: Floats


@dataclass(frozen=True)
class Plans:
    """A plan of each route: orders on each candidate, what it costs and what it takes of warehouses and limits, by
    route; `bound` is what all of them cost with the prices of what they take."""

    on_arc: Ints
    cost: Floats
    use: Any
    bound: float


class Apart:
    """Routes, solved apart from each other: whatever they share has a price. Classes are sorted by route."""

    def __init__(self, shop: Shop, route: Ints) -> None:
        self.shop = replace(shop, slots=replace(shop.slots, warehouse_capacity=np.full(shop.slots.warehouses, PLENTY)))
        _routes, self.route = np.unique(route, return_inverse=True)
        self.routes = int(self.route.max(initial=-1)) + 1
        ends = np.flatnonzero(np.diff(route)) + 1
        cuts = ends[np.flatnonzero(np.diff(ends // PIECE, prepend=0))].tolist()
        self.pieces = [slice(*pair) for pair in pairwise([0, *cuts, len(route)])]

    def parts(self) -> Iterator[tuple[slice, Shop, Ints]]:
        """Some routes at a time: their candidates, what is to be solved of them, and the route of each candidate."""
        for rows in self.pieces:
            span = slice(*np.searchsorted(self.shop.arcs.row, [rows.start, rows.stop]).tolist())
            part = self.shop.part(rows, span)
            yield span, part, self.route[rows][part.arcs.row]

    def plans(self, price: Ints) -> Plans:
        """The best plan of every route at prices of warehouses and limits, one after the other."""
        houses, whole = self.shop.slots.warehouses, self.shop.arcs
        on_arc = np.zeros(len(whole.row), np.min_scalar_type(int(whole.size.max(initial=0))))
        cost, use, bound = np.zeros(self.routes), sparse.csr_array((len(price), self.routes)), 0.0
        for span, part, route in self.parts():
            arcs, slots = part.arcs, part.slots
            priced = at_prices(part, price)
            flow = min_cost_flow(slots, replace(arcs, cost=priced))
            used = np.flatnonzero(flow.on_arc)
            taken, there = flow.on_arc[used], route[used]
            of_slot = np.zeros(slots.lanes, np.int64)
            of_slot[arcs.lane] = route
            beyond = np.maximum(part.load(flow.on_arc) - slots.lane_base, 0)
            short = np.flatnonzero(flow.unserved)
            of_row = np.zeros(len(arcs.size), np.int64)
            of_row[arcs.row] = route
            fixed = np.bincount(of_slot, arcs.surge * beyond, minlength=self.routes)
            fixed += np.bincount(of_row[short], arcs.penalty[short] * flow.unserved[short], minlength=self.routes)
            cost += fixed + np.bincount(there, arcs.cost[used] * taken, minlength=self.routes)
            by_route = sparse.csr_array((taken, (np.arange(len(used)), there)), shape=(len(used), self.routes))
            house = slots.lane_warehouse[arcs.lane[used]]
            sent = sparse.csr_array((taken, (house, there)), shape=(houses, self.routes))
            use = use + sparse.vstack([sent, part.joint.use[:, used] @ by_route])
            bound += float(priced @ flow.on_arc) + float(fixed.sum())
            on_arc[span] = flow.on_arc
        return Plans(on_arc, cost, use.tocsc(), bound)

    def mix(self, plans: list[Plans], shares: Floats) -> Floats:
        """Orders on each candidate when each route does so much of each plan."""
        mix = np.zeros(len(self.shop.arcs.row))
        for span, _part, route in self.parts():
            for plan, share in zip(plans, shares, strict=True):
                mix[span] += share[route] * plan.on_arc[span]
        return mix

    def proof(self, price: Ints, on_arc: Ints) -> Certificate:
        """The lanes' prices that prove the best plans at prices of warehouses and limits."""
        houses = self.shop.slots.warehouses
        lane_price, rounds, settled = np.zeros(self.shop.slots.lanes, np.int64), 0, True
        for span, part, _route in self.parts():
            there = on_arc[span].astype(np.int64)
            proof = certify(part.slots, replace(part.arcs, cost=at_prices(part, price)), part.flow(there))
            lane_price += proof.lane_price
            rounds, settled = max(rounds, proof.rounds), settled and proof.settled
        return Certificate(lane_price, price[:houses], self.shop.arcs.surge, settled, rounds)


def at_prices(shop: Shop, price: Ints) -> Ints:
    """What candidates cost at prices of warehouses and limits, one after the other."""
    arcs, houses = shop.arcs, shop.slots.warehouses
    return arcs.cost + price[:houses][shop.slots.lane_warehouse[arcs.lane]] + shop.joint.surcharge(price[houses:])


def find_prices(shop: Shop, route: Ints, start: Ints | None, *, rounds: int, tolerance: float) -> Prices:
    """The best prices that `rounds` find, or those within `tolerance` (a share of the cost); `route` by class."""
    apart, houses = Apart(shop, route), shop.slots.warehouses
    room = np.r_[np.minimum(shop.slots.warehouse_capacity, int(shop.arcs.size.sum())), shop.joint.room]
    dearest = float(max(shop.arcs.cost.max(initial=1), 1))
    price = np.zeros(len(room), np.int64) if start is None else start
    best, centre, reach = -np.inf, price, dearest if start is None else dearest / 100
    plans: list[Plans] = []
    model, shares, at_best = np.inf, np.zeros((0, apart.routes)), 0
    for _round in range(rounds):
        plans.append(apart.plans(price))
        bound = plans[-1].bound - float(price @ room)
        if bound > best:
            # As good as foretold: the prices are far from their best, go farther.
            reach *= 5 if bound - best >= (model - best) / 2 else 1.5
            best, centre, at_best = bound, price, len(plans) - 1
        else:
            reach /= 2
        model, shares, price = mixed(plans, room, (centre, reach), dearest)
        if model - best <= tolerance * max(abs(best), 1.0):
            break
    proof = apart.proof(centre, plans[at_best].on_arc)
    return Prices(proof, centre[houses:], apart.mix(plans, shares))


def mixed(plans: list[Plans], room: Ints, near: tuple[Ints, float], dearest: float) -> tuple[float, Floats, Ints]:
    """(cost of the best mixture of the routes' plans, their shares [plan, route], prices not farther from the centre
    than `reach`)."""
    centre, reach = near
    costs = [plan.cost for plan in plans]
    count, limits = len(costs[0]), len(room)
    low, high = np.maximum(centre - reach, 0), centre + reach
    one = sparse.identity(count, format="csc")
    mixing = sparse.hstack([one] * len(plans) + [sparse.csc_array((count, 2 * limits))])
    slack = sparse.identity(limits, format="csc")
    using = sparse.hstack([*(plan.use for plan in plans), -slack, slack])
    found = linprog(
        np.concatenate([*costs, high, -low]) / dearest,
        A_eq=sparse.vstack([mixing, using]).tocsc(),
        b_eq=np.r_[np.ones(count), room.astype(float)],
        method="highs-ds",
    )
    price = np.clip(-found.eqlin.marginals[count:] * dearest, low, high)
    shares = found.x[: count * len(plans)].reshape(len(plans), count)
    return float(found.fun) * dearest, shares, np.rint(price).astype(np.int64)
