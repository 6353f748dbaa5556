"""Pages while notices leave: `python -m benchmarks.notices_pages [--count 100000] [--readers 4] [--processes 2]`.

The sample with five responses and as many more customers as wanted, all affected by one of them. A notice to all is
launched: a Celery worker makes the messages and sends them through the simulator, without latency and limits, whose
receipts come back to the web process by the thousand. Meanwhile `readers` people, each at two pages a second, ask that
one web process in turn for the board, the incidents, the notices, the notice's page and map, and the orders. How long
the answers took is printed before the launch, while the messages are made, while they are sent, and while the last
receipts come: what half stayed below, what nineteen in twenty did, and the longest.

There is no raw limit: the goal is one of people's patience, 500 ms for nineteen in twenty from the launch on. The load
of the machine is printed because everything shares it.
"""

from __future__ import annotations

import argparse
import http.client
import os
import statistics
import subprocess
import sys
import threading
import time
from collections import defaultdict
from itertools import pairwise
from typing import Any

from benchmarks.deadlines import percentile
from benchmarks.ground import installation
from benchmarks.notices import ROOT, execute, free_port, start_worker, stop
from benchmarks.pages import make_incidents, sessions, start_web

PAUSE = 0.5  # seconds between two pages of a reader
GOAL = 0.5
BEFORE, MAKING, SENDING, AFTER = "before the launch", "messages are made", "messages are sent", "last receipts"
CUSTOMERS = """
INSERT INTO dispatch_order ({columns})
SELECT {values} FROM (
    SELECT *, row_number() OVER () AS n
    FROM (SELECT * FROM dispatch_order WHERE state = 'open') o CROSS JOIN generate_series(1, %s)
) o WHERE n <= %s
"""


class Readers:
    """People at their browsers; what each answer took is kept under the phase it began in."""

    def __init__(self, port: int, keys: list[str], addresses: dict[str, str]) -> None:
        self.port, self.addresses = port, addresses
        self.phase, self.stopped = BEFORE, threading.Event()
        self.took: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        self.bad: list[str] = []
        self.threads = [
            threading.Thread(target=self.read, args=(key, number), daemon=True) for number, key in enumerate(keys)
        ]
        for thread in self.threads:
            thread.start()

    def read(self, key: str, number: int) -> None:
        names = list(self.addresses)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while not self.stopped.is_set():
            name, phase = names[number % len(names)], self.phase
            number += 1
            began = time.perf_counter()
            connection.request("GET", self.addresses[name], headers={"Cookie": f"sessionid={key}", "Host": "localhost"})
            answer = connection.getresponse()
            answer.read()
            self.took[phase][name].append(time.perf_counter() - began)
            if answer.status != http.client.OK:
                self.bad.append(f"{answer.status} {name}")
            self.stopped.wait(PAUSE)

    def stop(self) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join()


def add_customers(count: int) -> None:
    """Each with an open order of their own, like those of the sample."""
    from dispatch.models import Order

    own = {
        "external_id": "'B' || n",
        "customer_ref": "'B' || n",
        "phone": "'139' || lpad(n::text, 8, '0')",
        "id": "nextval(pg_get_serial_sequence('dispatch_order', 'id'))",
    }
    columns = [field.column for field in Order._meta.concrete_fields if not getattr(field, "generated", False)]
    values = ", ".join(own.get(column, f"o.{column}") for column in columns)
    times = count // execute("SELECT count(*) FROM dispatch_order WHERE state = 'open'")[0][0] + 1
    execute(CUSTOMERS.format(columns=", ".join(columns), values=values), times, count)
    execute("VACUUM ANALYZE dispatch_order")


