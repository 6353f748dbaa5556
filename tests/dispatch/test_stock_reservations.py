"""Two matters never count on the same goods, and no unit is counted twice."""

import json

import pytest

from accounts.actors import SYSTEM
from dispatch.models import Assignment, Lane, Order, RerouteRun, Stock, StockReservation
from dispatch.operations import (
    Answer,
    CapacityTaken,
    adjust_run,
    answer_assignments,
    apply_waves,
    approve_run,
    drop_wave,
    receive_stock,
    roll_back_run,
    solve_run,
)
from dispatch.queries import assignments_after
from dispatch.scope import Scope
from journal import clock
from tests.dispatch.conftest import ORDER_SYSTEM
from tests.dispatch.overspent import overspent
from tests.dispatch.rerouting import solved_run
from tests.dispatch.test_reroute_races import person
from tests.racing import together


def tell_stock(quantity: int, version: int, **more: object) -> None:
    row = {"warehouse": "W02", "product": "P1", "quantity": quantity, "version": version, **more}
    assert receive_stock(body=json.dumps([row]).encode(), by=ORDER_SYSTEM).applied == 1


@pytest.fixture
def two(make_orders):
    """Two matters that both want P1 from W02: three orders of two units each; ten units lie there."""
    make_orders(3, "A")
    make_orders(3, "B", region="330200", carrier="JD")
    lanes = [Order.objects.get(external_id=name).lane_id for name in ("A0", "B0")]
    Lane.objects.filter(warehouse="W01").exclude(pk__in=lanes).update(daily_capacity=0)
    tell_stock(10, 1)
    return [solved_run(f"incident:{lane}", scope=Scope(lanes=(lane,))) for lane in lanes if lane]


def held(**which: object) -> int:
    return sum(StockReservation.objects.filter(released_at=None, **which).values_list("units", flat=True))


@pytest.mark.django_db
def test_who_comes_second_is_told_what_lacks_and_takes_what_is_left(two):
    first, second = two
    approve_run(run_id=first.pk, by=SYSTEM)
    assert held() == 6
    with pytest.raises(CapacityTaken) as refusal:
        approve_run(run_id=second.pk, by=SYSTEM)
    (stock,) = refusal.value.extra["stock"]
    assert (stock["warehouse"], stock["product"], stock["need"], stock["left"]) == ("W02", "P1", 6, 4)
    assert stock["runs"] == [first.pk]
    assert "P1" in str(refusal.value)
    assert refusal.value.extra["next"] == ["adjust", "reject"]
    assert held() == 6
    for when in ("held", "gone"):  # what a wave took is not on the figure yet
        second = adjust_run(run_id=second.pk, by=SYSTEM)
        solve_run(run_id=second.pk)
        second.refresh_from_db()
        assert (second.assigned, second.by_reason) == (2, {"stock": 1}), when
        apply_waves(run_id=first.pk, by=SYSTEM)
    approve_run(run_id=second.pk, by=SYSTEM)
    apply_waves(run_id=second.pk, by=SYSTEM)
    assert overspent() == []


@pytest.mark.django_db
def test_what_is_dropped_taken_back_or_refused_is_free_again(two):
    first, second = two
    approve_run(run_id=first.pk, by=SYSTEM)
    drop_wave(run_id=first.pk, number=1, by=SYSTEM)
    assert held() == 0
    approve_run(run_id=second.pk, by=SYSTEM)
    apply_waves(run_id=second.pk, by=SYSTEM)
    refused = Assignment.objects.earliest("id")
    assert held(used_position=refused.position) == 6
    for reason in ("packed", "sold"):  # another reason is no other refusal
        answer_assignments(answers=[Answer(refused.pk, accepted=False, reason=reason)], by=ORDER_SYSTEM)
        assert held() == 4
    Order.objects.filter(external_id="B1").update(version=2)  # it moved on; what it took stays taken
    roll_back_run(run_id=second.pk, by=SYSTEM)
    assert held() == 2


@pytest.mark.django_db
def test_an_order_left_alone_takes_nothing_nor_does_one_that_stays_in_its_warehouse(make_orders, order_row, send):
    make_orders(1, "here", warehouse="W02", region="330200", carrier="JD")
    make_orders(2)
    tell_stock(10, 1)
    lane = Order.objects.get(external_id="here0").lane
    assert lane is not None
    run = solved_run(scope=Scope(warehouses=("W01",), lanes=(lane.pk,)))
    assert run.assigned == 3
    approve_run(run_id=run.pk, by=SYSTEM)
    assert held() == 4
    send({"external_id": "A0", "version": 2, "state": "cancelled"})
    Order.objects.filter(external_id="A1").update(state="held")
    apply_waves(run_id=run.pk, by=SYSTEM)
    assert Assignment.objects.count() == 1
    # Of an order that changed nobody knows any more what was held for it.
    assert held() == 2


@pytest.mark.django_db(transaction=True)
def test_what_is_gone_is_held_until_a_figure_knows_of_it(two):
    first, _second = two
    approve_run(run_id=first.pk, by=SYSTEM)
    tell_stock(9, 2)
    before = assignments_after().next
    apply_waves(run_id=first.pk, by=SYSTEM)
    tell_stock(8, 3, cursor=before)
    assert held() == 6
    tell_stock(2, 4, cursor=assignments_after().next)
    assert held() == 0
    first.refresh_from_db()
    assert overspent() == []


@pytest.mark.django_db(transaction=True)
def test_a_figure_without_a_cursor_knows_of_what_could_be_pulled(two):
    first, _second = two
    approve_run(run_id=first.pk, by=SYSTEM)
    apply_waves(run_id=first.pk, by=SYSTEM)
    tell_stock(4, 2)
    assert held() == 0


@pytest.mark.django_db(transaction=True)
def test_two_approvals_at_once_never_count_on_the_same_goods(two):
    first, second = two
    results = together(
        lambda: approve_run(run_id=first.pk, by=person("1")), lambda: approve_run(run_id=second.pk, by=person("2"))
    )
    assert sum(isinstance(result, CapacityTaken) for result in results) == 1
    assert held() == 6
    assert overspent() == []
    winner, loser = (first, second) if isinstance(results[0], RerouteRun) else (second, first)
    again = adjust_run(run_id=loser.pk, by=SYSTEM)
    results = together(
        lambda: apply_waves(run_id=winner.pk, by=SYSTEM),
        lambda: solve_run(run_id=again.pk) and approve_run(run_id=again.pk, by=SYSTEM),
    )
    assert not [result for result in results if isinstance(result, Exception)]
    apply_waves(run_id=again.pk, by=SYSTEM)
    assert overspent() == []
    assert (Order.objects.filter(warehouse="W02").count(), held()) == (5, 10)


@pytest.mark.django_db
def test_an_exercise_holds_no_goods(make_orders):
    make_orders(2)
    Stock.objects.create(warehouse_id="W02", product="P1", quantity=9, version=1, updated_at=clock.now())
    approve_run(run_id=solved_run("incident:9", exercise=7).pk, by=SYSTEM)
    assert not StockReservation.objects.exists()
