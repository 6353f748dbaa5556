"""Random small routing problems, and a slow, plain second way to solve and to judge them."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import coo_array

from dispatch.solver import Network, Options, Orders, Reason


@st.composite
def problems(draw, orders: int = 12):
    houses = draw(st.integers(1, 4))
    lanes = draw(st.integers(1, 8))
    rates = draw(st.integers(0, 12))
    count = draw(st.integers(0, orders))

    def whole(low: int, high: int, size: int):
        return np.array(draw(st.lists(st.integers(low, high), min_size=size, max_size=size)), np.int64)

    def flags(rows: int, likely: int = 7):
        return whole(0, 9, rows * houses).reshape(rows, houses) < likely

    weights = np.array([0.0, 0.5, 1.0, 2.5, 5.0])
    low = weights[whole(0, 4, rates)]
    region = whole(-1, 2, lanes)
    network = Network(
        warehouse_capacity=whole(0, 5, houses),
        warehouse_open=whole(0, 9, houses) < 8,
        unit_cost=whole(0, 50, houses) / 8,
        lane_warehouse=whole(0, houses - 1, lanes),
        lane_region=region,
        lane_service=whole(0, 1, lanes),
        lane_capacity=whole(0, 4, lanes),
        lane_hours=whole(1, 96, lanes).astype(float),
        lane_open=whole(0, 9, lanes) < 8,
        lane_collected=region < 0,
        rate_lane=whole(0, lanes - 1, rates),
        rate_from=low,
        rate_to=low + whole(0, 5, rates),
        rate_minimum=whole(0, 80, rates) / 16,
        rate_per_weight=whole(0, 80, rates) / 16,
    )
    wanted = Orders(
        region=whole(0, 3, count),
        service=whole(0, 2, count),
        collected=whole(0, 9, count) < 3,
        weight=weights[whole(0, 4, count)] + whole(0, 1, count) / 4,
        quantity=whole(1, 9, count).astype(float),
        priority=whole(1, 3, count),
        makers=whole(0, 1, count),
        servers=whole(0, 1, count),
        slack=np.where(whole(0, 2, count) == 0, np.inf, whole(0, 90, count)),
        lane=whole(-1, lanes - 1, count),
        maker_sets=flags(2),
        server_sets=flags(2),
    )
    return network, wanted


def cost_of(network: Network, orders: Orders, order: int, lane: int, options: Options) -> float | None:
    """The cost of one order on one lane, or None when a rule forbids it: the rules spelt out once more."""
    house = network.lane_warehouse[lane]
    if not (network.lane_open[lane] and network.warehouse_open[house]):
        return None
    way = (network.lane_region[lane], network.lane_service[lane])
    if orders.collected[order]:
        if way[0] != -1 or not serves(network, house, orders.region[order]):
            return None
    elif way != (orders.region[order], orders.service[order]):
        return None
    if not orders.maker_sets[orders.makers[order], house] or not orders.server_sets[orders.servers[order], house]:
        return None
    weight = orders.weight[order]
    if network.lane_collected[lane]:
        freight = 0.0
    else:
        offers = [
            max(network.rate_minimum[rate], network.rate_per_weight[rate] * weight)
            for rate in np.flatnonzero(network.rate_lane == lane)
            if network.rate_from[rate] <= weight <= network.rate_to[rate]
        ]
        if not offers:
            return None
        freight = min(offers)
    late = max(network.lane_hours[lane] - orders.slack[order], 0.0)
    return float(freight + orders.quantity[order] * network.unit_cost[house] + options.late_cost * np.ceil(late / 24))


def serves(network: Network, house: int, region: int) -> bool:
    """A warehouse serves where its lanes lead; one without lanes serves everywhere."""
    regions = network.lane_region[(network.lane_warehouse == house) & (network.lane_region >= 0)]
    return len(regions) == 0 or region in regions


def best_plan(network: Network, orders: Orders, options: Options) -> tuple[int, float]:
    """(greatest weight that can be served, least cost of serving it) by two linear programs over single orders."""
    pairs = []
    for order in range(len(orders)):
        for lane in range(network.lanes):
            cost = cost_of(network, orders, order, lane, options)
            if cost is not None:
                pairs.append((order, lane, cost))
    if not pairs:
        return 0, 0.0
    order, lane = np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])
    cost = np.array([pair[2] for pair in pairs])
    column, one = np.arange(len(pairs)), np.ones(len(pairs))
    count = len(orders)
    rows = np.concatenate([order, count + lane, count + network.lanes + network.lane_warehouse[lane]])
    limits = np.concatenate([np.ones(count), network.lane_capacity, network.warehouse_capacity])
    matrix = coo_array((np.tile(one, 3), (rows, np.tile(column, 3))), shape=(len(limits), len(pairs))).tocsr()
    weight = orders.priority[order].astype(float)
    most = linprog(-weight, A_ub=matrix, b_ub=limits, bounds=(0, 1))
    weight_served = round(-most.fun)
    least = linprog(cost, A_ub=matrix, b_ub=limits, A_eq=weight[None, :], b_eq=[weight_served], bounds=(0, 1))
    return weight_served, least.fun


def first_failing_rule(network: Network, orders: Orders, order: int, options: Options) -> Reason:
    """The reason an order has no lawful lane at all, or CAPACITY when it has one."""
    near = [
        house
        for house in range(network.warehouses)
        if network.warehouse_open[house] and serves(network, house, orders.region[order])
    ]
    if orders.collected[order]:
        if not near:
            return Reason.CLOSED
    else:
        lanes = np.flatnonzero(network.lane_open & network.warehouse_open[network.lane_warehouse])
        if orders.region[order] not in network.lane_region[lanes]:
            return Reason.CLOSED
    makers = [house for house in near if orders.maker_sets[orders.makers[order], house]]
    if not makers:
        return Reason.PRODUCT
    if not any(orders.server_sets[orders.servers[order], house] for house in makers):
        return Reason.CUSTOMER
    if all(cost_of(network, orders, order, lane, options) is None for lane in range(network.lanes)):
        return Reason.RATE
    return Reason.CAPACITY
