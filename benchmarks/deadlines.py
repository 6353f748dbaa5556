"""Deadline lateness: 10,000 deadlines over 20 s, kept by two real clock processes (`manage.py clock`).

    python -m benchmarks.deadlines [--count 10000] [--seconds 20] [--fault none|kill9|burst] [--load] [--celery]

Lateness is when the miss stood in the journal (recorded_at) minus when it was due. Beside it, in the same run and on
the same server, two bare loops do the least that could be called the same: SELECT … SKIP LOCKED, UPDATE, no journal,
no incident, no escalation. `kill9` kills one of the clocks in the middle and starts it again a second later; `burst`
makes all of them due at once. `--load` sends 100,000 notices and reroutes 100,000 orders meanwhile. `--celery` runs the
same timers by Celery's ETA and by a sweep of beat as well.

A run fails when a deadline was early, lost or fired twice, or when a hash chain does not hold.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.ground import installation

ROOT = Path(__file__).resolve().parent.parent
INCIDENTS = 500
NOTICES = ORDERS = 100_000
ARM = 5.0  # seconds between storing the deadlines and the first being due

BARE = """
import os, select, sys
import psycopg2
connection = psycopg2.connect(os.environ["BARE_DSN"])
connection.autocommit = True
cursor = connection.cursor()
cursor.execute("LISTEN bare_clock")
FIRE = '''WITH due AS (SELECT id FROM bare_deadline WHERE fired_at IS NULL AND due_at <= clock_timestamp()
    ORDER BY due_at LIMIT 500 FOR UPDATE SKIP LOCKED)
    UPDATE bare_deadline d SET fired_at = clock_timestamp() FROM due WHERE d.id = due.id'''
NEXT = '''SELECT extract(epoch FROM min(due_at) - clock_timestamp()) FROM bare_deadline
    WHERE fired_at IS NULL'''
while True:
    cursor.execute(FIRE)
    if cursor.rowcount:
        continue
    cursor.execute(NEXT)
    wait = cursor.fetchone()[0]
    wait = 1.0 if wait is None else min(1.0, max(float(wait), 0.005))
    select.select([connection], [], [], wait)
    connection.poll()
    connection.notifies.clear()
