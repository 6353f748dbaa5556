"""Workers killed at every step of approving, applying and taking back; an independent SQL checker looks after each."""

import pytest

from accounts.actors import SYSTEM
from dispatch import due
from dispatch.models import (
    Assignment,
    CapacityReservation,
    Order,
    Region,
    RerouteRun,
    RunState,
    Stock,
    StockReservation,
)
from dispatch.operations import IllegalStep, adjust_run, apply_waves, approve_run, partly, roll_back_run, solve_run
from journal import clock
from tests.dispatch.killing import kill_in
from tests.dispatch.overspent import overspent
from tests.dispatch.rerouting import solved_run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(make_orders):
    """Two waves of three and two orders, which ask for all that lies in W02."""
    Region.objects.filter(code="310100").update(core=True)
    make_orders(3)
    make_orders(2, "B", region="310100")
    Stock.objects.create(warehouse_id="W02", product="P1", quantity=10, version=1, updated_at=clock.now())
    return solved_run()


def waves(run: RerouteRun) -> list[str]:
    return list(run.waves.values_list("state", flat=True))


@pytest.mark.parametrize(
    ("place", "turn", "left"),
    [
        ("prepare_for_bulk", 1, ["waiting", "waiting"]),
        ("mark_applied", 1, ["waiting", "waiting"]),
        ("release_capacity", 2, ["applied", "waiting"]),
        ("finish_if_over", 2, ["applied", "waiting"]),
    ],
)
def test_a_killed_wave_is_whole_or_nothing_and_the_sweep_goes_on(run, fast_forward, place, turn, left):
    approve_run(run_id=run.pk, by=SYSTEM)
    kill_in(run, "apply_waves", "waves", place, turn)
    assert waves(run) == left
    assert overspent() == []
    held = CapacityReservation.objects.filter(released_at=None, lane=None)
    assert sum(held.values_list("orders", flat=True)) == 5 - Assignment.objects.count()
    units = StockReservation.objects.filter(released_at=None, used_position=None)
    assert sum(units.values_list("units", flat=True)) == 2 * (5 - Assignment.objects.count())
    fast_forward(seconds=20)
    assert due.remind_workers() == 1
    apply_waves(run_id=run.pk, by=SYSTEM)
    run.refresh_from_db()
    assert (run.state, run.applied, Assignment.objects.count()) == (RunState.APPLIED, 5, 5)
    assert overspent() == []
    assert not held.all().exists()
    assert not units.all().exists()


def test_a_killed_approval_holds_nothing(run):
    kill_in(run, "approve_run", "decisions", "reserve_capacity")
    run.refresh_from_db()
    assert run.state == RunState.PROPOSED
    assert not CapacityReservation.objects.exists()
    assert not StockReservation.objects.exists()
    assert approve_run(run_id=run.pk, by=SYSTEM).state == RunState.APPROVED


def test_a_killed_rollback_takes_nothing_back(run):
    approve_run(run_id=run.pk, by=SYSTEM)
    apply_waves(run_id=run.pk, by=SYSTEM)
    kill_in(run, "roll_back_run", "rollbacks", "move_wave")
    assert waves(run) == ["applied", "applied"]
    assert set(Order.objects.values_list("warehouse", flat=True)) == {"W02"}
    held = StockReservation.objects.filter(released_at=None)
    assert sum(held.values_list("units", flat=True)) == 10
    assert roll_back_run(run_id=run.pk, by=SYSTEM).restored == 5
    assert sum(held.values_list("units", flat=True)) == 0
    assert overspent() == []


def test_figures_that_were_told_before_the_rows_decide_nothing(make_orders, monkeypatch):
    make_orders(3)
    parent = solved_run()
    monkeypatch.setattr(partly, "WHOLE", 0)
    wishes = {"forbid": {"lanes": [parent.proposals.values_list("lane", flat=True)[0]]}}
    run = adjust_run(run_id=parent.pk, wishes=wishes, by=SYSTEM)
    kill_in(run, "solve_run", "runs", "write_with_part")
    run = RerouteRun.objects.get(pk=run.pk)
    assert (run.state, run.assigned, run.written_at, run.proposals.count()) == (RunState.SOLVING, 3, None, 0)
    with pytest.raises(IllegalStep):
        approve_run(run_id=run.pk, by=SYSTEM)
    RerouteRun.objects.filter(pk=run.pk).update(lease_until=clock.now())
    assert solve_run(run_id=run.pk).state == RunState.PROPOSED
    assert run.proposals.count() == 3
    approve_run(run_id=run.pk, by=SYSTEM)
    assert apply_waves(run_id=run.pk, by=SYSTEM) == 1
    assert overspent() == []