def draft(incident: int) -> Any:
    """A notice to everybody with an open order."""
    from accounts.actors import SYSTEM
    from customers import operations
    from customers.models import NoticePolicy
    from dispatch.models import Region
    from dispatch.operations import freeze_affected
    from dispatch.scope import Scope

    NoticePolicy.objects.update_or_create(defaults={"second_approval_above": 10_000_000})
    reference = f"incident:{incident}"
    provinces = Region.objects.filter(parent=None).values_list("code", flat=True)
    freeze_affected(reference=reference, scope=Scope(regions=tuple(code[:2] for code in provinces)), by=SYSTEM)
    only_sms = {"channels": ["sms"]}  # there is no mail server here
    return operations.prepare_notice(reference=reference, template="delay", cause="台风", filters=only_sms, by=SYSTEM)


def under_way() -> int:
    return execute("SELECT sum(sent) FROM notifications_chunk")[0][0]


def start_simulator() -> subprocess.Popen[bytes]:
    command = [sys.executable, "manage.py", "simulate_providers", "--no-mail", "--set", "receipt_delay=0.2"]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)


def run(port: int, count: int, readers: int, processes: int) -> bool:
    from django.urls import reverse

    from accounts.actors import SYSTEM
    from customers import operations
    from customers.models import NoticeRun

    incidents = make_incidents(5)
    add_customers(count)
    notice = draft(incidents[0])
    print(f"{notice.reachable:,} people, {readers} readers, {processes} worker processes", flush=True)
    names = ("board", "board_map_data", "incident_list", "notice_list", "order_list")
    addresses = {name: reverse(name) for name in names}
    addresses |= {name: reverse(name, args=[notice.pk]) for name in ("notice", "notice_body", "notice_map")}
    worker, simulator, web = start_worker("config", "notices", processes), start_simulator(), start_web(port)
    people = Readers(port, sessions(readers), addresses)
    try:
        time.sleep(20)
        moments = [time.perf_counter()]
        people.phase = MAKING
        operations.launch_notice(notice_id=notice.pk, by=SYSTEM)
        while NoticeRun.objects.get(pk=notice.pk).batch is None:
            time.sleep(0.1)
        people.phase = SENDING
        moments.append(time.perf_counter())
        while execute("SELECT count(*) FROM notifications_batch WHERE state = 'launched'") != [(0,)]:
            assert worker.poll() is None, "the worker ended"
            time.sleep(0.2)
        people.phase = AFTER
        moments.append(time.perf_counter())
        while (left := under_way()) and time.perf_counter() < moments[-1] + 300:
            time.sleep(5)
            if under_way() == left:
                break
        moments.append(time.perf_counter())
    finally:
        people.stop()
        simulator.terminate()
        web.terminate()
        stop(worker)
    print("seconds: " + ", ".join(f"{later - sooner:.1f}" for sooner, later in pairwise(moments)))
    return show(people)


def show(people: Readers) -> bool:
    def line(name: str, took: list[float]) -> None:
        figures = statistics.median(took), percentile(took, 0.95), max(took)
        print(f"  {name:<16}" + "".join(f"{seconds * 1000:>8,.0f}" for seconds in figures) + f"{len(took):>8}")

    good = not people.bad
    for phase in (BEFORE, MAKING, SENDING, AFTER):
        found = people.took[phase]
        every = [seconds for some in found.values() for seconds in some]
        if not every:
            continue
        print(f"{phase:<18}{'p50':>8}{'p95':>8}{'longest':>8}{'answers':>8}   ms")
        line("all", every)
        for name, took in found.items():
            line(name, took)
        good = good and (phase == BEFORE or percentile(every, 0.95) <= GOAL)
    print(f"load of the machine {os.getloadavg()[0]:.1f}; other answers than 200: {people.bad[:5] or 'none'}")
    return good


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--readers", type=int, default=4)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    port = free_port()
    os.environ.update(PORT=str(port), FENGHUO_PUBLIC_URL=f"http://127.0.0.1:{port}", SIMULATOR_PORT=str(free_port()))
    with installation():
        good = run(port, given.count, given.readers, given.processes)
    raise SystemExit(0 if good else "nineteen in twenty took longer than 500 ms")


if __name__ == "__main__":
    main()
