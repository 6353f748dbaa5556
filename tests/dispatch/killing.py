"""A worker that is killed in the middle of an operation."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from django.db import connection

from dispatch.models import RerouteRun

CHECKOUT = Path(__file__).resolve().parents[2]

# Stops inside `place`, a function of `module`, at its `turn`-th call, and waits there to be killed.
STUCK = """
import django, time; django.setup()
from accounts.actors import SYSTEM
from dispatch.operations import decisions, partly, rollbacks, runs, waves
from dispatch import operations
partly.WHOLE = runs.AT_ONCE = 0  # as if there were many orders
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
