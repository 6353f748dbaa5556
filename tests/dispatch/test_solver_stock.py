"""No warehouse sends out more than it has, and no more orders stay than that explains."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.solver import Options, Reason, Wishes
from dispatch.solver.stock import Goods, solve_with_goods
from tests.dispatch.problems import choices, problems


@st.composite
def stocked(draw):
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
    return network, orders, goods


@settings(max_examples=150, deadline=None)
@given(stocked(), st.sampled_from([Options(), Options(late_cost=1.0, days=2)]))
def test_it_never_overspends_stock(problem, options):
    network, orders, goods = problem
    result = solve_with_goods(network, orders, goods, options)
    spent = np.zeros_like(goods.stock)
    for order, product, units in zip(goods.order, goods.product, goods.units, strict=True):
        if result.lane[order] >= 0:
            spent[network.lane_warehouse[result.lane[order]], product] += units
    assert ((goods.stock < 0) | (spent <= goods.stock)).all()
    lawful = {(order, lane, day) for order, lane, day, _cost in choices((network, orders), options, Wishes())}
    for order in np.flatnonzero(result.lane >= 0):
        assert (order, result.lane[order], result.day[order]) in lawful
        assert result.reason[order] == Reason.ASSIGNED
    assert result.bound <= result.objective


@settings(max_examples=60, deadline=None)
@given(problems(orders=10))
def test_plenty_of_stock_changes_nothing(problem):
    from dispatch.solver import solve

    network, orders = problem
    goods = Goods(
        order=np.arange(len(orders)),
        product=np.zeros(len(orders), np.int64),
        units=np.ones(len(orders), np.int64),
        stock=np.full((network.warehouses, 1), 1000),
    )
    assert (solve_with_goods(network, orders, goods).lane == solve(network, orders).lane).all()
