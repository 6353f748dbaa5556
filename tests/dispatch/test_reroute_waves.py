"""What a wave does with orders that are not as the proposal saw them, and what taking it back does."""

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.actors import SYSTEM
from dispatch.models import Assignment, Lane, Order, RerouteRun, RerouteSkip, RunState
from dispatch.operations import (
    CostAboveCap,
    IllegalStep,
    apply_next_wave,
    apply_waves,
    approve_run,
    close_scope,
    reject_run,
    request_reroute,
    roll_back_run,
    solve_run,
)
from dispatch.scope import Scope
from tests.dispatch.rerouting import applied_run, solved_run

pytestmark = pytest.mark.django_db


def allocations() -> dict[str, str]:
    return dict(Order.objects.values_list("external_id", "warehouse_id"))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"version": 2, "state": "dispatched"}, "state"),
        ({"version": 2, "region": "330100", "service_level": "STD", "weight": 9}, "version"),
    ],
)
def test_it_skips_what_changed_meanwhile(make_orders, send, change, why):
    make_orders(2)
    run = solved_run()
    approve_run(run_id=run.pk, by=SYSTEM)
    send({"external_id": "A0", **change})
    apply_waves(run_id=run.pk, by=SYSTEM)
    run = RerouteRun.objects.get()
    assert (run.state, run.applied, run.skipped) == (RunState.APPLIED, 1, 1)
    assert allocations() == {"A0": "W01", "A1": "W02"}
    skip = RerouteSkip.objects.get()
    assert (skip.order.external_id, skip.why) == ("A0", why)


def test_it_skips_an_order_that_was_moved_by_somebody_else(make_orders):
    make_orders(2)
    run = solved_run()
    approve_run(run_id=run.pk, by=SYSTEM)
    other = Lane.objects.filter(warehouse_id="W02", region_id="330100", carrier_id="JD").get()
    Order.objects.filter(external_id="A0").update(warehouse="W02", lane=other, carrier="JD")
    apply_waves(run_id=run.pk, by=SYSTEM)
    assert RerouteSkip.objects.get().why == "allocation"


def test_it_skips_a_lane_that_was_closed_meanwhile(make_orders):
    make_orders(2)
    run = solved_run()
    approve_run(run_id=run.pk, by=SYSTEM)
    close_scope(reference="incident:2", scope=Scope(warehouses=("W02",)), by=SYSTEM)
    apply_waves(run_id=run.pk, by=SYSTEM)
    assert RerouteRun.objects.get().skipped == 2
    assert set(RerouteSkip.objects.values_list("why", flat=True)) == {"closed"}


def test_what_was_skipped_enters_the_next_run(make_orders, send, order_row):
    make_orders(2)
    run = solved_run()
    approve_run(run_id=run.pk, by=SYSTEM)
    send(order_row("A0", 2, weight=9))
    apply_waves(run_id=run.pk, by=SYSTEM)
    again = solved_run()
    assert (again.pk != run.pk, again.orders, again.assigned) == (True, 1, 1)


def test_it_applies_each_wave_once(make_orders):
    make_orders(2)
    run = solved_run()
    approve_run(run_id=run.pk, by=SYSTEM)
    assert apply_next_wave(run_id=run.pk, by=SYSTEM).applied == 2
    assert apply_next_wave(run_id=run.pk, by=SYSTEM) is None
    assert apply_waves(run_id=run.pk, by=SYSTEM) == 0
    assert Assignment.objects.count() == 2


