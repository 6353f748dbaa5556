"""Workers killed at every step of approving, applying and taking back; an independent SQL checker looks after each."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import connection

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
from dispatch.operations import apply_waves, approve_run, roll_back_run
from journal import clock
from tests.dispatch.overspent import overspent
from tests.dispatch.rerouting import solved_run

pytestmark = pytest.mark.django_db(transaction=True)
CHECKOUT = Path(__file__).resolve().parents[2]

# Stops inside `place`, a function of `module`, at its `turn`-th call, and waits there to be killed.
STUCK = """
import django, time; django.setup()
from accounts.actors import SYSTEM
from dispatch.operations import decisions, rollbacks, waves
from dispatch import operations
real, calls = {module}.{place}, []
def stuck(*given, **named):
    calls.append(1)
    answer = real(*given, **named)
    if len(calls) == {turn}:
        print("here", flush=True)
        time.sleep(60)
    return answer
{module}.{place} = stuck
operations.{call}(run_id={run}, by=SYSTEM)
"""


@pytest.fixture
def run(make_orders):
    """Two waves of three and two orders, which ask for all that lies in W02."""
    Region.objects.filter(code="310100").update(core=True)
    make_orders(3)
    make_orders(2, "B", region="310100")
    Stock.objects.create(warehouse_id="W02", product="P1", quantity=10, version=1, updated_at=clock.now())
    return solved_run()


def kill_in(run: RerouteRun, call: str, module: str, place: str, turn: int = 1) -> None:
    """Run an operation in a process of its own and kill it in the middle."""
    settings = connection.settings_dict
    url = f"postgresql://{settings['USER']}@/{settings['NAME']}?host={settings['HOST']}&port={settings['PORT']}"
    script = STUCK.format(run=run.pk, call=call, module=module, place=place, turn=turn)
    worker = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=CHECKOUT,
        env={**os.environ, "DATABASE_URL": url},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "here\n"
    worker.send_signal(signal.SIGKILL)
    worker.wait(10)
    worker.stdout.close()
    for _ in range(400):  # its transaction ends when the server notices
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            if cursor.fetchone()[0] == 0:
                return
        time.sleep(0.025)
    raise AssertionError("its transaction is still open")


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
