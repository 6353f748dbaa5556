"""Notices: `python -m benchmarks.notices [--count N] [--rounds N] [--processes N] [--each N] [--tasks N]`.

Queueing: a batch filled from an audience table by the operation, against one raw INSERT … SELECT of the same rows into
a table of the same make. Sending: the batch launched, with real Celery worker processes, through the simulator without
latency, against bare clients on the same simulator (`benchmarks.bare`): as many processes and connections, the same
calls of a hundred. `--each` sends so many with a call of its own for each notice, against bare asyncio clients;
`--tasks` gives the rate of one Celery task per notice. Rounds alternate.

Beside the rates stands the processor time per notice: of the bare clients and the simulator, and of all that the house
runs (workers, clock, PostgreSQL, Valkey, simulator). On a machine that does other work too it tells more than rates do.
Last, what a message takes in PostgreSQL without indexes, and what the worker processes take in memory before and after.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks import bare
from benchmarks.ground import Stopwatch, installation, report

ROOT = Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
AUDIENCE = """
CREATE UNLOGGED TABLE audience AS
SELECT n, '139' || lpad(n::text, 8, '0') AS phone, 'SO' || lpad(n::text, 12, '0') AS order_no,
    'https://example.test/s/' || lpad(n::text, 10, '0') AS url
FROM generate_series(1, %s) AS n
"""
NOTICES = """
SELECT %s || n, 'sms', phone, 'zh-hans',
    jsonb_build_object('no', order_no, 'cause', '台风利奇马', 'eta', '8月14日18时', 'url', url)
FROM audience
"""
RAW = """
INSERT INTO raw_message (id, key, batch_id, template_id, channel, language, destination, variables, state, queued_at)
SELECT nextval('notifications_message_id_seq'), s.key, 1, 1, s.channel, s.language, s.phone, s.variables, 'queued',
    clock_timestamp()
FROM ({select}) AS s(key, channel, phone, language, variables)
"""
SIZE = """
SELECT (pg_table_size('notifications_message') + pg_table_size('notifications_attempt')
    + pg_table_size('notifications_chunk')) / count(*) FROM notifications_message
"""


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


def execute(sql: str, *params: Any) -> list[tuple]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, list(params) or None)
        return cursor.fetchall() if cursor.description else []


def stat(pid: int) -> list[int]:
    """Of a process: its parent, then clock ticks: user, system, and of children that have ended user, system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return [int(fields[1]), *map(int, fields[11:15])]


def worked() -> float:
    """Seconds that all which this process has started worked so far, those that have ended too; not itself."""
    found: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                found[int(folder.name)] = stat(int(folder.name))
            except OSError:
                continue
    ours, me = {os.getpid()}, os.getpid()
    while grown := {pid for pid, fields in found.items() if fields[0] in ours} - ours:
        ours |= grown
    return sum(sum(found[pid][1:] if pid != me else found[pid][3:]) for pid in ours) / TICKS


class Simulator:
    def __init__(self) -> None:
        self.port = free_port()
        os.environ["SIMULATOR_PORT"] = str(self.port)
        self.url = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "manage.py", "simulate_providers", "--no-mail", "--set", "receipts=false"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        while True:
            try:
                self.accepted()
                return
            except OSError:
                assert self.process.poll() is None, "the simulator ended"
                time.sleep(0.1)

    def accepted(self) -> int:
        with urllib.request.urlopen(f"{self.url}/ledger", timeout=30) as answer:
            return int(json.load(answer)["accepted"])

    def clear(self) -> None:
        body = json.dumps({"clear": True}).encode()
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/control", body), timeout=30).close()

    def cpu(self) -> float:
        return sum(stat(self.process.pid)[1:3]) / TICKS


