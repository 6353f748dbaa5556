"""The board, the list and the incident room with 500 incidents under way, and how soon a change is on 100 screens.

    python -m benchmarks.pages [--incidents 500] [--browsers 100] [--changes 20] [--rounds 5]

Every incident is a real response: its plan's measures, seats, call-outs, deadlines and journal, made by the operations
that a duty officer uses. First each page and fragment is asked for by a process of its own, once with an empty store of
fragments and once with what it kept: server time at p50 and p95, and the statements sent to the database. Then 100
sockets watch one incident as browsers do: a measure is done, and every browser fetches the panels that watch it, in one
answer, after 0 to 300 ms; the time counts from the commit to its last byte.

Targets: p95 of each page and fragment at most 150 ms and 30 statements; the change on all screens at most 1 s at p95.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.deadlines import percentile
from benchmarks.ground import installation

ROOT = Path(__file__).resolve().parent.parent
JITTER = 0.3
SLOWEST, MOST_QUERIES, SOONEST = 0.150, 30, 1.0
ROLES = ("commander", "duty_officer", "section_chief", "warehouse", "customer_service", "auditor")


def make_incidents(count: int) -> list[int]:
    """`count` responses at levels Ⅱ to Ⅳ, started by a commander; some measures of each are done."""
    from django.core.management import call_command

    from accounts.actors import user_actor
    from accounts.models import User
    from incidents import operations
    from incidents.models import Category, Incident, Measure

    call_command("load_sample", verbosity=0)
    by = user_actor(User.objects.get(username="commander"))
    random.seed(20261122)
    ids = []
    for number in range(count):
        incident = operations.report_incident(
            title=f"分拨中心停电 {number}",
            category=random.choice(list(Category.values)),
            site="嘉兴分拨中心",
            scope={"regions": [random.choice(["330000", "310000", "440000", "320000"])]},
            by=by,
        )
        operations.grade_incident(incident_id=incident.pk, by=by)
        operations.respond(incident_id=incident.pk, level=(2, 3, 4)[number % 3], by=by)
        open_rows = Measure.objects.filter(
            incident=incident, kind="checklist", state="pending", due_at__isnull=False, needs_approval=False
        )
        for measure in open_rows.order_by("order")[:2]:
            operations.complete_measure(measure_id=measure.pk, by=by)
        ids.append(incident.pk)
        if number % 100 == 99:
            print(f"  {number + 1} incidents", flush=True)
    assert Incident.objects.filter(state="responding").count() >= count
    return ids


# --- server time and statements --------------------------------------------------------------------------------------


@dataclass
class Figures:
    """What one address took: seconds, seconds of this process's own work, and statements of each request; apart from
    them the first request, for which the process loads templates and texts."""

    first: float = 0.0
    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    statements: list[int] = field(default_factory=list)


def addresses(incident: int) -> dict[str, str]:
    from django.urls import reverse

    fixed = {
        name: reverse(name)
        for name in (
            *("board", "board_status", "board_map_data", "board_warnings", "board_incidents", "board_duty"),
            *("board_throughput_data", "board_throughput", "board_orders", "board_supplies", "incident_list"),
        )
    }
    room = ("incident_room", "incident_head", "incident_measures", "incident_posts", "incident_timeline")
    fixed |= {name: reverse(name, args=[incident]) for name in (*room, "incident_plan", "incident_board")}
    reference = f"incident:{incident}"
    panels = ("dispatch_panel", "customers_panel", "inventory_panel", "alerts_panel", "kpis_panel")
    return fixed | {name: reverse(name, args=[reference]) for name in panels}


def measure_pages(incidents: list[int], rounds: int) -> dict[str, dict[str, Figures]]:
    """Ask for every address in this process; "made" with an empty store each time, "kept" with a warm one."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from accounts.models import User
    from journal import fragments

    client = Client()
    client.force_login(User.objects.get(username="commander"), backend="accounts.backends.StaffBackend")
    found: dict[str, dict[str, Figures]] = {"made": {}, "kept": {}}
    for name, address in addresses(incidents[0]).items():
        began = time.perf_counter()
        client.get(address)
        first = time.perf_counter() - began
        for by_name in found.values():
            by_name[name] = Figures(first)
    gc.collect()
    gc.freeze()  # as config.web does when a web process starts
    for incident in random.sample(incidents, min(rounds * 4, len(incidents))):
        for name, address in addresses(incident).items():
            for how, by_name in found.items():
                if how == "made":
                    fragments.store.clear()
                figures = by_name[name]
                began, worked = time.perf_counter(), time.process_time()
                answer = client.get(address)
                figures.seconds.append(time.perf_counter() - began)
                figures.cpu.append(time.process_time() - worked)
                assert answer.status_code == 200, (name, answer.status_code)
                if len(figures.statements) < 3:
                    if how == "made":
                        fragments.store.clear()
                    with CaptureQueriesContext(connection) as statements:
                        client.get(address)
                    figures.statements.append(len(statements))
    return found


