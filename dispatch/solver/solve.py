"""From orders to a plan and its proof."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np

from dispatch.solver.candidates import Candidates, Lawful, offsets
from dispatch.solver.certificate import Certificate, certify
from dispatch.solver.classes import Classes, classes_of
from dispatch.solver.flow import Arcs, CostsTooLarge, Flow, min_cost_flow
from dispatch.solver.problem import Floats, Ints, Network, Options, Orders, Reason, Wishes

SCALES = tuple(10**power for power in range(6, -1, -1))
CHUNK = 100_000


@dataclass(frozen=True)
class Result:
    """A plan: `lane` (-1 = unserved), `day` (0 = today, -1 = unserved) and `reason` per order, `cost` of each served
    order.

    The objective counts, in whole units of 1/`scale`, the cost of all served orders plus `penalty_unit` x priority
    for each lawful order left unserved; `bound` is the certified least possible value of the same sum. In exact mode
    the two are equal. `rounding` (in currency) bounds what rounding each cost to 1/`scale` can have hidden.
    """

    lane: Ints
    day: Ints
    reason: Ints
    cost: Floats
    objective: int
    bound: int
    scale: int
    penalty_unit: int
    exact: bool
    certificate: Certificate
    classes: int
    arcs: int
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def gap(self) -> float:
        """How much dearer than the bound, as a share of the routing cost; 0 is a proven optimum."""
        if self.objective == self.bound:
            return 0.0
        served = float(np.nansum(self.cost)) * self.scale
        return (self.objective - self.bound) / max(served, 1.0)

    @property
    def rounding(self) -> float:
        return len(self.lane) / self.scale


def solve(network: Network, orders: Orders, options: Options | None = None, wishes: Wishes | None = None) -> Result:
    """Serve the greatest priority weight that capacity lawfully allows, then at the least cost."""
    options = options or Options()
    seconds: dict[str, float] = {}
    watch = Watch(seconds)
    # 1. Classes of interchangeable orders, and what each lawful lane would cost them.
    lawful = Lawful(network, late_cost=options.late_cost)
    classes = classes_of(orders, lawful.tariff, options)
    found = lawful.candidates(classes.members)
    watch.lap("classes")
    # 2. One flow, in the finest whole-number costs that fit.
    live = np.where(found.reason == Reason.ASSIGNED, classes.size, 0)
    for scale in SCALES:
        cost = np.rint(found.cost * scale).astype(np.int64)
        unit = penalty_unit(found, cost)
        arcs = Arcs(found.row, found.lane, cost, live, unit * classes.members.priority)
        try:
            flow = min_cost_flow(network, arcs)
            break
        except CostsTooLarge:
            continue
    else:
        raise CostsTooLarge("the costs do not fit even in whole currency units")
    watch.lap("flow")
    # 3. The proof.
    proof = certify(network, arcs, flow)
    watch.lap("certificate")
    # 4. Back to single orders, in a fixed order.
    lane = disaggregate(network, orders, classes, found, flow)
    reason = np.where(lane >= 0, Reason.ASSIGNED, found.reason[classes.of])
    reason[(lane < 0) & (reason == Reason.ASSIGNED)] = Reason.CAPACITY
    order_cost = lawful.cost_on(orders, lane)
    watch.lap("orders")
    # 5. Plan and bound, both from the orders' own costs.
    short = orders.priority[reason == Reason.CAPACITY]
    objective = int(np.rint(order_cost[lane >= 0] * scale).astype(np.int64).sum()) + unit * int(short.sum())
    if classes.exact:
        least = least_at_prices(network, arcs, proof)
        bound = whole_dot(least, live)
    else:
        bound = order_bound(lawful, orders, scale, unit, proof)
    bound -= proof.capacity_value(network)
    watch.lap("bound")
    day = np.where(lane >= 0, 0, -1)
    return Result(
        lane,
        day,
        reason,
        order_cost,
        objective,
        bound,
        scale,
        unit,
        classes.exact,
        proof,
        len(live),
        len(cost),
        seconds,
    )


class Watch:
    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds, self.at = seconds, time.perf_counter()

    def lap(self, name: str) -> None:
        moment = time.perf_counter()
        self.seconds[name] = round(moment - self.at, 4)
        self.at = moment


def penalty_unit(found: Candidates, cost: Ints) -> int:
    """A penalty so high that serving one more unit of weight is worth any change of cost.

    Two plans differ by simple cycles, which enter each lane at most once; so no cycle can add more cost than the sum
    over lanes of the dearest arc into each.
    """
    if not len(cost):
        return 1
    dearest = np.zeros(int(found.lane.max()) + 1, np.int64)
    np.maximum.at(dearest, found.lane, cost)
    return int(dearest.sum()) + 1


def whole_dot(left: Ints, right: Ints) -> int:
    """Σ left x right without overflow: products fit (flow.SAFE), their sum is taken in pieces."""
    product = left * right
    return sum(int(product[at : at + 1024].sum()) for at in range(0, len(product), 1024))


def least_at_prices(network: Network, arcs: Arcs, proof: Certificate) -> Ints:
    """min(penalty, cheapest lawful lane at the certificate's prices) per row."""
    least = arcs.penalty.copy()
    if len(arcs.row):
        starts = np.flatnonzero(np.r_[True, arcs.row[1:] != arcs.row[:-1]])
        priced = arcs.cost + proof.surcharge(network, arcs.lane)
        rows = arcs.row[starts]
        least[rows] = np.minimum(least[rows], np.minimum.reduceat(priced, starts))
    return least


def order_bound(lawful: Lawful, orders: Orders, scale: int, unit: int, proof: Certificate) -> int:
    """The same minimum summed over single orders: certifies the plan although classes shared a mean cost."""
    total = 0
    for at in range(0, len(orders), CHUNK):
        part = orders.take(slice(at, at + CHUNK))
        found = lawful.candidates(part)
        cost = np.rint(found.cost * scale).astype(np.int64)
        lawfully = (found.reason == Reason.ASSIGNED).astype(np.int64)
        arcs = Arcs(found.row, found.lane, cost, lawfully, unit * part.priority)
        total += whole_dot(least_at_prices(lawful.network, arcs, proof), lawfully)
    return total


def disaggregate(network: Network, orders: Orders, classes: Classes, found: Candidates, flow: Flow) -> Ints:
    """Hand each class's flows to its orders: the tightest promise gets the fastest lane, the tail stays unserved.

    Ties go by the orders' own sequence, so that the same input always gives the same plan.
    """
    used = np.flatnonzero(flow.on_arc > 0)
    used = used[np.lexsort((found.lane[used], network.lane_hours[found.lane[used]], found.row[used]))]
    count = len(classes.size)
    served = np.bincount(found.row[used], flow.on_arc[used], minlength=count).astype(np.int64)
    sequence = np.lexsort((orders.slack, classes.of))
    first = np.cumsum(classes.size) - classes.size
    filled = np.repeat(first, served) + offsets(served)
    lane = np.full(len(orders), -1, np.int64)
    lane[sequence[filled]] = np.repeat(found.lane[used], flow.on_arc[used])
    return lane
