"""What sending an order over a lane on a day costs, and what it adds to the goal."""

from __future__ import annotations

import numpy as np

from dispatch.solver.problem import Floats, Goal, Ints, Network, Options, Orders
from dispatch.solver.tariff import Tariff

HEAVY = 2  # the weight from which on an order is of a core region, medical or fresh


def hours_judged(network: Network, orders: Orders, row: Ints, lane: Ints) -> Floats:
    """After how many hours each order counts as delivered on a lane: when half have arrived, heavy ones when nine in
    ten have."""
    hours = network.lane_hours[lane]
    if network.lane_sure_hours is None:
        return hours
    return np.where(orders.priority[row] >= HEAVY, network.lane_sure_hours[lane], hours)


class Costs:
    """Costs in one network under one goal."""

    def __init__(self, network: Network, options: Options) -> None:
        self.network, self.options = network, options
        self.tariff = Tariff(network)
        self.per_order = np.zeros(network.lanes)
        if network.lane_risk is not None:
            self.per_order = self.per_order + options.risk_cost * network.lane_risk
        self.per_weight = np.zeros(network.lanes)
        if network.lane_carbon is not None:
            self.per_weight = self.per_weight + options.carbon_cost * network.lane_carbon
        self.carrier = np.full(network.lanes, -1) if network.lane_carrier is None else network.lane_carrier

    @property
    def by_promise(self) -> bool:
        """Whether it matters when an order was promised."""
        return bool(self.options.late_cost) or self.options.goal == Goal.CORE_FIRST

    @property
    def by_way(self) -> bool:
        """Whether it matters which way an order has today."""
        return self.options.goal == Goal.LEAST_CHANGE

    def paid(self, orders: Orders, row: Ints, lane: Ints, piece: Ints) -> Floats:
        """Freight and handling of each pair of order and lane; infinite where no rate covers the weight."""
        cost = self.tariff.freight(lane, orders.weight[row], piece[row])
        cost += orders.quantity[row] * self.network.unit_cost[self.network.lane_warehouse[lane]]
        return cost

    def fixed(self, orders: Orders, row: Ints, lane: Ints, piece: Ints) -> Floats:
        """What is paid, risk and carbon: all that does not depend on the day."""
        cost = self.paid(orders, row, lane, piece)
        if self.per_order.any():
            cost += self.per_order[lane]
        if self.per_weight.any():
            cost += self.per_weight[lane] * orders.weight[row]
        return cost

    def late_days(self, orders: Orders, row: Ints, lane: Ints, day: Ints) -> Floats:
        """Begun days after the promise."""
        late = hours_judged(self.network, orders, row, lane) + 24.0 * day - orders.slack[row]
        return np.ceil(np.maximum(late, 0.0) / 24)

    def lateness(self, orders: Orders, row: Ints, lane: Ints, day: Ints) -> Floats | float:
        if not self.options.late_cost:
            return 0.0
        return self.options.late_cost * orders.priority[row] * self.late_days(orders, row, lane, day)

    def toward(self, orders: Orders, row: Ints, lane: Ints, day: Ints) -> Floats | None:
        """What each choice adds to the goal, in the goal's own unit; None when only money counts."""
        goal = self.options.goal
        if goal == Goal.FASTEST:
            return self.network.lane_hours[lane] + 24.0 * day
        if goal == Goal.CORE_FIRST:
            return np.where(orders.priority[row] >= HEAVY, self.late_days(orders, row, lane, day), 0.0)
        if goal == Goal.LEAST_CHANGE:
            return self.changes(orders.lane[row], lane) + day
        return None

    def changes(self, before: Ints, lane: Ints) -> Floats:
        """Another lane, another carrier and another warehouse are one change each."""
        house = self.network.lane_warehouse
        known, old = before >= 0, np.maximum(before, 0)
        changes = (before != lane) + (~known | (self.carrier[old] != self.carrier[lane])).astype(np.float64)
        return changes + (~known | (house[old] != house[lane]))