def show_pages(found: dict[str, dict[str, Figures]]) -> bool:
    head = "".join(f"{how + ': p50':>12}{'p95':>9}{'CPU':>9}{'SQL':>5}" for how in ("made", "kept"))
    print(f"\n{'page or fragment':<24}{head}{'first':>10}")
    good = True
    for name in found["made"]:
        line, fine = f"{name:<24}", True
        for how in ("made", "kept"):
            figures = found[how][name]
            p95 = percentile(figures.seconds, 0.95)
            statements = max(figures.statements)
            middle, cpu = statistics.median(figures.seconds), statistics.median(figures.cpu)
            line += f"{middle * 1000:>10.1f}ms{p95 * 1000:>7.1f}ms{cpu * 1000:>7.1f}ms{statements:>5}"
            fine = fine and p95 <= SLOWEST and statements <= MOST_QUERIES
        good = good and fine
        print(f"{line}{found['made'][name].first * 1000:>8.0f}ms" + ("" if fine else "   over the target"))
    return good


# --- live ------------------------------------------------------------------------------------------------------------


def start_web(port: int) -> subprocess.Popen[bytes]:
    """The web process as `manage.py up` runs it."""
    argv = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(port), "--lifespan", "off"]
    argv += ["--no-access-log", "--log-level", "warning"]
    child = subprocess.Popen(argv, cwd=ROOT, env={**os.environ, "PORT": str(port)})
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1).read()
            return child
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the web process did not start")


