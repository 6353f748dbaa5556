"""Solving a part of a plan again while the rest of it stays."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dispatch.solver.certificate import Certificate, certify
from dispatch.solver.flow import min_cost_flow
from dispatch.solver.model import model_of
from dispatch.solver.problem import Ints, Network, Options, Orders, Wishes
from dispatch.solver.solve import Result, Solved, Watch, disaggregate, proven_flow, result_of


@dataclass(frozen=True)
class Prior:
    """In what units the whole plan was solved (see Result), and what its warehouses' prices were [day x warehouse]."""

    scale: int
    unit: int
    outweigh: float
    warehouse_price: Ints


def solve_part(network: Network, orders: Orders, options: Options, wishes: Wishes, prior: Prior) -> Result:
    """The best plan for some regions' orders in the `network` that the others leave.

    Regions share nothing but warehouses. So prices for the lanes of these regions, the best ones at the warehouses'
    prior prices, and the prior prices of everything else prove a bound of the whole plan: `Result.least` and
    `Result.worth` are these regions' shares of it.
    """
    watch = Watch({})
    model = replace(model_of(network, orders, options, wishes), outweigh=prior.outweigh)
    slots, arcs = model.slots, model.arcs(prior.scale, prior.unit)
    watch.lap("classes")
    flow, _proof = proven_flow(slots, arcs, model.weight[model.classes.first])
    watch.lap("flow")
    plenty = replace(slots, warehouse_capacity=np.full(slots.warehouses, max(len(orders), 1)))
    priced = replace(arcs, cost=arcs.cost + prior.warehouse_price[slots.lane_warehouse[arcs.lane]])
    lanes = certify(plenty, priced, min_cost_flow(plenty, priced))
    proof = Certificate(lanes.lane_price, prior.warehouse_price, arcs.surge, lanes.settled, lanes.rounds)
    watch.lap("prices")
    slot = disaggregate(slots, orders, model.classes, arcs, flow.on_arc)
    return result_of(model, Solved(arcs, model.units(prior.scale, prior.unit), slot, proof), watch)