class Sender:
    """The house: an operation per step, and Celery workers that were started before the clock runs."""

    def __init__(self, processes: int) -> None:
        self.worker = start_worker("config", "notices", processes)
        self.number = 0

    def queue(self, select: str) -> tuple[int, float]:
        from accounts.actors import SYSTEM
        from notifications.operations import fill_batch, open_batch

        self.number += 1
        name = f"round{self.number}:"
        batch = open_batch(template="delay", by=SYSTEM, reference="bench:1", key=name)
        with Stopwatch() as watch:
            fill_batch(batch.pk, select, [name])
        return batch.pk, watch.seconds

    def send(self, batch_id: int) -> tuple[float, float]:
        """Seconds from launch to the last message, and to the first, by the database's clock."""
        from accounts.actors import SYSTEM
        from notifications.models import Batch
        from notifications.operations import launch_batch

        launch_batch(batch_id=batch_id, by=SYSTEM)
        while execute("SELECT state FROM notifications_batch WHERE id = %s", batch_id) != [("finished",)]:
            assert self.worker.poll() is None, "the worker ended"
            time.sleep(0.1)
        batch = Batch.objects.get(pk=batch_id)
        assert batch.first_sent_at
        assert batch.launched_at
        assert batch.finished_at
        moments = batch.finished_at, batch.first_sent_at
        last, first = ((moment - batch.launched_at).total_seconds() for moment in moments)
        return last, first

    def memory(self) -> list[int]:
        """MB of each process of the pool."""
        children = Path(f"/proc/{self.worker.pid}/task/{self.worker.pid}/children").read_text().split()
        texts = {pid: Path(f"/proc/{pid}/status").read_text() for pid in children}
        lines = [line for text in texts.values() for line in text.splitlines() if line.startswith("VmRSS")]
        return sorted(int(line.split()[1]) // 1024 for line in lines)


def start_worker(app: str, queue: str, processes: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "celery", "-A", app, "worker", "-n", f"{queue}@%h", "-Q", queue]
    command += ["-c", str(processes), "-l", "ERROR", "--without-gossip", "--without-mingle"]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=ROOT, start_new_session=True, stdout=quiet, stderr=quiet)


def stop(worker: subprocess.Popen[bytes]) -> None:
    os.killpg(worker.pid, signal.SIGTERM)
    worker.wait()


def call_each(simulator: Simulator) -> None:
    """From now on a call carries one message."""
    from accounts.models import Channel
    from journal.clock import now
    from notifications import gateways
    from notifications.models import Gateway, Kind
    from notifications.sealing import seal

    account = gateways.aliyun()
    Gateway.objects.create(
        kind=Kind.ALIYUN_SMS,
        channel=Channel.SMS,
        name="each",
        url=simulator.url,
        key_id=account.key_id,
        sealed=seal(account.secret),
        sign_name=account.sign_name,
        batch_size=1,
        created_at=now(),
        created_by="bench",
    )


class Rounds:
    """What was measured, by name: notices a second and microseconds of work per notice."""

    def __init__(self, simulator: Simulator, sender: Sender) -> None:
        self.simulator, self.sender = simulator, sender
        self.rates: dict[str, list[float]] = defaultdict(list)
        self.work: dict[str, list[float]] = defaultdict(list)
        self.shares: list[float] = []
        self.first: list[float] = []

    def bare(self, kind: str, count: int, processes: int) -> None:
        self.simulator.clear()
        before = self.simulator.cpu()
        rate, cpu = bare.send(kind, count, processes)
        self.note(f"bare, {kind}", rate, cpu + self.simulator.cpu() - before, count)

    def house(self, kind: str, count: int, batch_id: int) -> None:
        self.simulator.clear()
        before, simulator = worked(), self.simulator.cpu()
        seconds, first = self.sender.send(batch_id)
        self.note(f"launch to last, {kind}", count / seconds, worked() - before, count)
        self.shares.append((self.simulator.cpu() - simulator) / seconds)
        self.first.append(first)
        assert self.simulator.accepted() == count

    def note(self, name: str, rate: float, cpu: float, count: int) -> None:
        self.rates[name].append(rate)
        self.work[name].append(cpu / count * 1e6)

    def print(self, kind: str) -> None:
        names = [f"bare, {kind}", f"launch to last, {kind}"]
        report("notices", {name: self.rates[name] for name in names}, raw=names[0])
        raw, ours = (statistics.median(self.work[name]) for name in names)
        print(f"processor time per notice: bare {raw:.0f} µs, the house {ours:.0f} µs, so {raw / ours:.2f} ×")