def sessions(count: int) -> list[str]:
    """Session keys of that many different people, of all kinds of roles."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from accounts.models import RoleGrant, User

    keys = []
    for number in range(count):
        user = User.objects.create(username=f"browser{number}", name=f"浏览{number}", password="!")
        RoleGrant.objects.create(user=user, role=ROLES[number % len(ROLES)])
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "accounts.backends.StaffBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        keys.append(str(session.session_key))
    return keys


class Browser:
    """One open incident room: a socket that watches its topic, and a fetch of its panels when it is told."""

    def __init__(self, http: Any, base: str, key: str, topic: str, panels: list[str]) -> None:
        self.http, self.base, self.topic, self.panels = http, base, topic, panels
        self.headers = {"Cookie": f"sessionid={key}", "HX-Request": "true"}
        self.etags = dict.fromkeys(panels, "")
        self.waiting = False
        self.done_at = 0.0
        self.done = asyncio.Event()
        self.task: asyncio.Task[None] | None = None
        self.status: dict[int, int] = {}

    async def run(self, ready: asyncio.Event) -> None:
        from aiohttp import WSMsgType

        origin = {"Origin": self.base, **self.headers}
        async with self.http.ws_connect(self.base + "/ws/topics/", headers=origin) as socket:
            await socket.send_json({"watch": [self.topic]})
            await self.fetch(jitter=0.0)
            ready.set()
            async for message in socket:
                told = message.type == WSMsgType.TEXT and json.loads(message.data).get("topic") == self.topic
                # As fenghuo.js does: what comes while a fetch waits for its turn is answered by it.
                if told and not self.waiting:
                    self.waiting = True
                    self.task = asyncio.create_task(self.fetch(jitter=random.random() * JITTER))

    async def fetch(self, *, jitter: float) -> None:
        await asyncio.sleep(jitter)
        self.waiting = False
        query = [pair for panel in self.panels for pair in (("of", panel), ("have", self.etags[panel]))]
        async with self.http.get(f"{self.base}/panels/", params=query, headers=self.headers) as answer:
            parts = await answer.json()
        for panel, part in zip(self.panels, parts, strict=True):
            self.status[part["status"]] = self.status.get(part["status"], 0) + 1
            if part["status"] not in {200, 304}:
                raise SystemExit(f"{panel} answered {part['status']}")
            self.etags[panel] = part.get("etag", self.etags[panel])
        self.done_at = time.perf_counter()
        if not self.waiting:
            self.done.set()


async def watch(base: str, keys: list[str], incident: int, measures: list[int], pause: float) -> list[float]:
    """Seconds from each commit to each browser having fetched every panel."""
    import aiohttp
    from asgiref.sync import sync_to_async
    from django.urls import reverse

    from accounts.actors import user_actor
    from accounts.models import User
    from incidents import operations

    names = ("incident_head", "incident_measures", "incident_posts", "incident_timeline")
    panels = [reverse(name, args=[incident]) for name in names]
    by = await sync_to_async(lambda: user_actor(User.objects.get(username="commander")))()
    seconds: list[float] = []
    # A browser keeps some connections open to the server; so do these.
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as http:
        browsers = [Browser(http, base, key, f"incident:{incident}", panels) for key in keys]
        ready = [asyncio.Event() for _ in browsers]
        running = [asyncio.create_task(b.run(flag)) for b, flag in zip(browsers, ready, strict=True)]
        await asyncio.gather(*(flag.wait() for flag in ready))
        for measure in measures:
            for browser in browsers:
                browser.done.clear()
            await sync_to_async(operations.complete_measure)(measure_id=measure, by=by)
            committed = time.perf_counter()
            await asyncio.wait_for(asyncio.gather(*(browser.done.wait() for browser in browsers)), 30)
            await asyncio.sleep(pause)
            seconds += [browser.done_at - committed for browser in browsers]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        total: dict[int, int] = {}
        for browser in browsers:
            for status, count in browser.status.items():
                total[status] = total.get(status, 0) + count
        print(f"  answers: {total}")
    return seconds


def checklist(incident: int, wanted: int) -> list[int]:
    """Measures of that incident to be done one after the other, made up to the number wanted."""
    from django.db.models import Max

    from incidents.models import Incident, Measure
    from journal import clock

    row = Incident.objects.get(pk=incident)
    order = Measure.objects.filter(incident=row).aggregate(most=Max("order"))["most"] or 0
    now = clock.now()
    made = Measure.objects.bulk_create(
        Measure(
            incident=row,
            code=f"bench-{number}",
            name=f"核对第 {number} 批",
            phase="response",
            order=order + number,
            post="operations",
            kind="checklist",
            due_minutes=60,
            counted_from=now,
            due_at=row.due(now, 60),
        )
        for number in range(1, wanted + 1)
    )
    return [measure.pk for measure in made]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--incidents", type=int, default=500)
    parser.add_argument("--browsers", type=int, default=100)
    parser.add_argument("--changes", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--port", type=int, default=8190)
    options = parser.parse_args()
    with installation():
        began = time.perf_counter()
        incidents = make_incidents(options.incidents)
        print(f"{len(incidents)} incidents under way after {time.perf_counter() - began:.0f} s")
        good = show_pages(measure_pages(incidents, options.rounds))
        keys = sessions(options.browsers)
        measures = checklist(incidents[0], options.changes)
        web = start_web(options.port)
        try:
            seconds = asyncio.run(
                watch(f"http://127.0.0.1:{options.port}", keys, incidents[0], measures, pause=JITTER + 0.8)
            )
        finally:
            web.send_signal(signal.SIGTERM)
            web.wait(15)
        p50, p95, worst = statistics.median(seconds), percentile(seconds, 0.95), max(seconds)
        print(
            f"\na change on {options.browsers} screens, all panels: p50 {p50 * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms,"
            f" worst {worst * 1000:.0f} ms"
        )
        good = good and p95 <= SOONEST
    print("within the targets" if good else "NOT within the targets")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
