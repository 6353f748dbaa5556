"""Goals, wishes and several days: lawful, the best possible by an independent integer program, and proven to be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.solver import Goal, Options, Reason, solve
from tests.dispatch.problems import (
    base_of,
    best_plan,
    choices,
    first_failing_rule,
    problems,
    room,
    toward,
    weights_of,
    wishes_about,
)

OPTIONS = st.builds(
    Options,
    goal=st.sampled_from(Goal),
    days=st.integers(1, 3),
    late_cost=st.sampled_from([0.0, 2.5]),
    risk_cost=st.sampled_from([0.0, 4.0]),
    carbon_cost=st.sampled_from([0.0, 0.5]),
)
CASES = problems(orders=8).flatmap(lambda problem: st.tuples(st.just(problem), wishes_about(problem)))


@settings(max_examples=120, deadline=None)
@given(CASES, OPTIONS)
def test_it_is_the_optimum_of_an_integer_program(case, options):
    (network, orders), wishes = case
    result = solve(network, orders, options, wishes)
    weight, cost = best_plan((network, orders), options, wishes, result.outweigh)
    served = np.flatnonzero(result.lane >= 0)
    assert weights_of(orders, wishes)[served].sum() == weight
    counted = sum(toward((network, orders), options, o, result.lane[o], result.day[o]) for o in served)
    assert result.weighed.sum() + result.outweigh * counted == pytest.approx(cost, abs=1e-5)
    assert result.bound == result.objective
    assert result.certificate.settled


@settings(max_examples=60, deadline=None)
@given(CASES, OPTIONS)
def test_it_keeps_rules_wishes_and_the_capacity_of_each_day(case, options):
    (network, orders), wishes = case
    result = solve(network, orders, options, wishes)
    served = np.flatnonzero(result.lane >= 0)
    allowed = {(order, lane, day): cost for order, lane, day, cost in choices((network, orders), options, wishes)}
    ways = [(int(order), int(result.lane[order]), int(result.day[order])) for order in served]
    extra = {way: result.weighed[way[0]] - allowed[way] for way in ways}
    for day in range(options.days):
        lanes = result.lane[served][result.day[served] == day]
        for lane in range(network.lanes):
            most = room(network.lane_capacity, network.lane_later, wishes.lane_cap, day, lane)
            assert (lanes == lane).sum() <= most
            base, price = base_of(network, wishes, lane, day)
            paid = sum(more for way, more in extra.items() if way[1:] == (lane, day))
            assert paid == pytest.approx(price * max((lanes == lane).sum() - base, 0), abs=1e-6)
        for house in range(network.warehouses):
            most = room(network.warehouse_capacity, network.warehouse_later, wishes.warehouse_cap, day, house)
            assert (network.lane_warehouse[lanes] == house).sum() <= most
    assert ((result.day == -1) == (result.lane == -1)).all()


@settings(max_examples=100, deadline=None)
@given(CASES, OPTIONS)
def test_it_says_truly_why_an_order_stays(case, options):
    (network, orders), wishes = case
    result = solve(network, orders, options, wishes)
    allowed = {order for order, *_rest in choices((network, orders), options, wishes)}
    for order in np.flatnonzero(result.lane < 0):
        rule = first_failing_rule(network, orders, order, options)
        if rule == Reason.CAPACITY and order not in allowed:
            rule = Reason.WISH
        assert result.reason[order] == rule
        assert np.isnan(result.cost[order])


@settings(max_examples=60, deadline=None)
@given(CASES, OPTIONS)
def test_it_gives_the_same_plan_for_the_same_question(case, options):
    (network, orders), wishes = case
    first, second = (solve(network, orders, options, wishes) for _time in range(2))
    assert (first.lane == second.lane).all()
    assert (first.day == second.day).all()


@settings(max_examples=60, deadline=None)
@given(CASES, OPTIONS, st.integers(1, 3))
def test_it_bounds_the_loss_of_banding_under_every_goal(case, options, bands):
    (network, orders), wishes = case
    many = Options(**{**vars(options), "exact_orders": 0, "weight_bands": bands})
    exact, banded = solve(network, orders, options, wishes), solve(network, orders, many, wishes)
    weight = weights_of(orders, wishes)
    assert weight[banded.lane >= 0].sum() == weight[exact.lane >= 0].sum()
    assert banded.bound <= banded.objective
    best = best_plan((network, orders), options, wishes, banded.outweigh)[1]
    assert banded.bound - penalties(banded, weight) <= best * banded.scale + len(orders)


def penalties(result, weight) -> int:
    return result.penalty_unit * int(weight[result.reason == Reason.CAPACITY].sum())


@settings(max_examples=60, deadline=None)
@given(problems(orders=10))
def test_it_serves_no_less_with_more_days_and_no_dearer_under_the_cheapest_goal(problem):
    network, orders = problem
    one, two = (solve(network, orders, Options(late_cost=1.0, days=days)) for days in (1, 2))
    assert orders.priority[two.lane >= 0].sum() >= orders.priority[one.lane >= 0].sum()
    for goal in Goal:
        other = solve(network, orders, Options(late_cost=1.0, days=2, goal=goal))
        assert orders.priority[other.lane >= 0].sum() == orders.priority[two.lane >= 0].sum()
        assert other.weighed.sum() >= two.weighed.sum() - 1e-5
