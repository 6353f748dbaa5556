"""When what was closed is open again, the way back is proposed."""

import pytest

from accounts.actors import SYSTEM
from dispatch.models import AffectedSet, Lane, Order, RerouteRun, RunKind, RunState
from dispatch.operations import apply_waves, approve_run, close_scope, reopen_scope, roll_back_run, solve_run
from dispatch.queries import newest_run
from dispatch.scope import Scope
from tests.dispatch.rerouting import applied_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def moved(make_orders):
    make_orders(4)
    run = applied_run()
    assert set(Order.objects.values_list("warehouse", flat=True)) == {"W02"}
    return run


def returns():
    return RerouteRun.objects.filter(kind=RunKind.RETURN)


def test_the_return_is_proposed_and_decided_like_any_other(moved, send):
    send({"external_id": "A0", "version": 2, "state": "dispatched"})
    reopen_scope(reference="incident:1", by=SYSTEM)
    run = solve_run(run_id=returns().get().pk)
    assert (run.state, run.reference, run.orders, run.assigned) == (RunState.PROPOSED, "incident:1", 3, 3)
    assert set(Order.objects.values_list("warehouse", flat=True)) == {"W02"}, "nothing goes by itself"
    assert newest_run("incident:1") == moved
    approve_run(run_id=run.pk, by=SYSTEM)
    apply_waves(run_id=run.pk, by=SYSTEM)
    assert dict(Order.objects.values_list("external_id", "warehouse")) == {
        "A0": "W02",
        "A1": "W01",
        "A2": "W01",
        "A3": "W01",
    }
    assert set(run.assignments.values_list("kind", flat=True)) == {"return"}
    assert AffectedSet.objects.filter(reference="incident:1").count() == 1
    roll_back_run(run_id=run.pk, by=SYSTEM)
    assert set(Order.objects.values_list("warehouse", flat=True)) == {"W02"}


def test_only_what_has_room_and_is_open_returns(moved):
    home = Lane.objects.get(warehouse="W01", region="330100", carrier="SF")
    Lane.objects.filter(pk=home.pk).update(daily_capacity=3)
    reopen_scope(reference="incident:1", by=SYSTEM)
    run = solve_run(run_id=returns().get().pk)
    assert (run.orders, run.assigned) == (4, 3)


def test_nothing_returns_to_what_is_still_closed(moved):
    close_scope(reference="incident:2", scope=Scope(warehouses=("W01",)), by=SYSTEM)
    reopen_scope(reference="incident:1", by=SYSTEM)
    assert not returns().exists()
    assert AffectedSet.objects.count() == 1


def test_a_newer_return_takes_the_older_ones_place(moved):
    for _ in range(2):
        reopen_scope(reference="incident:1", by=SYSTEM)
        close_scope(reference="incident:1", scope=Scope(warehouses=("W01",)), by=SYSTEM)
    reopen_scope(reference="incident:1", by=SYSTEM)
    assert list(returns().order_by("pk").values_list("state", flat=True)) == ["superseded", "superseded", "queued"]


def test_what_was_rolled_back_has_no_way_back(moved):
    roll_back_run(run_id=moved.pk, by=SYSTEM)
    reopen_scope(reference="incident:1", by=SYSTEM)
    assert not returns().exists()
