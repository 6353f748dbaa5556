"""Orders that share limits, in classes: prices, a plan at once, and what the prices prove."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dispatch.solver.blocks import mended
from dispatch.solver.bound import least_at_prices, pairs_of, whole_dot
from dispatch.solver.certificate import Certificate, certify
from dispatch.solver.classes import group
from dispatch.solver.flow import SAFE, Arcs, CostsTooLarge, Flow, min_cost_flow
from dispatch.solver.goods import Goods
from dispatch.solver.joint import PLENTY, Shop, mean_by
from dispatch.solver.limits import Limits
from dispatch.solver.model import SCALES, SCALES_OF_MANY, Model, Units, model_of
from dispatch.solver.prices import Prices, find_prices
from dispatch.solver.problem import Floats, Ints, Network, Options, Orders, Reason, Wishes
from dispatch.solver.settling import settled
from dispatch.solver.solve import LOW_PENALTY, Result, Shared, Solved, Watch, result_of
from dispatch.solver.whole import CLOSE, FEW, is_small, round_off

# The first prices are found on classes that mix costs, if there are that few of them.
COARSE, ROUNDS, ROUNDS_OF_FEW, NEAR = 1 / 2, 10, 30, 1e-3


@dataclass(frozen=True)
class Given:
    """What is to be solved, with the products whose stock counts."""

    network: Network
    orders: Orders
    goods: Goods
    options: Options
    wishes: Wishes
    products: Ints


class Joining:
    """Orders in classes that ask the same of every product whose stock counts, and the limits they share."""

    def __init__(self, given: Given, watch: Watch) -> None:
        self.given, self.watch = given, watch
        self.needs = given.goods.needs(len(given.orders), given.products)
        columns = self.needs.tocsc()
        kind = [columns[:, [place]].toarray()[:, 0] for place in range(len(given.products))]
        self.kind = group(kind)[0] if kind else np.zeros(len(given.orders), np.int64)
        self.model = model_of(given.network, given.orders, given.options, given.wishes, [self.kind])
        self.scale, self.unit, arcs = whole_costs(self.model)
        self.limits = Limits(self.model.slots, given.goods.stock[:, given.products], given.wishes)
        use = self.limits.use(arcs.row, arcs.lane, self.needs[self.model.classes.first])
        joint, self.numbers = self.limits.joint(use.indices, use.data, np.diff(use.indptr))
        self.shop = Shop(self.model.slots, arcs, joint)
        self.route = self.model.lawful.routes(self.model.classes.members)
        self.watch.lap("joint classes")

    @property
    def is_small(self) -> bool:
        """Whether every order can be decided at once."""
        return self.model.classes.exact and is_small(self.shop)

    @property
    def units(self) -> Units:
        return self.model.units(self.scale, self.unit)

    def at_once(self) -> tuple[Prices, Ints]:
        """Prices that are good enough for a plan at once, and where such a plan may start."""
        prices, start = self.first_prices(ROUNDS_OF_FEW if self.is_small else ROUNDS)
        self.watch.lap("prices")
        return prices, start

    def mended(self, prices: Prices, start: Ints) -> Result:
        """The plan at once, beside what the first prices prove."""
        _flow, proof, cost = priced(self.shop, prices.limits)
        self.watch.lap("joint flow")
        plan = mended(self.shop, start, cost, proof.surcharge(self.shop.slots, self.shop.arcs.lane))
        self.watch.lap("joint plan")
        return self.result(self.settled(plan), proof, prices.limits)

    def in_whole_orders(self, prices: Prices) -> Result:
        """The best plan of few orders."""
        shop = self.shop
        flow, proof, cost = priced(shop, prices.limits)
        scarcity = proof.surcharge(shop.slots, shop.arcs.lane)
        plans = [mended(shop, on_arc, cost, scarcity) for on_arc in (flow.on_arc, round_off(shop, None))]
        self.watch.lap("joint plan")
        return self.result(self.settled(min(plans, key=shop.objective)), proof, prices.limits)

    def settled(self, on_arc: Ints) -> Ints:
        """The slot of each order."""
        slot = settled(self.model, self.units, self.shop.arcs, on_arc, self.kind)
        self.watch.lap("settling")
        return slot

    def result(self, slot: Ints, proof: Certificate, price: Ints) -> Result:
        """A plan beside what prices prove."""
        shared = Shared(self.shop.joint.surcharge(price), int(price @ self.shop.joint.room))
        result = result_of(self.model, Solved(self.shop.arcs, self.units, slot, proof, shared), self.watch)
        stock_price, carrier_price = self.by_name(price)
        exact = result.exact and result.objective == result.bound
        left = (result.objective - result.served) // self.unit
        most = min(max(left - self.fewest_left(proof, price), 0), int((result.reason == Reason.CAPACITY).sum()))
        return replace(result, exact=exact, stock_price=stock_price, carrier_price=carrier_price, could_serve=most)

    def by_number(self, price: Ints) -> Ints:
        """Prices of all limits there may be."""
        found = np.zeros(len(self.limits.room), np.int64)
        found[self.numbers] = price
        return found

    def by_name(self, price: Ints) -> tuple[Ints, Ints]:
        """Prices by [warehouse, product] and by [day, carrier]; 0 where nothing is limited."""
        limits, stock = self.limits, np.zeros_like(self.given.goods.stock)
        of_stock, of_caps = np.split(self.by_number(price), [limits.houses * limits.products])
        stock[:, self.given.products] = of_stock.reshape(limits.houses, limits.products)
        return stock, of_caps.reshape(limits.slots.days, limits.carriers)

    def fewest_left(self, proof: Certificate, price: Ints) -> int:
        """The least weight that any plan leaves unserved: the same bound where costs count nothing, in whole units of
        weight."""
        shop = self.shop
        surcharge = proof.surcharge(shop.slots, shop.arcs.lane) + shop.joint.surcharge(price)
        free = replace(shop.arcs, cost=np.zeros_like(shop.arcs.cost))
        least = whole_dot(least_at_prices(free, surcharge), free.size)
        return -((proof.as_weight(shop.slots) + int(price @ shop.joint.room) - least) // self.unit)

    def first_prices(self, rounds: int) -> tuple[Prices, Ints]:
        """Prices from classes that ask the same of the same warehouses, whatever they weigh and however late they are,
        and what the mixture found beside them puts on each candidate; both from the model's own classes if those are
        hardly more."""
        shop, members = self.shop, self.model.classes.members
        kind = self.kind[self.model.classes.first]
        of, first = group([self.route, members.makers, members.servers, kind])
        if len(first) > COARSE * len(of):
            prices = find_prices(shop, self.route, None, rounds=rounds, tolerance=NEAR)
            return prices, floored(prices.mix)
        arcs, lanes = shop.arcs, shop.slots.lanes
        pair, example, back = np.unique(of[arcs.row] * lanes + arcs.lane, return_index=True, return_inverse=True)
        mean = mean_by(back, arcs.cost, arcs.size[arcs.row], len(pair))
        # What stays is what weighs least.
        penalty = arcs.penalty[first]
        np.minimum.at(penalty, of, arcs.penalty)
        size = np.bincount(of, arcs.size, minlength=len(first)).astype(np.int64)
        mixed = Arcs(pair // lanes, pair % lanes, whole(mean), size, penalty, arcs.surge)
        coarse = Shop(shop.slots, mixed, shop.joint.only(example))
        prices = find_prices(coarse, self.route[first], None, rounds=rounds, tolerance=NEAR)
        return prices, shared_out(shop, floored(prices.mix), back)


def priced(shop: Shop, limits: Ints) -> tuple[Flow, Certificate, Ints]:
    """The flow at the prices of limits, its proof, and what candidates cost with those prices."""
    cost = shop.arcs.cost + shop.joint.surcharge(limits)
    arcs = replace(shop.arcs, cost=cost)
    flow = min_cost_flow(shop.slots, arcs)
    return flow, certify(shop.slots, arcs, flow), cost


def shared_out(shop: Shop, many: Ints, pair: Ints) -> Ints:
    """The cheapest flow that puts no more orders on the candidates of a pair than `many`; the pairs of them all keep
    every limit."""
    some = np.flatnonzero(many[pair] > 0)
    nothing = np.zeros(len(many), np.int64)
    ways = replace(
        shop.slots,
        lane_capacity=many,
        lane_base=many,
        surge_cost=np.zeros(len(many)),
        lane_warehouse=nothing,
        warehouse_capacity=np.array([PLENTY]),
    )
    arcs = shop.arcs
    part = Arcs(arcs.row[some], pair[some], arcs.cost[some], arcs.size, arcs.penalty, nothing)
    on_arc = np.zeros(len(arcs.row), np.int64)
    on_arc[some] = min_cost_flow(ways, part).on_arc
    return on_arc


def floored(mix: Floats) -> Ints:
    found: Ints = np.floor(mix + CLOSE).astype(np.int64)
    return found


def whole(values: Any) -> Ints:
    return np.rint(values).astype(np.int64)


def whole_costs(model: Model) -> tuple[int, int, Arcs]:
    """Scale, penalty unit and arcs in the finest whole numbers that leave room for prices."""
    for scale in SCALES if len(model.found.row) <= FEW else SCALES_OF_MANY:
        cost, surge = model.costs(scale)
        unit = LOW_PENALTY * (int(cost.max(initial=0)) + int(surge.max(initial=0)) + 1)
        arcs = model.arcs(scale, unit)
        if not model.classes.exact:
            arcs = replace(arcs, cost=mean_costs(model, model.units(scale, unit)))
        dearest, nodes = int(arcs.penalty.max(initial=0)), len(arcs.size) + model.slots.lanes + model.slots.warehouses
        if dearest * max(64 * nodes, int(arcs.size.sum())) <= SAFE:
            return scale, unit, arcs
    raise CostsTooLarge("the costs do not fit even in whole currency units")


def mean_costs(model: Model, units: Units) -> Ints:
    """What each candidate costs the orders of its class on average, since a mean weight's cost is not the mean cost."""
    found, slots = model.found, model.slots
    total = np.zeros(len(found.row))
    for part, row, pair in pairs_of(model, np.arange(len(found.row))):
        lane, day = slots.lane(found.slot[pair]), slots.day(found.slot[pair])
        total += np.bincount(pair, units.whole(model.lawful, part, row, lane, day), minlength=len(total))
    return whole(total / model.classes.size[found.row])
