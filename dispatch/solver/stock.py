"""Plans within limits that lanes share: units of a product in a warehouse, a carrier's orders of a day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dispatch.solver.blocks import mended
from dispatch.solver.certificate import Certificate, certify
from dispatch.solver.classes import group
from dispatch.solver.flow import SAFE, Arcs, CostsTooLarge, Flow, min_cost_flow
from dispatch.solver.goods import Goods, for_want_of_stock, without_stock
from dispatch.solver.joint import PLENTY, Joint, Shop, mean_by, stacked
from dispatch.solver.prices import Prices, find_prices
from dispatch.solver.problem import Bools, Floats, Ints, Network, Options, Orders, Reason, Wishes
from dispatch.solver.settling import settled
from dispatch.solver.singly import one_by_one
from dispatch.solver.solve import (
    LOW_PENALTY,
    SCALES,
    SCALES_OF_MANY,
    Model,
    Result,
    Shared,
    Solved,
    Units,
    Watch,
    least_at_prices,
    model_of,
    pairs_of,
    result_of,
    solve,
    whole_dot,
)
from dispatch.solver.whole import CLOSE, FEW, is_small, round_off

# The first prices are found on classes that mix costs, if there are that few of them.
COARSE, ROUNDS, NEAR = 1 / 2, 10, 1e-3
POLISH_ROUNDS, POLISHED = 30, 1e-4
# A polished plan tells orders apart more finely, and looks at each class's best ways only.
FINE_ORDERS, FINE_BANDS, FINE_CLASSES = 150_000, 24, 250_000
BEST_WAYS = 5
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
       best prices and for the best whole plan at them, which takes some ten times as long.
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
        given = Given(network, able, goods, options, wishes, np.flatnonzero(products))
        joining = Joining(given, watch)
        prices, start = joining.at_once()
        thorough = polish or len(joining.shop.arcs.row) <= QUICK
        if thorough:
            fine = replace(options, exact_orders=FINE_ORDERS, weight_bands=FINE_BANDS, most_classes=FINE_CLASSES)
            joining = Joining(replace(given, options=fine), watch)
        result = joining.solve(prices, None if thorough else start)
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
        self.watch = watch
        needs = given.goods.needs(len(given.orders), given.products)
        columns = needs.tocsc()
        kind = [columns[:, [place]].toarray()[:, 0] for place in range(len(given.products))]
        self.kind = group(kind)[0] if kind else np.zeros(len(given.orders), np.int64)
        self.model = model_of(given.network, given.orders, given.options, given.wishes, [self.kind])
        self.scale, self.unit, arcs = whole_costs(self.model)
        classes = self.model.classes
        self.given = given
        joint, self.places = limits_of(
            self.model, needs[classes.first], given.goods.stock[:, given.products], given.wishes
        )
        self.shop = Shop(self.model.slots, arcs, joint)
        self.route = self.model.lawful.routes(classes.members)
        self.watch.lap("joint classes")

    def at_once(self) -> tuple[Prices, Ints]:
        """Prices that are good enough for a plan at once, and where such a plan may start."""
        prices, start = self.first_prices(POLISH_ROUNDS if is_small(self.shop) else ROUNDS)
        self.watch.lap("prices")
        return prices, start

    def solve(self, prices: Prices, start: Ints | None) -> Result:
        """The best plan found beside the best bound; without a `start` with all the time it takes."""
        shop = self.shop
        flow, proof, cost = priced(shop, prices.limits)
        scarcity = proof.surcharge(shop.slots, shop.arcs.lane)
        proofs = [(proof, prices.limits)]
        self.watch.lap("joint flow")
        if start is not None:
            plans = [mended(shop, start, cost, scarcity)]
        elif is_small(shop):
            plans = [mended(shop, on_arc, cost, scarcity) for on_arc in (flow.on_arc, round_off(shop, None))]
        else:
            keep = best_ways(shop.arcs, cost + scarcity, flow.on_arc)
            part = shop.only(keep)
            begin = np.r_[proof.warehouse_price, prices.limits]
            prices = find_prices(part, self.route, begin, rounds=POLISH_ROUNDS, tolerance=POLISHED)
            self.watch.lap("better prices")
            flow, proof, cost = priced(part, prices.limits)
            proofs.append((proof, prices.limits))
            scarcity = proof.surcharge(part.slots, part.arcs.lane)
            plans = []
            for on_arc in (flow.on_arc, round_off(part, prices.mix)):
                plan = np.zeros(len(shop.arcs.row), np.int64)
                plan[keep] = mended(part, on_arc, cost, scarcity)
                plans.append(plan)
        self.watch.lap("joint plan" if start is not None else "better plan")
        on_arc = min(plans, key=shop.objective)
        proof, price = max(proofs, key=lambda pair: self.bound(*pair))
        shared = Shared(shop.joint.surcharge(price), int(price @ shop.joint.room))
        units, flow = self.model.units(self.scale, self.unit), shop.flow(on_arc)
        slots = [settled(self.model, units, flow, self.kind)]
        self.watch.lap("settling")
        if start is None and self.may_go_singly:
            slots.append(one_by_one(self, slots[0], proof))
            self.watch.lap("one by one")
        found = [
            result_of(self.model, Solved(shop.arcs, units, flow, proof, shared, slot), self.watch) for slot in slots
        ]
        result = min(found, key=lambda result: result.objective)
        stock_price, carrier_price = self.by_name(price)
        exact = result.exact and result.objective == result.bound
        left = (result.objective - result.served) // self.unit
        most = min(max(left - self.fewest_left(proof, price), 0), int((result.reason == Reason.CAPACITY).sum()))
        return replace(result, exact=exact, stock_price=stock_price, carrier_price=carrier_price, could_serve=most)

    @property
    def may_go_singly(self) -> bool:
        """Whether classes stand for different orders, which share nothing that `one_by_one` does not look at."""
        model = self.model
        return not model.classes.exact and model.found.toward is None and self.given.wishes.carrier_cap is None

    def part(self, given: Given) -> Joining:
        """The same of some of the orders."""
        return Joining(given, Watch({}))

    def by_name(self, price: Ints) -> tuple[Ints, Ints]:
        """Prices by [warehouse, product] and by [day, carrier]; 0 where nothing is limited."""
        given, cap = self.given, self.given.wishes.carrier_cap
        stock = np.zeros_like(given.goods.stock)
        carriers = np.zeros((self.model.slots.days, 0 if cap is None else len(cap)), np.int64)
        places, columns = self.places[0], max(len(given.products), 1)
        stock[places // columns, given.products[places % columns]] = price[: len(places)]
        for capped in self.places[1:]:
            carriers.reshape(-1)[capped] = price[len(places) :]
        return stock, carriers

    def bound(self, proof: Certificate, price: Ints) -> int:
        """What the prices prove of the classes."""
        shop = self.shop
        surcharge = proof.surcharge(shop.slots, shop.arcs.lane) + shop.joint.surcharge(price)
        least = whole_dot(least_at_prices(shop.arcs, surcharge), shop.arcs.size)
        return least - proof.capacity_value(shop.slots) - int(price @ shop.joint.room)

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


def best_ways(arcs: Arcs, priced: Ints, used: Ints) -> Ints:
    """The candidates of each class that are cheapest at some prices, and those in use."""
    by_price = np.lexsort((priced, arcs.row))
    starts = np.searchsorted(arcs.row, arcs.row)
    place = np.empty(len(arcs.row), np.int64)
    place[by_price] = np.arange(len(arcs.row))
    return np.flatnonzero((place - starts < BEST_WAYS) | (used > 0))


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


def limits_of(model: Model, needs: Any, stock: Ints, wishes: Wishes) -> tuple[Joint, list[Ints]]:
    """The stock of the products that classes need [class, product], and the carriers' caps of each day; and which place
    in [warehouse, product] and in [day, carrier] each limit is about."""
    found, slots = model.found, model.slots
    lane, day = slots.lane(found.slot), slots.day(found.slot)
    each = needs[found.row].tocoo()
    at = slots.network.lane_warehouse[lane[each.row]] * stock.shape[1] + each.col
    known = stock.reshape(-1)[at] >= 0
    places, place = np.unique(at[known], return_inverse=True)
    parts = [(place, each.row[known], each.data[known], stock.reshape(-1)[places], places % max(stock.shape[1], 1))]
    about = [places]
    if wishes.carrier_cap is not None and slots.network.lane_carrier is not None:
        carrier = slots.network.lane_carrier[lane]
        capped = np.flatnonzero((carrier >= 0) & (np.append(wishes.carrier_cap, -1)[carrier] >= 0))
        carriers = len(wishes.carrier_cap)
        places, place = np.unique(day[capped] * carriers + carrier[capped], return_inverse=True)
        ones, nothing = np.ones(len(capped), np.int64), np.full(len(places), -1)
        parts.append((place, capped, ones, wishes.carrier_cap[places % carriers], nothing))
        about.append(places)
    return stacked(parts, len(found.row)), about
