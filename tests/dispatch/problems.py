"""Random small routing problems, and a slow, plain second way to solve and to judge them."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from dispatch.solver import Goal, Network, Options, Orders, Reason, Wishes


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
    hours = whole(1, 96, lanes).astype(float)
    network = Network(
        warehouse_capacity=whole(0, 5, houses),
        warehouse_open=whole(0, 9, houses) < 8,
        unit_cost=whole(0, 50, houses) / 8,
        lane_warehouse=whole(0, houses - 1, lanes),
        lane_region=region,
        lane_service=whole(0, 1, lanes),
        lane_capacity=whole(0, 4, lanes),
        lane_hours=hours,
        lane_open=whole(0, 9, lanes) < 8,
        lane_collected=region < 0,
        rate_lane=whole(0, lanes - 1, rates),
        rate_from=low,
        rate_to=low + whole(0, 5, rates),
        rate_minimum=whole(0, 80, rates) / 16,
        rate_per_weight=whole(0, 80, rates) / 16,
        lane_later=whole(0, 4, lanes)[None, :],
        warehouse_later=whole(0, 5, houses)[None, :],
        lane_carrier=np.where(region < 0, -1, whole(0, 2, lanes)),
        lane_surge=whole(0, 3, lanes),
        lane_surge_later=whole(0, 3, lanes)[None, :],
        lane_surge_cost=whole(0, 24, lanes) / 4,
        lane_risk=whole(0, 8, lanes) / 8,
        lane_carbon=whole(0, 8, lanes) / 8,
        lane_sure_hours=hours + whole(0, 30, lanes),
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


def cost_of(network: Network, orders: Orders, order: int, lane: int, options: Options, *, day: int = 0) -> float | None:
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
    cost = float(freight + orders.quantity[order] * network.unit_cost[house])
    cost += options.late_cost * orders.priority[order] * late_days(network, orders, order, lane, day)
    if network.lane_risk is not None:
        cost += options.risk_cost * network.lane_risk[lane]
    if network.lane_carbon is not None:
        cost += options.carbon_cost * network.lane_carbon[lane] * weight
    return cost


def late_days(network: Network, orders: Orders, order: int, lane: int, day: int) -> int:
    hours = network.lane_sure_hours if orders.priority[order] >= 2 else network.lane_hours
    late = hours[lane] + 24 * day - orders.slack[order]
    return 0 if late <= 0 else math.ceil(late / 24)


def toward(problem, options: Options, order: int, lane: int, day: int) -> float:
    """What the goal counts beside money: hours, late days of heavy orders, or changes."""
    network, orders = problem
    if options.goal == Goal.FASTEST:
        return float(network.lane_hours[lane]) + 24 * day
    if options.goal == Goal.CORE_FIRST:
        return late_days(network, orders, order, lane, day) if orders.priority[order] >= 2 else 0
    if options.goal == Goal.LEAST_CHANGE:
        old = orders.lane[order]
        if old < 0:
            return 3 + day
        carrier = np.zeros(network.lanes) if network.lane_carrier is None else network.lane_carrier
        differs = [old != lane, carrier[old] != carrier[lane]]
        return day + sum(differs) + (network.lane_warehouse[old] != network.lane_warehouse[lane])
    return 0


@st.composite
def wishes_about(draw, problem):
    """Wishes of every kind about a problem."""
    network, orders = problem

    def some(size: int, values):
        return np.array(draw(st.lists(values, min_size=size, max_size=size)), np.int64)

    count = len(orders)
    rarely = st.sampled_from([False] * 5 + [True])
    cap = st.sampled_from([-1, -1, 0, 1, 2])
    lane = st.sampled_from([-1] * 4 + list(range(network.lanes)))
    return Wishes(
        forbidden=draw(st.none() | st.just(some(network.lanes, rarely).astype(bool))),
        lane_cap=draw(st.none() | st.just(some(network.lanes, cap))),
        warehouse_cap=draw(st.none() | st.just(some(network.warehouses, cap))),
        pinned=draw(st.none() | st.just(some(count, lane))),
        pinned_day=draw(st.none() | st.just(some(count, st.sampled_from([-1, -1, 0, 1])))),
    )


def choices(problem, options: Options, wishes: Wishes) -> list[tuple[int, int, int, float]]:
    """Every (order, lane, day, cost) that rules and wishes allow, what the goal counts left out."""
    network, orders = problem
    found = []
    for order in range(len(orders)):
        for lane in range(network.lanes):
            if wishes.forbidden is not None and wishes.forbidden[lane]:
                continue
            if wishes.pinned is not None and wishes.pinned[order] not in (-1, lane):
                continue
            for day in range(options.days):
                if wishes.pinned_day is not None and wishes.pinned_day[order] not in (-1, day):
                    continue
                cost = cost_of(network, orders, order, lane, options, day=day)
                if cost is not None:
                    found.append((order, lane, day, cost))
    return found


def room(today, later, cap, day: int, place: int) -> int:
    """What a lane or warehouse may take on a day."""
    rows = [today] if later is None else [today, *later]
    most = int(rows[min(day, len(rows) - 1)][place])
    return most if cap is None or cap[place] < 0 else min(most, int(cap[place]))


def weights_of(orders: Orders, wishes: Wishes):
    """What is pinned goes before everything else."""
    if wishes.pinned is None or not len(orders):
        return orders.priority
    return orders.priority + np.where(wishes.pinned >= 0, orders.priority.max(), 0)


def best_plan(problem, options: Options, wishes: Wishes = Wishes(), outweigh: float = 0.0) -> tuple[int, float]:
    """(greatest weight that can be served, least cost of serving it) by two integer programs over single orders."""
    network, orders = problem
    ways = choices(problem, options, wishes)
    if not ways:
        return 0, 0.0
    cost = np.array([money + outweigh * toward(problem, options, o, lane, day) for o, lane, day, money in ways])
    rows: dict[tuple[object, ...], tuple[list[int], int]] = {}
    for column, (order, lane, day, _money) in enumerate(ways):
        house = int(network.lane_warehouse[lane])
        limits = [
            (("order", order), 1),
            (("lane", lane, day), room(network.lane_capacity, network.lane_later, wishes.lane_cap, day, lane)),
            (
                ("house", house, day),
                room(network.warehouse_capacity, network.warehouse_later, wishes.warehouse_cap, day, house),
            ),
        ]
        for key, limit in limits:
            rows.setdefault(key, ([], limit))[0].append(column)
    # What a lane takes beyond its base costs extra: one more variable for each lane and day.
    beyond = [key for key in rows if key[0] == "lane"]
    matrix = np.zeros((len(rows) + len(beyond), len(ways) + len(beyond)))
    limits = [limit for _columns, limit in rows.values()]
    for number, (columns, _limit) in enumerate(rows.values()):
        matrix[number, columns] = 1
    extra = []
    for number, key in enumerate(beyond):
        columns, limit = rows[key]
        matrix[len(rows) + number, columns] = 1
        matrix[len(rows) + number, len(ways) + number] = -1
        base, price = base_of(network, wishes, *key[1:])
        limits.append(min(base, limit))
        extra.append(price)
    within = LinearConstraint(matrix, -np.inf, limits)
    weight = np.zeros(len(ways) + len(beyond))
    weight[: len(ways)] = weights_of(orders, wishes)[[order for order, *_rest in ways]]
    most_each = np.r_[np.ones(len(ways)), np.full(len(beyond), np.inf)]
    whole = {"integrality": np.ones(len(weight)), "bounds": Bounds(0, most_each)}
    most = round(-milp(-weight, constraints=[within], **whole).fun)
    all_of_it = LinearConstraint(weight[None, :], most, np.inf)
    return most, milp(np.r_[cost, extra], constraints=[within, all_of_it], **whole).fun


def base_of(network: Network, wishes: Wishes, lane: int, day: int) -> tuple[int, float]:
    """How many orders a lane takes on a day before they cost extra, and how much."""
    capacity = room(network.lane_capacity, network.lane_later, None, day, lane)
    if network.lane_surge is None:
        return capacity, 0.0
    return max(capacity - room(network.lane_surge, network.lane_surge_later, None, day, lane), 0), float(
        network.lane_surge_cost[lane]
    )


def serves(network: Network, house: int, region: int) -> bool:
    """A warehouse serves where its lanes lead; one without lanes serves everywhere."""
    regions = network.lane_region[(network.lane_warehouse == house) & (network.lane_region >= 0)]
    return len(regions) == 0 or region in regions


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
