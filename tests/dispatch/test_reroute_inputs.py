"""What a reroute reads of the network: stock, later days, surge and risk."""

from datetime import timedelta

import pytest

from accounts.actors import SYSTEM
from dispatch.models import CarrierContract, Lane, Order, Stock
from dispatch.operations import polish_run, solve_run
from dispatch.operations.polishing import NothingToPolish
from journal import clock
from journal.refusal import AlreadyDone
from tests.dispatch.rerouting import solved_run

pytestmark = pytest.mark.django_db


def served(run):
    return run.proposals.filter(outcome=0)


def test_a_warehouse_without_the_goods_is_not_asked(make_orders):
    make_orders(2)
    Stock.objects.create(warehouse_id="W02", product="P1", quantity=0, version=1, updated_at=clock.now())
    run = solved_run()
    assert (run.assigned, run.by_reason) == (0, {"product": 2})


def test_no_more_leaves_than_lies_there(make_orders):
    make_orders(3)
    Stock.objects.create(warehouse_id="W02", product="P1", quantity=5, version=1, updated_at=clock.now())
    run = solved_run()
    assert (run.assigned, run.by_reason) == (2, {"stock": 1})
    assert run.bound <= run.objective


def test_a_better_plan_is_one_more_option(make_orders):
    make_orders(3)
    Stock.objects.create(warehouse_id="W02", product="P1", quantity=5, version=1, updated_at=clock.now())
    run = solved_run()
    run.seconds["joint flow"] = 0.1  # as if there were too many orders to decide them one by one
    run.save(update_fields=["state", "seconds"])
    polish_run(run_id=run.pk, by=SYSTEM, expected_version=run.version)
    with pytest.raises(AlreadyDone):
        polish_run(run_id=run.pk, by=SYSTEM)
    run = solve_run(run_id=run.pk)
    assert (run.state, run.goal, run.options_at is None) == ("proposed", "cheapest", False)
    assert run.options.get(goal="polished").assigned == 2


def test_a_plan_without_scarce_stock_is_not_polished(make_orders):
    make_orders(3)
    with pytest.raises(NothingToPolish):
        polish_run(run_id=solved_run().pk, by=SYSTEM)


def test_orders_that_today_cannot_take_leave_tomorrow(make_orders):
    make_orders(99, "other", warehouse="W02")
    make_orders(3)
    run = solved_run(days=2)
    assert run.assigned == 3
    assert sorted(served(run).values_list("day", flat=True)) == [0, 1, 1]


def test_what_is_planned_for_tomorrow_takes_no_room_today(make_orders):
    make_orders(99, "other", warehouse="W02")
    tomorrow = clock.now().date() + timedelta(days=2)
    Order.objects.filter(external_id__startswith="other").update(planned_on=tomorrow)
    make_orders(3)
    run = solved_run()
    assert run.assigned == 3


def test_surge_is_paid_only_beyond_what_is_guaranteed(make_orders):
    for number, (carrier, surge) in enumerate([("SF", 10), ("JD", 0)]):
        CarrierContract.objects.create(
            number=str(number),
            carrier_id=carrier,
            warehouse_id="W02",
            region_id="330100",
            valid_from="2020-01-01",
            guaranteed=2 if surge else 0,
            surge=surge,
            surge_price=3,
        )
    make_orders(5)
    run = solved_run()
    assert run.assigned == 5
    costs = sorted(cost / run.scale for cost in served(run).values_list("cost", flat=True))
    assert costs == [9, 9, 12, 12, 12]


def test_a_risky_lane_is_avoided_while_the_risk_costs_more(make_orders):
    Lane.objects.filter(carrier="SF", warehouse="W02").update(risk=0.5)
    make_orders(4)
    run = solved_run()
    assert set(served(run).values_list("lane__carrier", flat=True)) == {"JD"}
