"""From orders to a plan and its proof."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

import numpy as np

from dispatch.solver.bound import least_at_prices, order_bound, whole_sum
from dispatch.solver.certificate import Certificate, certify
from dispatch.solver.classes import Classes
from dispatch.solver.flow import Arcs, CostsTooLarge, Flow, min_cost_flow
from dispatch.solver.model import Model, Units, model_of, penalty_unit, whole
from dispatch.solver.problem import Floats, Ints, Network, Options, Orders, Reason, Wishes
from dispatch.solver.slots import Slots
from dispatch.solver.tariff import offsets

LOW_PENALTY, ROUNDS_OF_A_TRY = 16, 300


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
    # 3. Back to single orders, in a fixed order.
    slot = disaggregate(model.slots, orders, model.classes, arcs, flow.on_arc)
    return result_of(model, Solved(arcs, model.units(scale, unit), slot, proof), watch)


@dataclass(frozen=True)
class Shared:
    """What limits that lanes share add to each candidate at their prices, and what they are worth: Σ price x room."""

    surcharge: Ints
    value: int


@dataclass(frozen=True)
class Solved:
    """Where each order goes (`slot`, -1 is nowhere), and the prices that prove it over a model's arcs; `shared` are
    those of limits besides lanes' and warehouses'."""

    arcs: Arcs
    units: Units
    slot: Ints
    proof: Certificate
    shared: Shared | None = None


def result_of(model: Model, solved: Solved, watch: Watch) -> Result:
    """What a plan means for single orders, beside the bound that prices prove."""
    slots, classes, found, lawful = model.slots, model.classes, model.found, model.lawful
    orders, outweigh, units, scale = model.orders, model.outweigh, solved.units, solved.units.scale
    arcs, slot, proof, shared = solved.arcs, solved.slot, solved.proof, solved.shared
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


def disaggregate(slots: Slots, orders: Orders, classes: Classes, arcs: Arcs, on_arc: Ints) -> Ints:
    """Hand each class's flow to its orders: the tightest promise gets the fastest lane, the tail stays unserved.

    Ties go by the orders' own sequence, so that the same input always gives the same plan.
    """
    used = np.flatnonzero(on_arc > 0)
    slot = arcs.lane[used]
    hours = slots.network.lane_hours[slots.lane(slot)] + 24.0 * slots.day(slot)
    used = used[np.lexsort((slot, hours, arcs.row[used]))]
    count = len(classes.size)
    served = np.bincount(arcs.row[used], on_arc[used], minlength=count).astype(np.int64)
    sequence = np.lexsort((orders.slack, classes.of))
    first = np.cumsum(classes.size) - classes.size
    filled = np.repeat(first, served) + offsets(served)
    slot = np.full(len(orders), -1, np.int64)
    slot[sequence[filled]] = np.repeat(arcs.lane[used], on_arc[used])
    return slot
