"""Holding waves up, letting them go, and taking one back."""

import pytest

from accounts.actors import SYSTEM
from dispatch import due
from dispatch.models import Order, Region, RerouteRun, RunState
from dispatch.operations import (
    IllegalStep,
    IllegalWaveStep,
    apply_waves,
    approve_run,
    approve_wave,
    drop_wave,
    pause_run,
    pause_wave,
    resume_run,
    resume_wave,
    roll_back_run,
    roll_back_wave,
)
from dispatch.operations.wave_steps import NoSuchWave
from journal.models import Entry
from journal.refusal import AlreadyDone
from tests.dispatch.overspent import overspent
from tests.dispatch.rerouting import solved_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def approved(make_orders, request):
    """Two waves: Shanghai is a core region and goes first."""
    Region.objects.filter(code="310100").update(core=True)
    make_orders(3)
    make_orders(2, "B", region="310100")
    run = solved_run(approve_each_wave=getattr(request, "param", False))
    return approve_run(run_id=run.pk, by=SYSTEM)


def states(run: RerouteRun) -> list[str]:
    return list(run.waves.values_list("state", flat=True))


def test_a_paused_wave_waits_while_the_others_go(approved, fast_forward):
    pause_wave(run_id=approved.pk, number=1, by=SYSTEM)
    assert apply_waves(run_id=approved.pk, by=SYSTEM) == 1
    assert states(approved) == ["paused", "applied"]
    assert RerouteRun.objects.get().state == RunState.APPLYING
    fast_forward(minutes=5)
    assert due.remind_workers() == 0, "it waits for people"
    resume_wave(run_id=approved.pk, number=1, by=SYSTEM)
    apply_waves(run_id=approved.pk, by=SYSTEM)
    run = RerouteRun.objects.get()
    assert (run.state, run.applied, overspent()) == (RunState.APPLIED, 5, [])


def test_everything_can_be_paused_at_once(approved):
    pause_run(run_id=approved.pk, by=SYSTEM)
    assert states(approved) == ["paused", "paused"]
    assert apply_waves(run_id=approved.pk, by=SYSTEM) == 0
    with pytest.raises(AlreadyDone):
        pause_run(run_id=approved.pk, by=SYSTEM)
    resume_run(run_id=approved.pk, by=SYSTEM)
    assert apply_waves(run_id=approved.pk, by=SYSTEM) == 2


@pytest.mark.parametrize("approved", [True], indirect=True)
def test_each_wave_waits_for_its_own_approval(approved, fast_forward):
    assert states(approved) == ["held", "held"]
    assert apply_waves(run_id=approved.pk, by=SYSTEM) == 0
    fast_forward(minutes=5)
    assert due.remind_workers() == 0
    approve_wave(run_id=approved.pk, number=1, by=SYSTEM)
    assert apply_waves(run_id=approved.pk, by=SYSTEM) == 1
    assert states(approved) == ["applied", "held"]
    with pytest.raises(AlreadyDone):
        approve_wave(run_id=approved.pk, number=1, by=SYSTEM)
    drop_wave(run_id=approved.pk, number=2, by=SYSTEM)
    assert RerouteRun.objects.get().state == RunState.APPLIED


def test_one_wave_is_taken_back_and_the_other_stays(approved):
    apply_waves(run_id=approved.pk, by=SYSTEM)
    run = roll_back_wave(run_id=approved.pk, number=1, by=SYSTEM)
    assert (run.state, run.restored, states(run)) == (RunState.APPLIED, 2, ["rolled_back", "applied"])
    where = dict(Order.objects.values_list("external_id", "warehouse"))
    assert (where["B0"], where["A0"]) == ("W01", "W02")
    with pytest.raises(AlreadyDone):
        roll_back_wave(run_id=approved.pk, number=1, by=SYSTEM)
    run = roll_back_run(run_id=approved.pk, by=SYSTEM)
    assert (run.state, run.restored) == (RunState.ROLLED_BACK, 5)
    assert list(run.waves.values_list("restored", flat=True)) == [2, 3]
    assert overspent() == []


def test_with_its_last_wave_the_run_is_rolled_back(approved):
    apply_waves(run_id=approved.pk, by=SYSTEM)
    roll_back_wave(run_id=approved.pk, number=2, by=SYSTEM)
    assert roll_back_wave(run_id=approved.pk, number=1, by=SYSTEM).state == RunState.ROLLED_BACK
    assert Entry.objects.filter(kind="reroute.wave_rolled_back").count() == 2


def test_it_refuses_steps_that_make_no_sense(approved):
    with pytest.raises(IllegalWaveStep):
        resume_wave(run_id=approved.pk, number=1, by=SYSTEM)
    with pytest.raises(IllegalWaveStep):
        roll_back_wave(run_id=approved.pk, number=1, by=SYSTEM)
    with pytest.raises(NoSuchWave):
        pause_wave(run_id=approved.pk, number=9, by=SYSTEM)
    apply_waves(run_id=approved.pk, by=SYSTEM)
    with pytest.raises(IllegalStep):
        pause_wave(run_id=approved.pk, number=1, by=SYSTEM)


def test_a_wave_that_fails_again_and_again_is_paused_for_people(approved, fast_forward, monkeypatch):
    from dispatch.operations import waves

    def broken(run, wave):
        raise ArithmeticError("no such number")

    real = waves.release_capacity
    monkeypatch.setattr(waves, "release_capacity", broken)
    for _ in range(3):
        assert states(approved) == ["waiting", "waiting"]
        with pytest.raises(ArithmeticError):
            apply_waves(run_id=approved.pk, by=SYSTEM)
    assert states(approved) == ["paused", "paused"]
    run = RerouteRun.objects.get()
    assert (run.failure, run.applied) == ("ArithmeticError: no such number", 0)
    assert Entry.objects.get(kind="reroute.stopped").payload["times"] == 3
    fast_forward(minutes=5)
    assert due.remind_workers() == 0
    monkeypatch.setattr(waves, "release_capacity", real)
    resume_run(run_id=run.pk, by=SYSTEM)
    assert apply_waves(run_id=run.pk, by=SYSTEM) == 2
    assert RerouteRun.objects.get().failure == ""
    assert overspent() == []