def forget() -> None:
    execute("TRUNCATE notifications_message")
    execute("TRUNCATE notifications_batch CASCADE")


def run(count: int, rounds: int, processes: int, each: int, tasks: int) -> None:
    execute(AUDIENCE, count)
    execute("VACUUM ANALYZE audience")
    execute("CREATE TABLE raw_message (LIKE notifications_message INCLUDING ALL) WITH (fillfactor = 50)")
    queueing: dict[str, list[float]] = {"INSERT … SELECT": [], "fill_batch": []}
    simulator = Simulator()
    sender = Sender(processes)
    measured = Rounds(simulator, sender)
    try:
        for _process in range(processes):
            sender.send(sender.queue(f"{NOTICES} LIMIT 4000")[0])
        memory = [sender.memory()]
        for number in range(rounds):
            forget()
            execute("TRUNCATE raw_message")
            with Stopwatch() as watch:
                execute(RAW.format(select=NOTICES), f"raw{number}:")
            queueing["INSERT … SELECT"].append(count / watch.seconds)
            batch_id, seconds = sender.queue(NOTICES)
            queueing["fill_batch"].append(count / seconds)
            execute("CHECKPOINT")
            measured.bare("batches", count, processes)
            measured.house("batches", count, batch_id)
            memory.append(sender.memory())
        size = execute(SIZE)[0][0]
        if tasks:
            forget()
            measured.rates["one Celery task each"].append(send_tasks(tasks, processes, sender))
        if each:
            call_each(simulator)
            for _number in range(rounds):
                forget()
                measured.bare("each", each, processes)
                measured.house("each", each, sender.queue(f"{NOTICES} LIMIT {each}")[0])
    finally:
        simulator.process.terminate()
        stop(sender.worker)
    print(f"{count:,} notices, {processes} worker processes, calls of 100")
    report("notices", queueing, raw="INSERT … SELECT")
    measured.print("batches")
    print(f"first message after {min(measured.first) * 1000:.0f} … {max(measured.first) * 1000:.0f} ms")
    print(f"the simulator used {min(measured.shares):.0%} … {max(measured.shares):.0%} of a core while the house sent")
    print(f"a message takes {size} bytes in PostgreSQL without indexes, its calls and chunk included")
    print(f"MB of the worker processes before and after: {memory[0]}, {memory[1]}, then {memory[-1]}")
    if each:
        print(f"{each:,} notices with a call each")
        measured.print("each")
    if tasks:
        (rate,) = measured.rates["one Celery task each"]
        batches = statistics.median(measured.rates["launch to last, batches"])
        print(f"one Celery task per notice: {rate:,.0f} notices/s; the house is {batches / rate:.0f} × as fast")


def send_tasks(count: int, processes: int, sender: Sender) -> float:
    """One Celery task per notice, all published before the clock runs; notices a second."""
    sender.queue(f"{NOTICES} LIMIT {count}")
    for (pk,) in execute("SELECT id FROM notifications_message ORDER BY id"):
        bare.send_one.delay(pk)
    waiting = "SELECT count(*) FROM notifications_message WHERE state = 'queued'"
    worker = start_worker("benchmarks.bare", "bench", processes)
    try:
        while execute(waiting)[0][0] > count * 0.95:  # the worker has started
            time.sleep(0.05)
        left = execute(waiting)[0][0]
        with Stopwatch() as watch:
            while execute(waiting)[0][0]:
                time.sleep(0.2)
        return left / watch.seconds
    finally:
        stop(worker)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--each", type=int, default=0)
    parser.add_argument("--tasks", type=int, default=0)
    given = parser.parse_args()
    os.environ["FENGHUO_WEBHOOK_NETWORKS"] = "127.0.0.0/8"  # a gateway of the browser's may lie there
    with installation():
        run(given.count, given.rounds, given.processes, given.each, given.tasks)


if __name__ == "__main__":
    main()
