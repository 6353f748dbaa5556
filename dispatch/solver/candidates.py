"""Which lanes may lawfully carry an order, and what each would cost."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dispatch.solver.problem import Floats, Ints, Network, Orders, Reason


@dataclass(frozen=True)
class Tariff:
    """The network's rates, laid out so that the rates covering a weight are found without a search per lane.

    The distinct ends of all weight bands cut the weights into pieces, alternately open intervals and single points;
    within a piece the same rates apply throughout.
    """

    network: Network

    @cached_property
    def edges(self) -> Floats:
        return np.unique(np.concatenate([self.network.rate_from, self.network.rate_to]))

    def piece(self, weight: Floats) -> Ints:
        place = np.searchsorted(self.edges, weight)
        if not len(self.edges):
            return place.astype(np.int64)
        exact = self.edges[np.minimum(place, len(self.edges) - 1)] == weight
        return (2 * place + exact).astype(np.int64)

    @cached_property
    def table(self) -> Ints:
        """rate index by [lane, piece, slot]; -1 where there is none."""
        network = self.network
        first = 2 * np.searchsorted(self.edges, network.rate_from) + 1
        last = 2 * np.searchsorted(self.edges, network.rate_to) + 1
        spans = np.maximum(last - first + 1, 0)
        rate = np.repeat(np.arange(len(spans)), spans)
        piece = first[rate] + offsets(spans)
        pieces = 2 * len(self.edges) + 1
        cell = network.rate_lane[rate] * pieces + piece
        order = np.argsort(cell, kind="stable")
        cell, rate = cell[order], rate[order]
        starts = np.flatnonzero(np.r_[True, cell[1:] != cell[:-1]]) if len(cell) else np.empty(0, np.int64)
        sizes = np.diff(np.r_[starts, len(cell)])
        slots = int(sizes.max()) if len(sizes) else 1
        table = np.full((network.lanes * pieces, slots), -1, np.int64)
        table[cell, offsets(sizes)] = rate
        return table.reshape(network.lanes, pieces, slots)

    def freight(self, lane: Ints, weight: Floats, piece: Ints) -> Floats:
        """Cheapest freight of each pair of lane and weight; infinite where no rate covers it."""
        network = self.network
        rates = self.table[lane, piece]
        cheapest = np.full(len(lane), np.inf)
        for slot in range(rates.shape[1] if rates.ndim == 2 else 0):
            rate = rates[:, slot]
            found = rate >= 0
            cost = np.maximum(network.rate_minimum[rate[found]], network.rate_per_weight[rate[found]] * weight[found])
            cheapest[found] = np.minimum(cheapest[found], cost)
        return np.where(network.lane_collected[lane], 0.0, cheapest)


def offsets(sizes: Ints) -> Ints:
    """0, 1, … size-1 for each size, one after the other."""
    ends = np.cumsum(sizes)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - sizes, sizes)


@dataclass(frozen=True)
class Candidates:
    """Lawful pairs of a row (order or class) and a lane with their cost, sorted by row; `reason` says of each row
    without any pair which rule failed first."""

    row: Ints
    lane: Ints
    cost: Floats
    reason: Ints


class Lawful:
    """Finds candidates in one network; keeps what depends on the network alone."""

    def __init__(self, network: Network, *, late_cost: float = 0.0) -> None:
        self.network, self.late_cost = network, late_cost
        self.tariff = Tariff(network)
        self.services = int(network.lane_service.max(initial=0)) + 1
        self.regions = int(network.lane_region.max(initial=-1)) + 1
        self.counters = self.regions * self.services  # the route of collected orders, after those of all regions
        lanes = np.flatnonzero(network.lane_open & network.warehouse_open[network.lane_warehouse])
        region = network.lane_region[lanes]
        route = np.where(region < 0, self.counters, region * self.services + network.lane_service[lanes])
        self.lanes = lanes[np.argsort(route, kind="stable")]
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

    def cost(self, orders: Orders, row: Ints, lane: Ints, piece: Ints) -> Floats:
        """Handling, freight and lateness of each pair; infinite where no rate covers the weight."""
        network = self.network
        cost = self.tariff.freight(lane, orders.weight[row], piece[row])
        cost = cost + orders.quantity[row] * network.unit_cost[network.lane_warehouse[lane]]
        if self.late_cost:
            late = np.maximum(network.lane_hours[lane] - orders.slack[row], 0.0)
            cost = cost + self.late_cost * np.ceil(late / 24)
        return cost

    def cost_on(self, orders: Orders, lane: Ints) -> Floats:
        """What each order costs on the lane given for it, lawful or not; NaN without a lane or a rate."""
        row = np.flatnonzero(lane >= 0)
        cost = np.full(len(orders), np.nan)
        cost[row] = self.cost(orders, row, lane[row], self.tariff.piece(orders.weight))
        cost[np.isinf(cost)] = np.nan
        return cost

    def candidates(self, orders: Orders) -> Candidates:
        network = self.network
        region = self.column(orders.region)
        known = (region < self.regions) & (orders.service >= 0) & (orders.service < self.services)
        route = np.where(known, orders.region * self.services + orders.service, 0)
        route = np.where(orders.collected, self.counters, route)
        degree = np.where(known | orders.collected, self.degree[route], 0)
        row = np.repeat(np.arange(len(orders)), degree)
        lane = self.lanes[np.repeat(self.start[route], degree) + offsets(degree)]
        house = network.lane_warehouse[lane]
        keep = orders.maker_sets[orders.makers[row], house] & orders.server_sets[orders.servers[row], house]
        if orders.collected.any():
            keep &= self.serves[house, region[row]]
        row, lane = row[keep], lane[keep]
        cost = self.cost(orders, row, lane, self.tariff.piece(orders.weight))
        keep = np.isfinite(cost)
        row, lane, cost = row[keep], lane[keep], cost[keep]
        return Candidates(row, lane, cost, self.reasons(orders, row))

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


def lawful_candidates(network: Network, orders: Orders, *, late_cost: float = 0.0) -> Candidates:
    """All lawful pairs of order and lane with their cost."""
    return Lawful(network, late_cost=late_cost).candidates(orders)
