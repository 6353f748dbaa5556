"""Notices: `python -m benchmarks.notices [--rounds N] [--count N] [--processes N]`.

Queueing: a batch filled from an audience table by the operation, against one raw INSERT … SELECT of the same rows into
a table of the same make. Sending: the batch launched, with real Celery worker processes, through the simulator without
latency, against bare clients on the same simulator: as many processes and connections, the same calls of a hundred,
messages ready in memory, no database. Rounds alternate; the simulator's own share of the time is printed.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.ground import Stopwatch, installation, report

ROOT = Path(__file__).resolve().parent.parent
WORDS = {"no": "SO{n:012}", "cause": "台风利奇马", "eta": "8月14日18时", "url": "https://example.test/s/{n:010}"}
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


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


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
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def bare(count: int, first: int) -> None:
    """One bare client process: ready its messages, wait for a line, send them, print the seconds."""
    import django

    django.setup()
    from notifications import gateways
    from notifications.engine.run import CALLS_AT_ONCE
    from notifications.transports import Call, Item
    from notifications.transports.aliyun import Sms

    sms = Sms(gateways.aliyun())
    numbers = range(first, first + count)
    items = [Item(n, str(n), f"139{n:08}", {name: text.format(n=n) for name, text in WORDS.items()}) for n in numbers]
    calls = [Call(f"bare{items[at].id}", "SMS_DELAY_ZH", items[at : at + 100]) for at in range(0, count, 100)]
    print("ready", flush=True)
    sys.stdin.readline()
    with Stopwatch() as watch, ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
        list(pool.map(sms.deliver, calls))
    print(watch.seconds, watch.cpu, flush=True)


def send_bare(count: int, processes: int) -> tuple[float, float]:
    part = count // processes
    clients = []
    for number in range(processes):
        command = [sys.executable, "-m", "benchmarks.notices", "--bare", str(part), "--first", str(number * part + 1)]
        clients.append(subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
    for client in clients:
        assert client.stdout
        client.stdout.readline()
    for client in clients:
        assert client.stdin
        client.stdin.write("go\n")
        client.stdin.flush()
    seconds, cpu = [], 0.0
    for client in clients:
        assert client.stdout
        took, worked = map(float, client.stdout.readline().split())
        seconds.append(took)
        cpu += worked
        client.wait()
    return part * processes / max(seconds), cpu


class Sender:
    """The house: an operation per step, and Celery workers that were started before the clock runs."""

    def __init__(self, processes: int) -> None:
        command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-n", "bench@%h", "-Q", "notices"]
        command += ["-c", str(processes), "-l", "ERROR", "--without-gossip", "--without-mingle"]
        quiet = subprocess.DEVNULL
        self.worker = subprocess.Popen(command, cwd=ROOT, start_new_session=True, stdout=quiet)
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
        """Seconds from launch to the last message, and to the first."""
        from accounts.actors import SYSTEM
        from notifications.models import Batch
        from notifications.operations import launch_batch

        with Stopwatch() as watch:
            launch_batch(batch_id=batch_id, by=SYSTEM)
            while Batch.objects.get(pk=batch_id).state != "finished":
                assert self.worker.poll() is None, "the worker ended"
                time.sleep(0.02)
        batch = Batch.objects.get(pk=batch_id)
        assert batch.first_sent_at
        assert batch.launched_at
        return watch.seconds, (batch.first_sent_at - batch.launched_at).total_seconds()

    def stop(self) -> None:
        os.killpg(self.worker.pid, signal.SIGTERM)
        self.worker.wait()


def run(count: int, rounds: int, processes: int) -> None:
    from django.db import connection

    def execute(sql: str, *params: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, list(params) or None)

    execute(AUDIENCE, count)
    execute("VACUUM ANALYZE audience")
    execute("CREATE TABLE raw_message (LIKE notifications_message INCLUDING ALL) WITH (fillfactor = 50)")
    queueing: dict[str, list[float]] = {"INSERT … SELECT": [], "fill_batch": []}
    sending: dict[str, list[float]] = {"bare batching clients": [], "launch to last, Celery": []}
    first: list[float] = []
    shares: list[float] = []
    simulator = Simulator()
    sender = Sender(processes)
    try:
        warm, _seconds = sender.queue(f"{NOTICES} LIMIT 4000")
        sender.send(warm)
        for number in range(rounds):
            execute("TRUNCATE raw_message")
            with Stopwatch() as watch:
                execute(RAW.format(select=NOTICES), f"raw{number}:")
            queueing["INSERT … SELECT"].append(count / watch.seconds)
            batch_id, seconds = sender.queue(NOTICES)
            queueing["fill_batch"].append(count / seconds)
            execute("CHECKPOINT")
            simulator.clear()
            sending["bare batching clients"].append(send_bare(count, processes))
            simulator.clear()
            before = simulator.cpu()
            seconds, to_first = sender.send(batch_id)
            sending["launch to last, Celery"].append(count / seconds)
            shares.append((simulator.cpu() - before) / seconds)
            first.append(to_first)
            assert simulator.accepted() == count
            execute("TRUNCATE notifications_message")
            execute("TRUNCATE notifications_batch CASCADE")
    finally:
        simulator.process.terminate()
        sender.stop()
    print(f"{count:,} notices, {processes} worker processes, calls of 100")
    report("notices", queueing, raw="INSERT … SELECT")
    report("notices", sending, raw="bare batching clients")
    print(f"first message after {min(first) * 1000:.0f} … {max(first) * 1000:.0f} ms")
    print(f"the simulator itself used {min(shares):.0%} … {max(shares):.0%} of one core while the house sent")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--bare", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--first", type=int, default=1, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.bare:
        bare(given.bare, given.first)
        return
    with installation():
        run(given.count, given.rounds, given.processes)


if __name__ == "__main__":
    main()
