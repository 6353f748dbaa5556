"""The same timers by Celery alone, to stand beside the clocks: an ETA task each, and a sweep by beat every second.

Run by benchmarks.deadlines; the worker and beat are started with `-A benchmarks.celery_timers`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg2
from celery import Celery

ROOT = Path(__file__).resolve().parent.parent
app = Celery("timers", broker=os.environ.get("BENCH_BROKER"))
app.conf.update(
    task_ignore_result=True,
    worker_prefetch_multiplier=1,
    task_acks_late=True,
    beat_schedule={"sweep": {"task": "bench.sweep", "schedule": 1.0}} if os.environ.get("BENCH_SWEEP") else {},
)
TABLE = """
DROP TABLE IF EXISTS celery_deadline;
CREATE TABLE celery_deadline (id bigint PRIMARY KEY, due_at timestamptz NOT NULL, fired_at timestamptz,
    fired int NOT NULL DEFAULT 0);
CREATE INDEX ON celery_deadline (due_at) WHERE fired_at IS NULL;
"""
SWEEP = """
UPDATE celery_deadline SET fired_at = clock_timestamp(), fired = fired + 1
WHERE fired_at IS NULL AND due_at <= clock_timestamp()
"""
connection = None


def execute(sql: str, *params: object) -> None:
    global connection
    if connection is None:
        connection = psycopg2.connect(os.environ["BARE_DSN"])
        connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(sql, list(params) or None)


@app.task(name="bench.fire")
def fire(number: int) -> None:
    execute("UPDATE celery_deadline SET fired_at = clock_timestamp(), fired = fired + 1 WHERE id = %s", number)


@app.task(name="bench.sweep")
def sweep() -> None:
    execute(SWEEP)


@contextlib.contextmanager
def celery(environ: dict[str, str], *, beat: bool) -> Iterator[list[subprocess.Popen[bytes]]]:
    """A worker with two processes, and beat if wanted; ends both."""
    command = [sys.executable, "-m", "celery", "-A", "benchmarks.celery_timers", "--quiet"]
    worker = [*command, "worker", "-c", "2", "-l", "ERROR", "--without-gossip", "--without-mingle"]
    options = {"cwd": ROOT, "env": environ, "start_new_session": True, "stdout": subprocess.DEVNULL}
    running = [subprocess.Popen(worker, stderr=subprocess.DEVNULL, **options)]  # type: ignore[call-overload]
    if beat:
        schedule = str(Path(environ["FENGHUO_HOME"]) / "bench-beat")
        argv = [*command, "beat", "-l", "ERROR", "--schedule", schedule]
        running.append(subprocess.Popen(argv, stderr=subprocess.DEVNULL, **options))  # type: ignore[call-overload]
    try:
        time.sleep(4.0)
        yield running
    finally:
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def run(count: int, seconds: float, *, dsn: str, broker: str, by: str, fault: str) -> tuple[list[float], int, int]:
    """Arm `count` timers `by` "eta" or "sweep"; returns lateness in ms of those fired, how many were lost (15 s after
    the last was due) and how many fired twice. `kill9` kills the worker in the middle and starts another."""
    environ = {**os.environ, "BARE_DSN": dsn, "BENCH_BROKER": broker, "BENCH_SWEEP": "1" if by == "sweep" else ""}
    app.conf.broker_url = broker
    arm = 10.0 if by == "eta" else 5.0
    with psycopg2.connect(dsn) as link, link.cursor() as cursor:
        cursor.execute(TABLE)
        start = datetime.now(UTC) + timedelta(seconds=arm)
        spread = 0 if fault == "burst" else seconds / count
        cursor.execute(
            "INSERT INTO celery_deadline (id, due_at) SELECT n, %s::timestamptz + n * %s * interval '1 second'"
            " FROM generate_series(1, %s) n",
            [start, spread, count],
        )
    with celery(environ, beat=by == "sweep") as running:
        if by == "eta":
            for number in range(1, count + 1):
                fire.apply_async(args=[number], eta=start + timedelta(seconds=number * spread))
        if fault == "kill9":
            time.sleep(max(0.0, (start - datetime.now(UTC)).total_seconds()) + seconds * 0.4)
            os.killpg(running[0].pid, signal.SIGKILL)
            running[0].wait()
            time.sleep(1.0)
            with celery(environ, beat=False):
                wait_until(start + timedelta(seconds=seconds + 15))
        else:
            wait_until(start + timedelta(seconds=seconds + 15))
    with psycopg2.connect(dsn) as link, link.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM fired_at - due_at)::float8 * 1000, fired FROM celery_deadline")
        rows = cursor.fetchall()
    late = [ms for ms, fired in rows if fired]
    return late, sum(not fired for _ms, fired in rows), sum(fired > 1 for _ms, fired in rows)


def wait_until(moment: datetime) -> None:
    """Until then, or until everything has fired."""
    with psycopg2.connect(os.environ["BARE_DSN"]) as link:
        link.autocommit = True
        while datetime.now(UTC) < moment:
            with link.cursor() as cursor:
                cursor.execute("SELECT NOT EXISTS (SELECT FROM celery_deadline WHERE fired_at IS NULL)")
                if cursor.fetchone()[0]:
                    return
            time.sleep(0.5)
