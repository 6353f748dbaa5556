"""From orders to a plan and its proof."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from dispatch.solver.candidates import Candidates, Lawful
from dispatch.solver.certificate import Certificate, certify
from dispatch.solver.classes import Classes, classes_of
from dispatch.solver.flow import Arcs, CostsTooLarge, Flow, min_cost_flow
from dispatch.solver.problem import Floats, Ints, Network, Options, Orders, Reason, Wishes
from dispatch.solver.slots import Slots, unroll
from dispatch.solver.tariff import offsets

SCALES = tuple(10**power for power in range(6, -1, -1))
# Costs of many orders are rounded to cents: finer ones take longer and change nothing that the gap would show.
SCALES_OF_MANY = SCALES[4:]
LOW_PENALTY, ROUNDS_OF_A_TRY = 16, 300
CHUNK = 100_000


@dataclass(frozen=True)
class Result:
    """A plan: `lane` (-1 = unserved), `day` (0 = today, -1 = unserved) and `reason` per order; of each served order
    `cost`, which is paid (freight, handling, surge), and `weighed`, that with its lateness, risk and carbon.

    The objective counts, in whole units of 1/`scale`, for all served orders what they weigh plus `outweigh` x what
    they add to the goal (hours, changes, late days), and `penalty_unit` x weight for each lawful order left unserved;
    `bound` is the certified least possible value of the same sum. In exact mode the two are equal. `rounding` (in
    currency) bounds what rounding each cost to 1/`scale` can have hidden. `served` is the objective without penalties.
    Where lanes share limits, `stock_price` [warehouse, product] and `carrier_price` [day, carrier] are their prices; at
    most `could_serve` of the lawful orders left unserved could be served by any plan, as these prices prove.
    `spent` is what each order adds to the objective, `least` what it adds to the bound, from which what the prices of
    scarce capacity are worth is taken off; `worth` of it by lane.
    """

    lane: Ints
    day: Ints
    reason: Ints
    cost: Floats
    weighed: Floats
    objective: int
    bound: int
    scale: int
    penalty_unit: int
    exact: bool
    certificate: Certificate
    classes: int
    arcs: int
    seconds: dict[str, float] = field(default_factory=dict)
    outweigh: float = 0.0
    served: int = 0
    stock_price: Ints | None = None
    carrier_price: Ints | None = None
    could_serve: int | None = None
    spent: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    least: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    worth: dict[int, int] = field(default_factory=dict)

    @property
    def gap(self) -> float:
        """How much dearer than the bound, as a share of what the served orders cost; 0 is a proven optimum."""
        if self.objective == self.bound:
            return 0.0
        return (self.objective - self.bound) / max(self.served, 1)

    @property
    def rounding(self) -> float:
        return len(self.lane) / self.scale


def solve(network: Network, orders: Orders, options: Options | None = None, wishes: Wishes | None = None) -> Result:
    """Serve the greatest weight that capacity lawfully allows, then as the goal wants, at the least cost.

    Weight is the orders' priority; what is pinned goes before everything else.
    """
    seconds: dict[str, float] = {}
    watch = Watch(seconds)
    # 1. Classes of interchangeable orders, and what each lawful lane and day would cost them.
    model = model_of(network, orders, options or Options(), wishes or Wishes())
    watch.lap("classes")
    # 2. One flow, in the finest whole-number costs that fit, and its proof.
    for scale in model.scales:
        unit = penalty_unit(model.found, *model.costs(scale))
        arcs = model.arcs(scale, unit)
        try:
            flow, proof = proven_flow(model.slots, arcs, model.weight[model.classes.first])
            break
        except CostsTooLarge:
            continue
    else:
        raise CostsTooLarge("the costs do not fit even in whole currency units")
    watch.lap("flow")
    return result_of(model, Solved(arcs, model.units(scale, unit), flow, proof), watch)


@dataclass(frozen=True)
class Model:
    """Classes of orders and their candidates, and what they share. `weight` is what serving each order is worth."""

    orders: Orders
    slots: Slots
    lawful: Lawful
    weight: Ints
    classes: Classes
    found: Candidates
    outweigh: float

    @property
    def scales(self) -> tuple[int, ...]:
        return SCALES if self.classes.exact else SCALES_OF_MANY

    @property
    def live(self) -> Ints:
        """Orders of each class that some lane may lawfully carry."""
        return np.where(self.found.reason == Reason.ASSIGNED, self.classes.size, 0)

    def costs(self, scale: int) -> tuple[Ints, Ints]:
        """(cost of each candidate, what each slot's surge costs) in whole units."""
        return whole(self.found.cost(self.outweigh), scale), whole(self.slots.surge_cost, scale)

    def units(self, scale: int, unit: int) -> Units:
        return Units(scale, self.outweigh, unit, self.weight * unit)

    def arcs(self, scale: int, unit: int) -> Arcs:
        cost, surge = self.costs(scale)
        penalty = unit * self.weight[self.classes.first]
        return Arcs(self.found.row, self.found.slot, cost, self.live, penalty, surge)


@dataclass(frozen=True)
class Shared:
    """What limits that lanes share add to each candidate at their prices, and what they are worth: Σ price x room."""

    surcharge: Ints
    value: int


@dataclass(frozen=True)
class Solved:
    """A flow over a model's arcs, and the prices that prove it; `shared` are those of limits besides lanes' and
    warehouses'. `slot` says where each order goes, if that has been decided; -1 is nowhere."""

    arcs: Arcs
    units: Units
    flow: Flow
    proof: Certificate
    shared: Shared | None = None
    slot: Ints | None = None


def model_of(network: Network, orders: Orders, options: Options, wishes: Wishes, also: Sequence[Ints] = ()) -> Model:
    """What is to be solved; orders of a class are equal in the columns of `also`, too."""
    slots = unroll(network, options, wishes)
    lawful = Lawful(network, options, wishes)
    classes = classes_of(orders, lawful, options, [*pins(wishes), *also])
    found = lawful.candidates(classes.members, *pins_of(wishes, classes.first))
    outweigh = dearest(found) if found.toward is not None else 0.0
    return Model(orders, slots, lawful, weights(orders, wishes), classes, found, outweigh)


def result_of(model: Model, solved: Solved, watch: Watch) -> Result:
    """The plan that a flow means for single orders, beside the bound that prices prove."""
    slots, classes, found, lawful = model.slots, model.classes, model.found, model.lawful
    orders, outweigh, units, scale = model.orders, model.outweigh, solved.units, solved.units.scale
    arcs, flow, proof, shared = solved.arcs, solved.flow, solved.proof, solved.shared
    # 3. Back to single orders, in a fixed order.
    slot = disaggregate(slots, orders, classes, found, flow) if solved.slot is None else solved.slot
    served = slot >= 0
    lane = np.where(served, slots.lane(slot), -1)
    day = np.where(served, slots.day(slot), -1)
    reason = np.where(served, Reason.ASSIGNED, found.reason[classes.of])
    reason[~served & (reason == Reason.ASSIGNED)] = Reason.CAPACITY
    paid = lawful.paid_on(orders, lane)
    weighed = lawful.weighed_on(orders, lane, day, paid)
    watch.lap("orders")
    # 4. Plan and bound, both from the orders' own costs.
    total = weighed
    if outweigh:
        total = total + outweigh * lawful.toward_on(orders, lane, day)
    spent = whole(total, scale)
    if slots.surges.any():
        extra = surcharges(slots, slot)
        paid, weighed = paid + extra, weighed + extra
        spent += whole(extra, scale)
    routing = int(spent.sum())
    spent = np.where(reason == Reason.CAPACITY, units.penalty, spent)
    surcharge = proof.surcharge(slots, found.slot)
    if shared is not None:
        surcharge = surcharge + shared.surcharge
    if classes.exact:
        least = np.where(model.live > 0, least_at_prices(arcs, surcharge), 0)[classes.of]
    else:
        least = order_bound(model, units, surcharge)
    bound = whole_sum(least) - proof.capacity_value(slots) - (0 if shared is None else shared.value)
    watch.lap("bound")
    return Result(
        lane=lane,
        day=day,
        reason=reason,
        cost=paid,
        weighed=weighed,
        objective=whole_sum(spent),
        bound=bound,
        scale=scale,
        penalty_unit=units.unit,
        exact=classes.exact,
        certificate=proof,
        classes=len(arcs.size),
        arcs=len(arcs.cost),
        seconds=watch.seconds,
        outweigh=outweigh,
        served=routing,
        spent=spent,
        least=least,
        worth=proof.lane_worth(slots),
    )


@dataclass(frozen=True)
class Units:
    """How costs become whole numbers, and what leaving each order unserved costs in them."""

    scale: int
    outweigh: float
    unit: int
    penalty: Ints

    def whole(self, lawful: Lawful, orders: Orders, row: Ints, lane: Ints, day: Ints) -> Ints:
        """What each pair of order and way costs."""
        costs = lawful.costs
        money = costs.fixed(orders, row, lane, lawful.tariff.piece(orders.weight))
        money += costs.lateness(orders, row, lane, day)
        if self.outweigh and (toward := costs.toward(orders, row, lane, day)) is not None:
            money += self.outweigh * toward
        return whole(money, self.scale)


def proven_flow(slots: Slots, arcs: Arcs, weight: Ints) -> tuple[Flow, Certificate]:
    """The optimal flow and its proof.

    Penalties high enough for any network make the solver slow, and lower ones nearly always give the same flow: try
    those, and keep the flow if it is proven optimal under the high ones.
    """
    low = LOW_PENALTY * (int(arcs.cost.max(initial=0)) + int(arcs.surge.max(initial=0)) + 1) * weight
    if len(weight) and (low < arcs.penalty).all():
        flow = min_cost_flow(slots, replace(arcs, penalty=low))
        proof = certify(slots, arcs, flow, ROUNDS_OF_A_TRY)
        if proof.settled:
            return flow, proof
    flow = min_cost_flow(slots, arcs)
    return flow, certify(slots, arcs, flow)


def whole(cost: Floats, scale: int) -> Ints:
    return np.rint(cost * scale).astype(np.int64)


def weights(orders: Orders, wishes: Wishes) -> Ints:
    """What serving each order is worth; more for any pinned one than for any other."""
    if wishes.pinned is None or not len(orders):
        return orders.priority
    return orders.priority + np.where(wishes.pinned >= 0, orders.priority.max(), 0)


def pins(wishes: Wishes) -> list[Ints]:
    return [pin for pin in (wishes.pinned, wishes.pinned_day, wishes.refused) if pin is not None]


def pins_of(wishes: Wishes, rows: Ints | slice) -> list[Ints | None]:
    """What is wished of some of the orders, as `candidates` takes it."""
    return [None if pin is None else pin[rows] for pin in (wishes.pinned, wishes.pinned_day, wishes.refused)]


def dearest(found: Candidates) -> float:
    """What a unit of the goal (an hour, a change, a late day) counts: as much as the dearest way of any order."""
    return float(np.ceil(found.money.max(initial=0.0))) + 1.0


class Watch:
    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds, self.at = seconds, time.perf_counter()

    def lap(self, name: str) -> None:
        moment = time.perf_counter()
        self.seconds[name] = round(moment - self.at, 4)
        self.at = moment


def surcharges(slots: Slots, slot: Ints) -> Floats:
    """What each order pays extra: on a slot the first ones, in the orders' own sequence, fill what costs nothing."""
    sequence = np.argsort(slot, kind="stable")
    ordered = slot[sequence]
    place = np.arange(len(slot)) - np.searchsorted(ordered, ordered)
    dear = (ordered >= 0) & slots.surges[ordered] & (place >= slots.lane_base[ordered])
    extra = np.zeros(len(slot))
    extra[sequence[dear]] = slots.surge_cost[ordered[dear]]
    return extra


def penalty_unit(found: Candidates, cost: Ints, surge: Ints) -> int:
    """A penalty so high that serving one more unit of weight is worth any change of cost.

    Two plans differ by simple cycles, which enter each lane at most once; so no cycle can add more cost than the sum
    over lanes of the dearest arc into each, and what its surge costs.
    """
    if not len(cost):
        return 1
    most = np.zeros(int(found.slot.max()) + 1, np.int64)
    np.maximum.at(most, found.slot, cost)
    return int(most.sum()) + int(surge.sum()) + 1


def whole_dot(left: Ints, right: Ints) -> int:
    """Σ left x right without overflow: products fit (flow.SAFE), their sum is taken in pieces."""
    return whole_sum(left * right)


def whole_sum(values: Ints) -> int:
    """Σ values without overflow."""
    return sum(int(values[at : at + 1024].sum()) for at in range(0, len(values), 1024))


def least_at_prices(arcs: Arcs, surcharge: Ints) -> Ints:
    """min(penalty, cheapest lawful slot with its surcharge) per row."""
    least = arcs.penalty.copy()
    if len(arcs.row):
        starts = np.flatnonzero(np.r_[True, arcs.row[1:] != arcs.row[:-1]])
        rows = arcs.row[starts]
        least[rows] = np.minimum(least[rows], np.minimum.reduceat(arcs.cost + surcharge, starts))
    return least


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


def disaggregate(slots: Slots, orders: Orders, classes: Classes, found: Candidates, flow: Flow) -> Ints:
    """Hand each class's flows to its orders: the tightest promise gets the fastest lane, the tail stays unserved.

    Ties go by the orders' own sequence, so that the same input always gives the same plan.
    """
    used = np.flatnonzero(flow.on_arc > 0)
    slot = found.slot[used]
    hours = slots.network.lane_hours[slots.lane(slot)] + 24.0 * slots.day(slot)
    used = used[np.lexsort((slot, hours, found.row[used]))]
    count = len(classes.size)
    served = np.bincount(found.row[used], flow.on_arc[used], minlength=count).astype(np.int64)
    sequence = np.lexsort((orders.slack, classes.of))
    first = np.cumsum(classes.size) - classes.size
    filled = np.repeat(first, served) + offsets(served)
    slot = np.full(len(orders), -1, np.int64)
    slot[sequence[filled]] = np.repeat(found.slot[used], flow.on_arc[used])
    return slot
