"""A reroute survives its workers."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from accounts.actors import SYSTEM
from dispatch import due
from dispatch.models import Proposal, RerouteRun, RunState
from dispatch.operations import apply_waves, approve_run, close_scope, freeze_affected, request_reroute, solve_run
from dispatch.operations.runs import lease_run
from journal.models import Entry
from tests.dispatch.rerouting import W01, solved_run

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def asked(make_orders):
    make_orders(2)
    close_scope(reference="incident:1", scope=W01, by=SYSTEM)
    frozen = freeze_affected(reference="incident:1", scope=W01, by=SYSTEM)
    return request_reroute(reference="incident:1", affected_set_id=frozen.pk, by=SYSTEM)


@pytest.mark.django_db
def test_a_dead_workers_run_is_solved_by_another(asked, fast_forward):
    assert lease_run(asked.pk, SYSTEM) is not None
    assert solve_run(run_id=asked.pk) is None, "the lease is alive"
    assert due.remind_workers() == 0
    fast_forward(minutes=5)
    assert due.remind_workers() == 1
    assert due.remind_workers() == 0, "one reminder at a time"
    assert solve_run(run_id=asked.pk).state == RunState.PROPOSED
    assert RerouteRun.objects.get().attempts == 2


@pytest.mark.django_db
def test_a_lost_hint_is_repeated(asked, fast_forward):
    assert due.remind_workers() == 0
    fast_forward(seconds=20)
    assert due.next_reminder() is not None
    assert due.remind_workers() == 1


@pytest.mark.django_db
def test_waves_that_nobody_applies_are_hinted_at_again(make_orders, fast_forward):
    make_orders(1)
    run = solved_run()
    approve_run(run_id=run.pk, by=SYSTEM)
    fast_forward(seconds=20)
    assert due.remind_workers() == 1
    apply_waves(run_id=run.pk, by=SYSTEM)
    fast_forward(seconds=20)
    assert due.remind_workers() == 0


@pytest.mark.django_db
def test_a_worker_that_lost_its_lease_cannot_write(asked, fast_forward, monkeypatch):
    from dispatch.operations import runs

    read = runs.read

    def slow(run):
        answer = read(run)
        if run.attempts == 1:
            fast_forward(minutes=5)
            assert solve_run(run_id=run.pk) is not None
        return answer

    monkeypatch.setattr(runs, "read", slow)
    assert solve_run(run_id=asked.pk) is None
    run = RerouteRun.objects.get()
    assert (run.state, run.attempts) == (RunState.PROPOSED, 2)
    assert Proposal.objects.count() == 2
    assert Entry.objects.filter(kind="reroute.proposed").count() == 1


@pytest.mark.django_db
def test_it_is_given_up_after_three_attempts(asked, monkeypatch):
    from dispatch.operations import runs

    def broken(run):
        raise ArithmeticError("no such number")

    monkeypatch.setattr(runs, "read", broken)
    for _ in range(3):
        with pytest.raises(ArithmeticError):
            solve_run(run_id=asked.pk)
    run = RerouteRun.objects.get()
    assert (run.state, run.failure) == (RunState.FAILED, "ArithmeticError: no such number")
    assert Entry.objects.get(kind="reroute.failed").payload["attempts"] == 3
    assert solve_run(run_id=asked.pk) is None


STUCK = """
import django; django.setup()
from dispatch.operations import runs
def stuck(run):
    print("leased", flush=True)
    import time; time.sleep(60)
runs.read = stuck
runs.solve_run(run_id=%d)
"""


@pytest.mark.django_db(transaction=True)
def test_kill_9_in_the_middle_of_solving_loses_nothing(asked, fast_forward):
    name = connection.settings_dict["NAME"]
    settings = connection.settings_dict
    url = f"postgresql://{settings['USER']}@/{name}?host={settings['HOST']}&port={settings['PORT']}"
    worker = subprocess.Popen(
        [sys.executable, "-c", STUCK % asked.pk],
        cwd=CHECKOUT,
        env={**os.environ, "DATABASE_URL": url},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout.readline() == "leased\n"
    assert RerouteRun.objects.get().state == RunState.SOLVING
    worker.send_signal(signal.SIGKILL)
    worker.wait(10)
    fast_forward(minutes=5)
    assert due.remind_workers() == 1
    assert solve_run(run_id=asked.pk).state == RunState.PROPOSED
