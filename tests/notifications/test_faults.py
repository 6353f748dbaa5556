"""Workers killed and Redis emptied in the middle of a batch: the gateway's own ledger says what really happened."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from redis import Redis

from notifications.models import Message
from notifications.queries import batch_progress
from tests.processes import ROOT

COUNT = int(os.environ.get("FENGHUO_FAULT_COUNT") or 3_000)


class Workers:
    """Real Celery workers on the test database, each in a process group of its own."""

    def __init__(self, port: int) -> None:
        parameters = connection.get_connection_params()
        user, name = quote(parameters["user"]), quote(parameters["dbname"])
        url = f"postgresql://{user}@/{name}?host={quote(str(parameters['host']))}&port={parameters['port']}"
        self.environment = {
            **os.environ,
            "DATABASE_URL": url,
            "SIMULATOR_PORT": str(port),
        }
        self.groups: list[subprocess.Popen[bytes]] = []
        self.number = 0

    def start(self) -> None:
        self.number += 1
        command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-n", f"w{self.number}@%h"]
        command += ["-Q", "notices,command", "-c", "2", "-l", "WARNING", "--without-gossip", "--without-mingle"]
        self.groups.append(subprocess.Popen(command, cwd=ROOT, env=self.environment, start_new_session=True))

    def kill(self) -> None:
        """kill -9 of a whole worker: its pool and its clock with it."""
        group = self.groups.pop(0)
        with suppress(ProcessLookupError):
            os.killpg(group.pid, signal.SIGKILL)
        group.wait()


@pytest.fixture
def workers(simulator_process):
    made = Workers(simulator_process.port)
    yield made
    while made.groups:
        made.kill()


def until(condition, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


def tell(simulator, workers, launched, fast_forward, *, count: int, kills: int) -> None:
    simulator.control(latency=0.15)
    workers.start()
    batch = launched(count)
    seen = 0

    def going_on() -> bool:
        return simulator.get("/ledger")["accepted"] > seen

    for _kill in range(kills):
        # Each fault strikes while calls are under way; then the dead worker's leases run out.
        until(going_on, 90, "sending goes on after a fault")
        Redis.from_url(settings.REDIS_URL).flushall()
        workers.kill()
        seen = simulator.get("/ledger")["accepted"]
        fast_forward(seconds=30)
        workers.start()

    def settled() -> bool:
        progress = batch_progress(batch.pk)
        return progress.queued == 0

    until(settled, 240, "every message is sent or ambiguous")
    ledger = simulator.ledger()
    assert ledger["repeated"] == {"keys": [], "numbers": []}
    states = dict(Message.objects.values_list("destination", "state"))
    assert Counter(states.values()).keys() <= {"sent", "ambiguous"}
    accepted = set(ledger["by_number"])
    assert {number for number, state in states.items() if state == "sent"} <= accepted
    assert {number for number in states if number not in accepted} <= {
        number for number, state in states.items() if state == "ambiguous"
    }
    # Asked, the gateway clears up what it has.
    fast_forward(seconds=30)
    until(
        lambda: not Message.objects.filter(state="ambiguous", destination__in=accepted).exists(),
        240,
        "what the gateway has is no longer ambiguous",
    )


@pytest.mark.django_db(transaction=True)
def test_it_survives_kills_and_an_empty_redis(simulator, workers, launched, fast_forward):
    tell(simulator, workers, launched, fast_forward, count=COUNT, kills=1)


@pytest.mark.django_db(transaction=True)
def test_the_clock_sends_staff_messages_while_the_broker_is_away(simulator, workers, texts):
    texts(6)
    environment = {**workers.environment, "REDIS_URL": "unix:///nowhere/redis.sock"}
    clock = subprocess.Popen([sys.executable, "manage.py", "clock"], cwd=ROOT, env=environment)
    try:
        until(lambda: not Message.objects.exclude(state="sent").exists(), 30, "the clock sends by itself")
    finally:
        clock.kill()
        clock.wait()
    assert simulator.ledger()["accepted"] == 6