"""


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def due_time(seconds: float, *, burst: bool) -> str:
    """SQL for when one deadline is due: scattered over the span, or all at once."""
    return f"%s::timestamptz + interval '1 second' * {'0' if burst else f'random() * {seconds}'}"


def running_incidents() -> None:
    """500 incidents under way, each with its chain."""
    from django.db import connection

    from incidents.models import Incident
    from journal import clock

    now = clock.now()
    Incident.objects.bulk_create(
        Incident(
            number=f"BENCH-{number}",
            title="bench",
            category="traffic",
            state="responding",
            response_level=4,
            declared_at=now,
            occurred_at=now,
            reported_at=now,
            reported_by="shell",
        )
        for number in range(INCIDENTS)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO journal_head (subject, seq, hash) SELECT 'incident:' || id, 0, '' FROM incidents_incident"
        )


def arm(count: int, seconds: float, *, burst: bool) -> None:
    """One open deadline per due time, spread over the incidents; all stored well before the first is due."""
    from django.db import connection, transaction

    from journal import clock

    with transaction.atomic(), connection.cursor() as cursor:
        start = clock.now() + timedelta(seconds=ARM)
        cursor.execute("SELECT setseed(0.20261122)")
        cursor.execute(
            f"""INSERT INTO incidents_deadline
                (incident_id, kind, subject, post, name, name_en, generation, state, started_at, due_at)
            SELECT i.id, 'measure', 'measure:' || n, '', '', '', 0, 'open', clock_timestamp(),
                {due_time(seconds, burst=burst)}
            FROM generate_series(0, %s) n
            JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM incidents_incident) i
                ON i.place = n %% {INCIDENTS}""",
            [start, count - 1],
        )
        clock.wake()
    if clock.now() >= start:
        raise SystemExit("storing the deadlines took longer than the time before the first; the machine is too busy")


def start_clock(name: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "clock", "--name", name], stdout=subprocess.DEVNULL, cwd=ROOT
    )


def wait_for_beats(count: int) -> None:
    from journal.models import ClockBeat

    for _ in range(600):
        if ClockBeat.objects.count() >= count:
            return
        time.sleep(0.1)
    raise SystemExit("the clocks did not start")


class Load:
    """A fan-out of notices through the simulator and a reroute, made ready first and started while timers run."""

    def __init__(self) -> None:
        from django.db import connection

        from benchmarks import notices, reroute_world

        with connection.cursor() as cursor:
            cursor.execute(notices.AUDIENCE, [NOTICES])
        reroute_world.build(ORDERS)
        self.simulator = notices.Simulator()
        self.sender = notices.Sender(1)  # a worker, and so one of the two clocks
        self.batch, _seconds = self.sender.queue(notices.NOTICES)
        self.reroute: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        from accounts.actors import SYSTEM
        from notifications.operations import launch_batch

        launch_batch(batch_id=self.batch, by=SYSTEM)
        words = "import django; django.setup(); from benchmarks.reroute import reroute; reroute('b:2', at_once=False)"
        self.reroute = subprocess.Popen([sys.executable, "-c", words], cwd=ROOT, stdout=subprocess.DEVNULL)

    def stop(self) -> None:
        from benchmarks import notices
        from notifications.queries import batch_progress

        assert self.reroute
        assert self.reroute.wait(120) == 0, "the reroute failed"
        print(f"beside it: {batch_progress(self.batch).accepted:,} notices sent, {ORDERS:,} orders rerouted")
        notices.stop(self.sender.worker)
        self.simulator.process.terminate()


def run_clocks(count: int, seconds: float, fault: str, *, with_load: bool = False) -> dict[str, float]:
    """Start two clocks, arm the deadlines, wait, and read from the journal what happened."""
    from django.db import connection

    from journal import queries as journal
    from journal.models import ClockBeat, Entry

    ClockBeat.objects.all().delete()
    running_incidents()
    load = Load() if with_load else None
    clocks = [start_clock(f"bench-{number}") for number in range(1, 2 if load else 3)]
    try:
        wait_for_beats(4)  # each of the two clocks has two loops
        time.sleep(1.0)
        arm(count, seconds, burst=fault == "burst")
        if load:
            time.sleep(ARM)
            load.start()
        if fault == "kill9":
            time.sleep(ARM + seconds * 0.4)
            clocks[0].send_signal(signal.SIGKILL)
            clocks[0].wait()
            time.sleep(1.0)
            clocks[0] = start_clock("bench-1")
        deadline = time.monotonic() + ARM + seconds + 20
        while time.monotonic() < deadline and Entry.objects.filter(kind="deadline.missed").count() < count:
            time.sleep(0.25)
        time.sleep(1.0)
    finally:
        if load:
            load.stop()
        for process in clocks:
            process.terminate()
        for process in clocks:
            process.wait(20)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT payload->>'deadline', extract(epoch FROM recorded_at - occurred_at)::float8 * 1000"
            " FROM journal_entry WHERE kind = 'deadline.missed'"
        )
        rows = cursor.fetchall()
        cursor.execute("SELECT count(*) FROM incidents_deadline WHERE state = 'open'")
        lost = cursor.fetchone()[0]
    late = [late for _deadline, late in rows]
    doubled = len(rows) - len({deadline for deadline, _late in rows})
    return {**figures(late), "lost": lost, "doubled": doubled, "broken chains": len(journal.verify())}


def run_bare(count: int, seconds: float, fault: str) -> dict[str, float]:
    """The raw limit: two loops over one table."""
    from django.db import connection

    from journal import clock

    dsn = dsn_of(connection)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bare_deadline")
        cursor.execute(
            "CREATE TABLE bare_deadline (id bigserial PRIMARY KEY, due_at timestamptz NOT NULL, fired_at timestamptz)"
        )
        cursor.execute("CREATE INDEX ON bare_deadline (due_at) WHERE fired_at IS NULL")
    loops = [subprocess.Popen([sys.executable, "-c", BARE], env={**os.environ, "BARE_DSN": dsn}) for _ in range(2)]
    try:
        time.sleep(1.0)
        with connection.cursor() as cursor:
            cursor.execute("SELECT setseed(0.20261122)")
            cursor.execute(
                f"INSERT INTO bare_deadline (due_at) SELECT {due_time(seconds, burst=fault == 'burst')}"
                " FROM generate_series(1, %s)",
                [clock.now() + timedelta(seconds=ARM), count],
            )
            cursor.execute("NOTIFY bare_clock")
        time.sleep(ARM + seconds + 2.0)
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM fired_at - due_at)::float8 * 1000 FROM bare_deadline")
        return figures([late for (late,) in cursor.fetchall() if late is not None])


def dsn_of(connection: Any) -> str:
    settings = connection.get_connection_params()
    return f"dbname={settings['dbname']} user={settings['user']} host={settings['host']} port={settings['port']}"


def run_celery(count: int, seconds: float, fault: str) -> None:
    """The same by Celery alone; prints a line for each way."""
    from django.conf import settings
    from django.db import connection

    from benchmarks import celery_timers

    os.environ["BARE_DSN"] = dsn_of(connection)
    for by in ("eta", "sweep"):
        late, lost, doubled = celery_timers.run(
            count, seconds, dsn=dsn_of(connection), broker=settings.CELERY_BROKER_URL, by=by, fault=fault
        )
        print(f"Celery {by:5}", {**figures(late), "lost": lost, "doubled": doubled})


def figures(late: list[float]) -> dict[str, float]:
    if not late:
        return {"fired": 0}
    return {
        "fired": len(late),
        "p50 ms": round(percentile(late, 0.50), 1),
        "p99 ms": round(percentile(late, 0.99), 1),
        "max ms": round(max(late), 1),
        "early": sum(value < 0 for value in late),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--fault", choices=["none", "kill9", "burst"], default="none")
    parser.add_argument("--load", action="store_true")
    parser.add_argument("--celery", action="store_true")
    options = parser.parse_args()
    with installation():
        print(f"{options.count} deadlines over {options.seconds:g} s, 2 clocks, fault: {options.fault}")
        bare = run_bare(options.count, options.seconds, options.fault)
        clocks = run_clocks(options.count, options.seconds, options.fault, with_load=options.load)
        print("clocks      ", clocks)
        print("bare loop   ", bare)
        print(f"ratio of p50 {clocks['p50 ms'] / max(bare['p50 ms'], 0.1):.1f}, ", end="")
        print(f"of p99 {clocks['p99 ms'] / max(bare['p99 ms'], 0.1):.1f}", flush=True)
        if options.celery:
            run_celery(options.count, options.seconds, options.fault)
    wrong = {name: clocks[name] for name in ("early", "lost", "doubled", "broken chains") if clocks[name]}
    if wrong or clocks["fired"] != options.count:
        raise SystemExit(f"FAILED: {wrong or 'not all fired'}")


if __name__ == "__main__":
    main()
