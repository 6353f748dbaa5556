"""The way without a solver, for comparison: order by order to the cheapest lane that has room."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from dispatch.solver import Network, Orders


def greedy(network: Network, orders: Orders, late_cost: float) -> tuple[int, float]:
    """Order by order, heaviest and tightest first, each to its cheapest lane with room: (served, what it weighs)."""
    ways: dict[tuple[int, int], list[Any]] = {}
    bands: dict[int, list[Any]] = {}
    rates = (network.rate_lane, network.rate_from, network.rate_to, network.rate_minimum, network.rate_per_weight)
    for lane, *band in zip(*(column.tolist() for column in rates), strict=True):
        bands.setdefault(lane, []).append(band)
    for lane in np.flatnonzero(network.lane_open & network.warehouse_open[network.lane_warehouse]).tolist():
        house = int(network.lane_warehouse[lane])
        route = (int(network.lane_region[lane]), int(network.lane_service[lane]))
        known = (lane, house, float(network.lane_hours[lane]), float(network.unit_cost[house]), bands.get(lane, []))
        ways.setdefault(route, []).append(known)
    lanes, houses = network.lane_capacity.tolist(), network.warehouse_capacity.tolist()
    columns = (orders.region, orders.service, orders.weight, orders.quantity, orders.slack, orders.priority)
    region, service, weights, quantities, slacks, priorities = (column.tolist() for column in columns)
    served, total = 0, 0.0
    for order in np.lexsort((orders.slack, -orders.priority)).tolist():
        best, chosen, weight, slack = 1e18, None, weights[order], slacks[order]
        for lane, house, hours, unit, lane_bands in ways.get((region[order], service[order]), ()):
            if lanes[lane] <= 0 or houses[house] <= 0:
                continue
            for low, high, least, rate in lane_bands:
                if low <= weight <= high:
                    cost = max(least, rate * weight) + unit * quantities[order]
                    if hours > slack:
                        cost += late_cost * priorities[order] * math.ceil((hours - slack) / 24)
                    if cost < best:
                        best, chosen = cost, (lane, house)
                    break
        if chosen is not None:
            lanes[chosen[0]] -= 1
            houses[chosen[1]] -= 1
            served, total = served + 1, total + best
    return served, total
