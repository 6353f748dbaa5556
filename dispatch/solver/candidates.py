"""Which lanes may lawfully carry an order and on which day, and what each would cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dispatch.solver.costs import Costs
from dispatch.solver.problem import Bools, Floats, Ints, Network, Options, Orders, Reason, Wishes
from dispatch.solver.tariff import offsets


@dataclass(frozen=True)
class Candidates:
    """Lawful pairs of a row (order or class) and a slot with their cost in money and what they add to the goal (None:
    nothing), sorted by row; `reason` says of each row without any pair which rule failed first."""

    row: Ints
    slot: Ints
    money: Floats
    toward: Floats | None
    reason: Ints

    def cost(self, outweigh: float) -> Floats:
        return self.money if self.toward is None else self.money + outweigh * self.toward


class Lawful:
    """Finds candidates in one network; keeps what depends on the network alone."""

    def __init__(self, network: Network, options: Options | None = None, wishes: Wishes | None = None) -> None:
        self.network, self.options, self.wishes = network, options or Options(), wishes or Wishes()
        self.costs = Costs(network, self.options)
        self.tariff = self.costs.tariff
        self.services = int(network.lane_service.max(initial=0)) + 1
        self.regions = int(network.lane_region.max(initial=-1)) + 1
        self.counters = self.regions * self.services  # the route of collected orders, after those of all regions
        lanes = np.flatnonzero(network.lane_open & network.warehouse_open[network.lane_warehouse])
        region = network.lane_region[lanes]
        route = np.where(region < 0, self.counters, region * self.services + network.lane_service[lanes])
        order = np.argsort(route, kind="stable")
        self.lanes, self.route_of_lane = lanes[order], route[order]
        self.degree = np.bincount(route, minlength=self.counters + 1)
        self.start = np.cumsum(self.degree) - self.degree
        # Which warehouses serve each region; the last column is for regions that no lane leads to.
        leading = network.lane_region >= 0
        self.serves = np.zeros((network.warehouses, self.regions + 1), np.bool_)
        self.serves[network.lane_warehouse[leading], network.lane_region[leading]] = True
        self.serves[~self.serves.any(1)] = True
        self.reachable = np.zeros(self.regions + 1, np.bool_)
        self.reachable[region[region >= 0]] = True

    def column(self, region: Ints) -> Ints:
        return np.where((region >= 0) & (region < self.regions), region, self.regions)

    def routes(self, orders: Orders) -> Ints:
        """Region and service level as one number, the counters for collected orders, -1 where no lane can lead."""
        known = (orders.region >= 0) & (orders.region < self.regions)
        known &= (orders.service >= 0) & (orders.service < self.services)
        route = np.where(known, orders.region * self.services + orders.service, -1)
        return np.where(orders.collected, self.counters, route)

    def paid_on(self, orders: Orders, lane: Ints) -> Floats:
        """Freight and handling of each order on the lane given for it, lawful or not; NaN without a lane or a rate."""
        row = np.flatnonzero(lane >= 0)
        cost = np.full(len(orders), np.nan)
        cost[row] = self.costs.paid(orders, row, lane[row], self.tariff.piece(orders.weight))
        cost[np.isinf(cost)] = np.nan
        return cost

    def weighed_on(self, orders: Orders, lane: Ints, day: Ints, paid: Floats) -> Floats:
        """`paid` with lateness, risk and carbon of the lane and day given for each order; 0 without one."""
        row = np.flatnonzero(lane >= 0)
        cost = np.zeros(len(orders))
        cost[row] = paid[row] + self.costs.per_order[lane[row]]
        cost[row] += self.costs.per_weight[lane[row]] * orders.weight[row]
        cost[row] += self.costs.lateness(orders, row, lane[row], day[row])
        return cost

    def toward_on(self, orders: Orders, lane: Ints, day: Ints) -> Floats:
        """What each order adds to the goal on the lane and day given for it; 0 without one."""
        row = np.flatnonzero(lane >= 0)
        sums = np.zeros(len(orders))
        found = self.costs.toward(orders, row, lane[row], day[row])
        if found is not None:
            sums[row] = found
        return sums

    def candidates(
        self,
        orders: Orders,
        pinned: Ints | None = None,
        pinned_day: Ints | None = None,
        refused: Ints | None = None,
    ) -> Candidates:
        """All lawful pairs; `pinned`, `pinned_day` and `refused` are the wishes about these orders."""
        network, days = self.network, max(self.options.days, 1)
        route = self.routes(orders)
        degree = np.where(route >= 0, self.degree[route], 0)
        row = np.repeat(np.arange(len(orders)), degree)
        lane = self.lanes[np.repeat(self.start[route], degree) + offsets(degree)]
        house = network.lane_warehouse[lane]
        keep = orders.maker_sets[orders.makers[row], house] & orders.server_sets[orders.servers[row], house]
        if orders.collected.any():
            keep &= self.serves[house, self.column(orders.region)[row]]
        if not keep.all():
            row, lane = row[keep], lane[keep]
        fixed = self.costs.fixed(orders, row, lane, self.tariff.piece(orders.weight))
        keep = np.isfinite(fixed)
        row, lane, fixed = row[keep], lane[keep], fixed[keep]
        reason = self.reasons(orders, row)
        if refused is not None and self.wishes.refused_sets is not None:
            keep = ~self.wishes.refused_sets[refused[row], lane]
            row, lane, fixed = row[keep], lane[keep], fixed[keep]
            left = np.bincount(row, minlength=len(orders)) == 0
            reason[left & (reason == Reason.ASSIGNED)] = Reason.REFUSED
        wanted = self.wanted(row, lane, pinned)
        if wanted is not None:
            row, lane, fixed = row[wanted], lane[wanted], fixed[wanted]
        day = np.zeros(len(row), np.int64)
        if days > 1:
            row, lane, fixed = np.repeat(row, days), np.repeat(lane, days), np.repeat(fixed, days)
            day = np.tile(np.arange(days), len(row) // days)
        if pinned_day is not None:
            keep = (pinned_day[row] < 0) | (pinned_day[row] == day)
            row, lane, fixed, day = row[keep], lane[keep], fixed[keep], day[keep]
        if wanted is not None or pinned_day is not None:
            left = np.bincount(row, minlength=len(orders)) == 0
            reason[left & (reason == Reason.ASSIGNED)] = Reason.WISH
        money = fixed + self.costs.lateness(orders, row, lane, day)
        return Candidates(row, day * network.lanes + lane, money, self.costs.toward(orders, row, lane, day), reason)

    def wanted(self, row: Ints, lane: Ints, pinned: Ints | None) -> Bools | None:
        """Which pairs the wishes leave; None for all."""
        keep = None
        if self.wishes.forbidden is not None:
            keep = ~self.wishes.forbidden[lane]
        if pinned is not None:
            held = (pinned[row] < 0) | (pinned[row] == lane)
            keep = held if keep is None else keep & held
        return keep

    def reasons(self, orders: Orders, row: Ints) -> Ints:
        """The first rule that fails for each order without a candidate; ASSIGNED (0) for those with one."""
        rest = np.flatnonzero(np.bincount(row, minlength=len(orders)) == 0)
        region = self.column(orders.region[rest])
        # Orders that ask for the same products, customer and region fail by the same rule: look at each kind once.
        wide = len(orders.server_sets)
        kind = (orders.makers[rest] * wide + orders.servers[rest]) * (self.regions + 1) + region
        kinds, back = np.unique(kind, return_inverse=True)
        pair, place = kinds // (self.regions + 1), kinds % (self.regions + 1)
        near = self.network.warehouse_open & self.serves.T[place]
        made = near & orders.maker_sets[pair // wide]
        served = made & orders.server_sets[pair % wide]
        cut_off = np.where(orders.collected[rest], ~near.any(1)[back], ~self.reachable[region])
        reason = np.zeros(len(orders), np.int64)
        reason[rest] = np.select(
            [cut_off, ~made.any(1)[back], ~served.any(1)[back]],
            [Reason.CLOSED, Reason.PRODUCT, Reason.CUSTOMER],
            Reason.RATE,
        )
        return reason


def lawful_candidates(network: Network, orders: Orders, options: Options | None = None) -> Candidates:
    """All lawful pairs of order and slot with their cost."""
    return Lawful(network, options).candidates(orders)
