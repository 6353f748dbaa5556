"""Some regions solved again while the rest of a plan stays: lawful, and bounded from below by prices."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.solver import Options, Prior, Reason, Wishes, solve, solve_part
from tests.dispatch.problems import problems

OPTIONS = st.sampled_from([Options(), Options(late_cost=2.5), Options(days=2)])


def share(result, rows, lanes) -> int:
    """What some orders and lanes add to the bound."""
    return int(result.least[rows].sum()) - sum(result.worth.get(int(lane), 0) for lane in lanes)


@settings(max_examples=60, deadline=None)
@given(problems(), OPTIONS, st.sets(st.integers(0, 2), min_size=1), st.data())
def test_a_part_solved_again_fits_in_and_its_bound_holds(problem, options, regions, data):
    network, orders = problem
    orders = replace(orders, collected=np.zeros(len(orders), np.bool_))
    lanes = np.flatnonzero(np.isin(network.lane_region, sorted(regions)))
    touched = np.isin(orders.region, sorted(regions))
    caps = data.draw(st.lists(st.sampled_from([-1, -1, 0, 1]), min_size=network.lanes, max_size=network.lanes))
    cap = np.where(np.isin(network.lane_region, sorted(regions)), caps, -1)
    wishes = Wishes(lane_cap=cap, forbidden=cap == 0)

    whole = solve(network, orders, options)
    kept = np.flatnonzero((whole.lane >= 0) & ~touched)
    used = np.zeros((options.days, network.warehouses), np.int64)
    np.add.at(used, (whole.day[kept], network.lane_warehouse[whole.lane[kept]]), 1)
    left = replace(
        network,
        warehouse_capacity=network.warehouse_capacity - used[0],
        warehouse_later=network.warehouse_later - used[1:] if options.days > 1 else None,
    )
    prior = Prior(whole.scale, whole.penalty_unit, whole.outweigh, whole.certificate.warehouse_price)
    part = solve_part(left, orders.take(touched), options, wishes, prior)
    again = solve_part(left, orders.take(touched), options, wishes, prior)
    assert (part.lane == again.lane).all()
    assert (part.least == again.least).all()

    lane, day = whole.lane.copy(), whole.day.copy()
    lane[touched], day[touched] = part.lane, part.day
    served = lane >= 0
    assert not wishes.forbidden[lane[served & touched]].any()
    for today in range(options.days):
        there = lane[served & (day == today)]
        room = network.lane_capacity if today == 0 else network.lane_later[0]
        houses = network.warehouse_capacity if today == 0 else network.warehouse_later[0]
        assert (np.bincount(there, minlength=network.lanes) <= np.where(cap >= 0, np.minimum(room, cap), room)).all()
        assert (np.bincount(network.lane_warehouse[there], minlength=network.warehouses) <= houses).all()

    objective = int(whole.spent[~touched].sum() + part.spent.sum())
    old, new = share(whole, np.flatnonzero(touched), lanes), share(part, np.arange(touched.sum()), lanes)
    bound = whole.bound - old + new
    best = solve(network, orders, options, wishes)
    short = best.reason == Reason.CAPACITY
    spent = np.rint(best.weighed * whole.scale).astype(np.int64)
    value = int(np.where(short, whole.penalty_unit * orders.priority, spent).sum())
    assert bound <= value
    assert bound <= objective


@settings(max_examples=60, deadline=None)
@given(problems(), OPTIONS)
def test_what_single_orders_add_up_to_is_the_whole(problem, options):
    network, orders = problem
    result = solve(network, orders, options)
    assert result.spent.sum() == result.objective
    prices = result.certificate.warehouse_price
    rooms = [network.warehouse_capacity, *network.warehouse_later][: options.days]
    worth = sum(result.worth.values()) + int(prices @ np.concatenate(rooms)[: len(prices)])
    assert result.least.sum() - worth == result.bound