def test_it_puts_back_what_has_not_changed_since(make_orders, send):
    make_orders(3)
    before = dict(Order.objects.values_list("external_id", "lane_id"))
    run = applied_run()
    send({"external_id": "A0", "version": 2, "state": "dispatched"})
    run = roll_back_run(run_id=run.pk, by=SYSTEM)
    assert (run.state, run.restored) == (RunState.ROLLED_BACK, 2)
    assert allocations() == {"A0": "W02", "A1": "W01", "A2": "W01"}
    after = dict(Order.objects.values_list("external_id", "lane_id"))
    assert {number: after[number] for number in ("A1", "A2")} == {number: before[number] for number in ("A1", "A2")}
    assert Assignment.objects.filter(kind="rollback", warehouse="W01").count() == 2
    assert roll_back_run(run_id=run.pk, by=SYSTEM).restored == 2
    assert Assignment.objects.count() == 5


def test_it_drops_waiting_waves_when_it_is_taken_back(make_orders):
    make_orders(2)
    run = solved_run()
    approve_run(run_id=run.pk, by=SYSTEM)
    roll_back_run(run_id=run.pk, by=SYSTEM)
    assert list(run.waves.values_list("state", flat=True)) == ["dropped"]
    assert apply_waves(run_id=run.pk, by=SYSTEM) == 0
    assert allocations() == {"A0": "W01", "A1": "W01"}


def test_an_exercise_moves_nothing_and_feeds_nobody(make_orders):
    from dispatch.queries import assignments_after

    make_orders(2)
    run = solved_run("incident:9", exercise=7)
    assert (run.exercise, run.assigned) == (7, 2)
    approve_run(run_id=run.pk, by=SYSTEM)
    apply_waves(run_id=run.pk, by=SYSTEM)
    run = RerouteRun.objects.get()
    assert (run.state, run.applied) == (RunState.APPLIED, 2)
    assert allocations() == {"A0": "W01", "A1": "W01"}
    assert Assignment.objects.filter(exercise=7).count() == 2
    assert assignments_after().rows == []
    roll_back_run(run_id=run.pk, by=SYSTEM)
    assert allocations() == {"A0": "W01", "A1": "W01"}
    # The real network was never closed and its capacity is whole.
    assert solved_run("incident:1").assigned == 2


def test_a_second_click_is_harmless_and_a_second_commander_is_told(make_orders, commander, make_user):
    from accounts.actors import user_actor
    from accounts.roles import Role

    make_orders(1)
    run = solved_run()
    approve_run(run_id=run.pk, by=commander)
    approve_run(run_id=run.pk, by=commander)
    other = user_actor(make_user("other", Role.COMMANDER))
    with pytest.raises(IllegalStep) as refusal:
        approve_run(run_id=run.pk, by=other)
    assert refusal.value.extra == {"state": "approved", "next": ["roll_back"]}
    with pytest.raises(IllegalStep):
        reject_run(run_id=run.pk, by=other)


def test_a_rejected_run_makes_room_for_another(make_orders):
    make_orders(1)
    run = solved_run()
    reject_run(run_id=run.pk, by=SYSTEM)
    again = request_reroute(reference="incident:1", affected_set_id=run.affected_set_id, by=SYSTEM)
    assert again.pk != run.pk
    assert solve_run(run_id=run.pk) is None


def test_a_cost_above_the_cap_needs_a_commander(make_orders, commander, make_user):
    from accounts.actors import user_actor
    from accounts.roles import Role
    from dispatch.models import LaneRate

    LaneRate.objects.filter(lane__warehouse="W02").update(minimum=20)
    make_orders(1)
    run = solved_run(cost_cap="0.25")
    chief = user_actor(make_user("chief", Role.SECTION_CHIEF))
    with pytest.raises(CostAboveCap):
        approve_run(run_id=run.pk, by=chief, over_cap=True)
    with pytest.raises(CostAboveCap):
        approve_run(run_id=run.pk, by=commander)
    assert approve_run(run_id=run.pk, by=commander, over_cap=True).state == RunState.APPROVED


@pytest.mark.parametrize("statement", ["UPDATE dispatch_assignment SET wave = 9", "DELETE FROM dispatch_assignment"])
def test_assignments_cannot_be_changed(make_orders, statement):
    make_orders(1)
    applied_run()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
