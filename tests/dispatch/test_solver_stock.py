"""No warehouse sends out more than it has, no carrier takes more than it may, and nothing better was possible."""

from contextlib import ExitStack
from unittest.mock import patch

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from dispatch.solver import Goods, Options, Reason, Wishes, solve
from dispatch.solver.slots import unroll
from dispatch.solver.stock import solve_jointly
from tests.dispatch.problems import base_of, choices, problems, room


@st.composite
def stocked(draw):
    """A problem with goods, and a cap on each carrier or none."""
    network, orders = draw(problems(orders=10))
    lines = draw(st.integers(0, 12)) if len(orders) else 0

    def whole(low: int, high: int, size: int):
        return np.array(draw(st.lists(st.integers(low, high), min_size=size, max_size=size)), np.int64)

    goods = Goods(
        order=whole(0, max(len(orders) - 1, 0), lines),
        product=whole(0, 2, lines),
        units=whole(1, 3, lines),
        stock=whole(-1, 5, network.warehouses * 3).reshape(-1, 3),
    )
    return network, orders, goods, Wishes(carrier_cap=draw(st.none() | st.just(whole(-1, 3, 3))))


def optimum(network, orders, goods, options, wishes) -> tuple[int, float]:
    """(greatest weight that can be served, least cost of serving it) by two integer programs over single orders."""
    ways = choices((network, orders), options, wishes)
    if not ways:
        return 0, 0.0
    rows: dict[tuple[object, ...], tuple[dict[int, float], float]] = {}

    def limit(key: tuple[object, ...], column: int, units: float, most: float) -> None:
        rows.setdefault(key, ({}, most))[0][column] = units

    extra = {}
    for column, (order, lane, day, _cost) in enumerate(ways):
        house, carrier = network.lane_warehouse[lane], network.lane_carrier[lane]
        capacity = room(network.lane_capacity, network.lane_later, None, day, lane)
        limit(("order", order), column, 1, 1)
        limit(("lane", lane, day), column, 1, capacity)
        limit(
            ("house", house, day),
            column,
            1,
            room(network.warehouse_capacity, network.warehouse_later, None, day, house),
        )
        base, price = base_of(network, wishes, lane, day)
        beyond, _price = extra.setdefault((lane, day), (len(ways) + len(extra), price))
        limit(("base", lane, day), column, 1, base)
        limit(("base", lane, day), beyond, -1, base)
        if wishes.carrier_cap is not None and carrier >= 0 and wishes.carrier_cap[carrier] >= 0:
            limit(("carrier", carrier, day), column, 1, wishes.carrier_cap[carrier])
        for product in range(3):
            units = goods.units[(goods.order == order) & (goods.product == product)].sum()
            if units and goods.stock[house, product] >= 0:
                limit(("stock", house, product), column, units, goods.stock[house, product])
    columns = len(ways) + len(extra)
    matrix = np.zeros((len(rows), columns))
    for number, (units, _most) in enumerate(rows.values()):
        matrix[number, list(units)] = list(units.values())
    within = LinearConstraint(matrix, -np.inf, [most for _units, most in rows.values()])
    cost = np.r_[[way[3] for way in ways], [price for _column, price in extra.values()]]
    weight = np.zeros(columns)
    weight[: len(ways)] = orders.priority[[way[0] for way in ways]]
    whole = {
        "integrality": np.ones(columns),
        "bounds": Bounds(0, np.r_[np.ones(len(ways)), np.full(len(extra), np.inf)]),
    }
    most = round(-milp(-weight, constraints=[within], **whole).fun)
    return most, milp(cost, constraints=[within, LinearConstraint(weight[None, :], most, np.inf)], **whole).fun


def lawfully_served(problem, options, result):
    """The orders that get a lane, after a look at every limit."""
    network, orders, goods, wishes = problem
    spent = np.zeros_like(goods.stock)
    for order, product, units in zip(goods.order, goods.product, goods.units, strict=True):
        if result.lane[order] >= 0:
            spent[network.lane_warehouse[result.lane[order]], product] += units
    assert ((goods.stock < 0) | (spent <= goods.stock)).all()
    slots = unroll(network, options, wishes)
    load = np.bincount((result.day * network.lanes + result.lane)[result.lane >= 0], minlength=slots.lanes)
    assert (load <= slots.lane_capacity).all()
    assert (np.bincount(slots.lane_warehouse, load, minlength=slots.warehouses) <= slots.warehouse_capacity).all()
    lawful = {(order, lane, day) for order, lane, day, _cost in choices((network, orders), options, wishes)}
    served = np.flatnonzero(result.lane >= 0)
    for order in served:
        assert (order, result.lane[order], result.day[order]) in lawful
        assert result.reason[order] == Reason.ASSIGNED
    if wishes.carrier_cap is not None:
        for carrier, cap in enumerate(wishes.carrier_cap):
            for day in range(options.days):
                taken = (network.lane_carrier[result.lane[served]] == carrier) & (result.day[served] == day)
                assert cap < 0 or taken.sum() <= cap
    assert result.bound <= result.objective
    return served


@settings(max_examples=60, deadline=None)
@given(stocked(), st.sampled_from([Options(), Options(late_cost=1.0, days=2)]), st.booleans())
def test_it_equals_an_integer_program_and_overspends_nothing(problem, options, polish):
    network, orders, goods, wishes = problem
    result = solve_jointly(network, orders, goods, options, wishes, polish=polish)
    served = lawfully_served(problem, options, result)
    weight, cost = optimum(network, orders, goods, options, wishes)
    assert orders.priority[served].sum() == weight
    most = len([order for order in range(len(orders)) if result.reason[order] in (Reason.CAPACITY, Reason.STOCK)])
    assert result.could_serve is None or result.could_serve <= most
    assert abs(result.weighed[served].sum() - cost) < 1e-3


@settings(max_examples=60, deadline=None)
@given(stocked(), st.sampled_from([Options(exact_orders=0), Options(late_cost=1.0, days=2)]), st.booleans())
def test_what_is_done_for_many_orders_is_lawful_with_few(problem, options, polish):
    network, orders, goods, wishes = problem
    many = {"stock.QUICK": -1, "whole.FEW": -1, "finest.BEST_WAYS": 2, "finest.CHUNK": 3, "prices.PIECE": 2}
    with ExitStack() as stack:
        for name, value in many.items():
            stack.enter_context(patch(f"dispatch.solver.{name}", value))
        result = solve_jointly(network, orders, goods, options, wishes, polish=polish)
    served = lawfully_served(problem, options, result)
    if result.could_serve is not None:
        weight, _cost = optimum(network, orders, goods, options, wishes)
        assert weight <= orders.priority[served].sum() + result.could_serve * orders.priority.max()


@settings(max_examples=40, deadline=None)
@given(stocked())
def test_equal_input_gives_equal_output(problem):
    network, orders, goods, wishes = problem
    one, two = (solve_jointly(network, orders, goods, Options(), wishes, polish=True) for _ in range(2))
    assert (one.lane == two.lane).all()
    assert (one.bound, one.objective) == (two.bound, two.objective)


@settings(max_examples=40, deadline=None)
@given(problems(orders=10))
def test_plenty_of_stock_changes_nothing(problem):
    network, orders = problem
    goods = Goods(
        order=np.arange(len(orders)),
        product=np.zeros(len(orders), np.int64),
        units=np.ones(len(orders), np.int64),
        stock=np.full((network.warehouses, 1), 1000),
    )
    assert (solve_jointly(network, orders, goods).lane == solve(network, orders).lane).all()
