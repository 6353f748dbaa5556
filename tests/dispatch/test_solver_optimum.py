"""The plan is lawful, the best possible, and proven to be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.solver import Options, Reason, solve
from tests.dispatch.problems import best_plan, cost_of, first_failing_rule, problems

OPTIONS = st.sampled_from([Options(), Options(late_cost=2.5)])


@settings(max_examples=80, deadline=None)
@given(problems(), OPTIONS)
def test_it_serves_the_most_weight_at_the_least_cost(problem, options):
    network, orders = problem
    result = solve(network, orders, options)
    weight, cost = best_plan(problem, options)
    served = result.lane >= 0
    assert orders.priority[served].sum() == weight
    assert result.weighed.sum() == pytest.approx(cost, abs=1e-6)


@settings(max_examples=80, deadline=None)
@given(problems(), OPTIONS)
def test_it_keeps_every_rule_and_capacity(problem, options):
    network, orders = problem
    result = solve(network, orders, options)
    served = np.flatnonzero(result.lane >= 0)
    for order in served:
        cost = cost_of(network, orders, order, result.lane[order], options)
        extra = network.lane_surge_cost[result.lane[order]]
        assert result.weighed[order] in (pytest.approx(cost), pytest.approx(cost + extra))
    lanes = result.lane[served]
    assert (np.bincount(lanes, minlength=network.lanes) <= network.lane_capacity).all()
    houses = np.bincount(network.lane_warehouse[lanes], minlength=network.warehouses)
    assert (houses <= network.warehouse_capacity).all()


@settings(max_examples=80, deadline=None)
@given(problems(), OPTIONS)
def test_it_says_of_each_unserved_order_which_rule_failed_first(problem, options):
    network, orders = problem
    result = solve(network, orders, options)
    for order in range(len(orders)):
        if result.lane[order] >= 0:
            assert result.reason[order] == Reason.ASSIGNED
        else:
            assert result.reason[order] == first_failing_rule(network, orders, order, options)


@settings(max_examples=80, deadline=None)
@given(problems(), OPTIONS)
def test_it_proves_the_optimum(problem, options):
    network, orders = problem
    result = solve(network, orders, options)
    assert result.certificate.settled
    assert result.bound == result.objective
    assert result.gap == 0


@settings(max_examples=100, deadline=None)
@given(problems(orders=20), OPTIONS)
def test_its_proof_can_be_checked_from_the_prices_alone(problem, options):
    network, orders = problem
    result = solve(network, orders, options)
    proof = result.certificate
    assert (proof.lane_price >= 0).all()
    assert (proof.warehouse_price >= 0).all()
    surge = np.minimum(network.lane_surge, network.lane_capacity)
    extra = np.rint(network.lane_surge_cost * result.scale).astype(np.int64)
    total = -(proof.lane_price @ (network.lane_capacity - surge)) - proof.warehouse_price @ network.warehouse_capacity
    total -= np.maximum(proof.lane_price - extra, 0) @ surge
    for order in range(len(orders)):
        if result.reason[order] not in (Reason.ASSIGNED, Reason.CAPACITY):
            continue
        choices = [result.penalty_unit * int(orders.priority[order])]
        for lane in range(network.lanes):
            cost = cost_of(network, orders, order, lane, options)
            if cost is not None:
                price = proof.lane_price[lane] + proof.warehouse_price[network.lane_warehouse[lane]]
                choices.append(round(cost * result.scale) + price)
        total += min(choices)
    assert total == result.bound


@settings(max_examples=80, deadline=None)
@given(problems(orders=24), OPTIONS, st.integers(1, 3))
def test_it_bounds_the_loss_when_weights_are_banded(problem, options, bands):
    network, orders = problem
    exact = solve(network, orders, options)
    banded = solve(network, orders, Options(late_cost=options.late_cost, exact_orders=0, weight_bands=bands))
    if exact.scale == banded.scale and exact.penalty_unit == banded.penalty_unit:
        assert banded.bound <= exact.objective
    assert banded.bound <= banded.objective
    assert orders.priority[banded.lane >= 0].sum() == orders.priority[exact.lane >= 0].sum()


@settings(max_examples=60, deadline=None)
@given(problems(orders=20))
def test_it_gives_the_same_plan_for_the_same_input(problem):
    network, orders = problem
    assert (solve(network, orders).lane == solve(network, orders).lane).all()
