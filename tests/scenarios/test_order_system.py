"""The client of docs/ against a live server: push orders, close a warehouse, pull, acknowledge, refuse, see them again.

2,000 orders in every run; 100,000 with `make soak`.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import time
import urllib.request
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from accounts.actors import SYSTEM
from dispatch.models import Carrier, Lane, LaneRate, Order, Region, RerouteRun, Warehouse
from dispatch.operations import close_scope, freeze_affected
from dispatch.scope import Scope
from notifications.operations import WebhookFacts, create_webhook
from tests.notifications.listening import Listener
from tests.processes import Processes, until

CITIES, HOUSES, CARRIERS = 8, 4, 2
CLIENT = Path(__file__).resolve().parents[2] / "docs" / "client" / "fenghuo.py"
CLOSED = Scope(warehouses=("H0",))
MATTER = "incident:1"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client_module() -> Iterator[ModuleType]:
    """The file as an order system would have it: beside its own code, importing nothing of ours."""
    name = "fenghuo_client_of_docs"
    spec = importlib.util.spec_from_file_location(name, CLIENT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[name]


def build(count: int) -> None:
    """Four warehouses that each reach every city by two carriers, with room for everything that one of them has."""
    Region.objects.bulk_create(Region(code=f"R{n}", name=f"R{n}", level="city") for n in range(CITIES))
    Warehouse.objects.bulk_create(
        Warehouse(code=f"H{n}", name=f"H{n}", daily_capacity=2 * count, unit_cost=Decimal("0.1") * n)
        for n in range(HOUSES)
    )
    Carrier.objects.bulk_create(Carrier(code=f"C{n}", name=f"C{n}") for n in range(CARRIERS))
    for house in range(HOUSES):
        for city in range(CITIES):
            for carrier in range(CARRIERS):
                lane = Lane.objects.create(
                    warehouse_id=f"H{house}", region_id=f"R{city}", carrier_id=f"C{carrier}", service_level="STD"
                )
                LaneRate.objects.create(lane=lane, max_weight=50, minimum=5 + carrier, rate=Decimal(1 + carrier))


def row(number: int, version: int = 1, **extra: Any) -> dict[str, Any]:
    return {
        "external_id": f"SO{number:07}",
        "version": version,
        "region": f"R{number % CITIES}",
        "warehouse": f"H{number % HOUSES}",
        "carrier": "C0",
        "service_level": "STD",
        "weight": 1 + number % 9,
        "lines": [{"product": f"P{number % 50}", "quantity": 1}],
        "promise_at": "2026-12-24T18:00:00+08:00",
        **extra,
    }


class Commander:
    """Whoever decides, over REST."""

    def __init__(self, url: str, key: str) -> None:
        self.url, self.key = url + "/api/v1", key

    def call(self, method: str, path: str, body: object = None) -> Any:
        raw = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, raw, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def run(self, reroute: int, state: str) -> None:
        until(
            lambda: self.call("GET", f"/reroutes/{reroute}")["state"] == state,
            seconds=180,
            what=f"reroute {reroute} {state}",
        )

    def propose(self) -> int:
        reroute = self.call("POST", "/reroutes", {"reference": MATTER})["id"]
        self.run(reroute, "proposed")
        return int(reroute)

    def apply(self, reroute: int) -> None:
        self.call("POST", f"/reroutes/{reroute}/approve", {})
        self.run(reroute, "applied")


@pytest.mark.parametrize("count", [2_000, pytest.param(100_000, marks=pytest.mark.soak)])
def test_it_hands_over_to_an_order_system(count, processes: Processes, api_key, administrator, client_module):
    processes.environ["FENGHUO_WEBHOOK_NETWORKS"] = "127.0.0.0/8"
    build(count)
    processes.start_web()
    processes.start_worker()
    took: dict[str, float] = {}
    began = time.monotonic()

    def lap(name: str) -> None:
        nonlocal began
        took[name], began = round(time.monotonic() - began, 1), time.monotonic()

    oms = client_module.Fenghuo(processes.url, api_key("order_system"))
    commander = Commander(processes.url, api_key("commander"))
    listener = Listener()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FENGHUO_WEBHOOK_NETWORKS", "127.0.0.0/8")
        facts = WebhookFacts(url=listener.url, description="Order system", kinds=["assignments.available"])
        _endpoint, secret = create_webhook(facts=facts, by=administrator)
    began = time.monotonic()
    # 1. Push, twice: the second time changes nothing. One row is wrong and says so.
    pushed = oms.push_orders(row(number) for number in range(count))
    assert (pushed.received, pushed.created, pushed.problems) == (count, count, [])
    lap("push")
    again = oms.push_orders(row(number) for number in range(0, count, 10))
    assert (again.ignored, again.created) == (count // 10, 0)
    bad = oms.push_orders([row(0, 2, region="nowhere")])
    assert (bad.rejected, bad.problems[0]["external_id"]) == (1, "SO0000000")
    # 2. A warehouse closes; the commander wants its orders elsewhere.
    close_scope(reference=MATTER, scope=CLOSED, by=SYSTEM)
    affected = freeze_affected(reference=MATTER, scope=CLOSED, by=SYSTEM)
    assert affected.orders == count // HOUSES
    lap("closed")
    first = commander.propose()
    lap("solve")
    # 3. Meanwhile some of them change: the waves leave these alone.
    stale = [row(number, 2, weight=2) for number in range(0, 40, HOUSES)]
    assert oms.push_orders(stale).updated == len(stale)
    gone = [{"external_id": f"SO{40:07}", "version": 2, "state": "cancelled"}]
    assert oms.push_orders(gone).updated == 1
    commander.apply(first)
    lap("apply")
    # 4. The webhook says when to pull; the cursor is kept after each page.
    listener.until(1)
    headers, body = listener.heard[0]
    event = client_module.verify_webhook(secret, headers, body)
    assert (event["type"], event["data"]["reroute"]) == ("assignments.available", first)
    with pytest.raises(client_module.BadWebhook):
        client_module.verify_webhook(secret, headers, body + b" ")
    cursor, told = "", []
    for page in oms.pages(cursor, limit=700):
        told += page.assignments
        cursor = page.next
    assert len(told) == affected.orders - len(stale) - 1
    assert {assignment.warehouse for assignment in told} <= {f"H{number}" for number in range(1, HOUSES)}
    lap("pull")
    skipped = {one["order"]: one["why"] for one in oms.skipped(first)}
    assert set(skipped) == {one["external_id"] for one in [*stale, *gone]}
    assert skipped[gone[0]["external_id"]] == "state"
    # 5. Answer, twice: every twentieth is refused.
    refused = {assignment.id: "already packed" for assignment in told[::20]}
    accepted = [assignment.id for assignment in told if assignment.id not in refused]
    assert oms.answer(accepted=accepted, refused=refused) == len(told)
    assert oms.answer(accepted=accepted, refused=refused) == 0
    lap("answer")
    assert {one["order"] for one in oms.refused(first) if one["back"]} == {one.order for one in told[::20]}
    # 6. They come again with what was stale, by another way, and nobody else does.
    following = freeze_affected(reference=MATTER, scope=CLOSED, by=SYSTEM, refresh=True)
    assert following.orders == len(refused) + len(stale)
    second = commander.propose()
    commander.apply(second)
    late = [assignment for page in oms.pages(cursor) for assignment in page.assignments]
    assert {one.order for one in late} == {one.order for one in told[::20]} | {one["external_id"] for one in stale}
    before = {one.order: one.lane for one in told}
    assert all(one.lane != before.get(one.order) for one in late)
    lap("again")
    # Both sides agree on where every order is.
    newest = {one.order: one.warehouse for one in [*told, *late]}
    known = dict(Order.objects.filter(external_id__in=newest).values_list("external_id", "warehouse_id"))
    assert known == newest
    assert RerouteRun.objects.get(pk=first).skipped == len(skipped)
    listener.stop()
    print(f"{count} orders: {took}")  # noqa: T201
