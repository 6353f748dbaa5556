"""Two matters never spend the same lane or warehouse."""

import pytest
from django.db import connection

from accounts.actors import SYSTEM
from dispatch.models import CapacityReservation, Lane, Order, RerouteRun, RunState, Warehouse
from dispatch.operations import (
    CapacityTaken,
    adjust_run,
    apply_next_wave,
    apply_waves,
    approve_run,
    drop_wave,
    roll_back_run,
    solve_run,
)
from dispatch.scope import Scope
from tests.dispatch.overspent import overspent
from tests.dispatch.rerouting import solved_run
from tests.dispatch.test_reroute_races import person
from tests.racing import together

JD = Scope(carriers=("JD",))
SF = Scope(carriers=("SF",))


@pytest.fixture
def two(make_orders):
    """Two matters that both want W02's last 100 places: 60 orders each."""
    make_orders(60, "A")
    make_orders(60, "B", region="330200", carrier="JD")
    lane = Order.objects.get(external_id="B0").lane_id
    house = Order.objects.get(external_id="A0").lane_id
    Warehouse.objects.filter(code="W01").update(daily_capacity=10)
    first = solved_run("incident:1", scope=Scope(lanes=(house,)))
    second = solved_run("incident:2", scope=Scope(lanes=(lane,)))
    return first, second


@pytest.mark.django_db
def test_it_holds_what_its_waves_will_use(two):
    first, _second = two
    approve_run(run_id=first.pk, by=SYSTEM)
    held = CapacityReservation.objects.filter(released_at=None)
    assert sum(held.exclude(lane=None).values_list("orders", flat=True)) == first.assigned == 60
    assert sum(held.exclude(warehouse=None).values_list("orders", flat=True)) == 60
    apply_waves(run_id=first.pk, by=SYSTEM)
    assert not held.all().exists()


@pytest.mark.django_db
def test_a_run_whose_capacity_has_gone_is_told_where_and_what_to_do(two):
    first, second = two
    approve_run(run_id=first.pk, by=SYSTEM)
    with pytest.raises(CapacityTaken) as refusal:
        approve_run(run_id=second.pk, by=SYSTEM)
    house = refusal.value.extra["warehouses"][0]
    assert (house["warehouse"], house["need"], house["left"], house["runs"]) == ("W02", 60, 40, [first.pk])
    assert refusal.value.extra["next"] == ["adjust", "reject"]
    again = adjust_run(run_id=second.pk, by=SYSTEM)
    assert solve_run(run_id=again.pk).assigned == 40
    approve_run(run_id=again.pk, by=SYSTEM)
    for run in (first, again):
        apply_waves(run_id=run.pk, by=SYSTEM)
    assert Order.objects.filter(warehouse="W02").count() == 100
    assert overspent() == []


@pytest.mark.django_db
def test_what_is_dropped_or_taken_back_is_free_again(two):
    first, second = two
    approve_run(run_id=first.pk, by=SYSTEM)
    drop_wave(run_id=first.pk, number=1, by=SYSTEM)
    assert RerouteRun.objects.get(pk=first.pk).state == RunState.APPLIED
    approve_run(run_id=second.pk, by=SYSTEM)
    roll_back_run(run_id=second.pk, by=SYSTEM)
    assert not CapacityReservation.objects.filter(released_at=None).exists()


@pytest.mark.django_db
def test_an_exercise_holds_nothing(make_orders):
    make_orders(60)
    run = solved_run("incident:9", exercise=7)
    approve_run(run_id=run.pk, by=SYSTEM)
    assert not CapacityReservation.objects.exists()


@pytest.mark.django_db
def test_a_lane_that_others_filled_since_is_named(make_orders, order_row, send):
    make_orders(5)
    Lane.objects.filter(warehouse="W02", region="330100").update(daily_capacity=3)
    run = solved_run()
    lane = run.proposals.values_list("lane", flat=True)[0]
    row = order_row("late", warehouse="W02", carrier=Lane.objects.get(pk=lane).carrier_id)
    send(row)
    with pytest.raises(CapacityTaken) as refusal:
        approve_run(run_id=run.pk, by=SYSTEM)
    assert refusal.value.extra["lanes"][0]["lane"] == lane


@pytest.mark.django_db(transaction=True)
def test_two_approvals_at_once_never_overspend(two):
    first, second = two
    results = together(
        lambda: approve_run(run_id=first.pk, by=person("1")), lambda: approve_run(run_id=second.pk, by=person("2"))
    )
    assert sum(isinstance(result, CapacityTaken) for result in results) == 1
    assert overspent() == []
    winner = first if isinstance(results[0], RerouteRun) else second
    loser = second if winner is first else first
    # While one applies its wave, the other solves again and is approved: still nothing is spent twice.
    again = adjust_run(run_id=loser.pk, by=SYSTEM)
    results = together(
        lambda: apply_next_wave(run_id=winner.pk, by=SYSTEM),
        lambda: solve_run(run_id=again.pk) and approve_run(run_id=again.pk, by=SYSTEM),
    )
    assert not [result for result in results if isinstance(result, Exception)]
    apply_waves(run_id=again.pk, by=SYSTEM)
    assert overspent() == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM dispatch_order WHERE warehouse_id = 'W02'")
        assert cursor.fetchone()[0] == 100
