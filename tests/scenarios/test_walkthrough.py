"""The code that `docs/` shows to whoever connects an order system is run as it stands, against a live server."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import transaction

from dispatch.models import AssignmentAnswer, Order
from notifications.engine import webhooks as engine
from notifications.operations import WebhookFacts, create_webhook, send_event
from tests.dispatch.conftest import network  # noqa: F401
from tests.dispatch.rerouting import applied_run
from tests.notifications.listening import Listener
from tests.scenarios.test_order_system import client_module  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)
DOCS = Path(__file__).resolve().parents[2] / "docs"


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", (DOCS / page).read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture
def site(processes, network, api_key, client_module, monkeypatch):  # noqa: F811
    """run(code, **names) → what a snippet defined, run with the address and key of a live server."""
    processes.start_web()
    monkeypatch.setitem(sys.modules, "fenghuo", client_module)
    key = api_key("order_system")

    def run(code: str, **names: object) -> dict[str, object]:
        code = code.replace("https://fenghuo.example.com", processes.url).replace("fh_…", key)
        assert "…" not in code
        exec(compile(code, "docs", "exec"), names)
        return names

    return SimpleNamespace(run=run, url=processes.url, key=key)


def orders(count: int, prefix: str = "SO"):
    return lambda: [SimpleNamespace(number=f"{prefix}{number}", revision=1) for number in range(count)]


def test_what_the_pages_show_runs(site, administrator, client_module, monkeypatch):  # noqa: F811
    """One server for all of it."""
    the_pages_for_an_order_system(site, administrator, monkeypatch)
    the_example_in_the_client(site, client_module)
    the_calls_of_the_intake_page(site)


def the_pages_for_an_order_system(site, administrator, monkeypatch):
    push, pull, hear = blocks("order-system.md", "python")
    said: list[str] = []
    known = site.run(push, changed_orders=orders(6), print=lambda *words: said.append(str(words)))
    assert (known["result"].created, said) == (6, [])  # type: ignore[attr-defined]

    run = applied_run()
    kept = [""]
    names = {"oms": known["oms"], "load_cursor": lambda: kept[-1], "save_cursor": kept.append}
    site.run(pull, **names, move=lambda order, warehouse, carrier: order != "SO3", tell_carrier=pytest.fail)
    assert AssignmentAnswer.objects.filter(accepted=True).count() == 5
    assert AssignmentAnswer.objects.get(accepted=False).reason == "already packed"
    assert Order.objects.get(external_id="SO3").warehouse_id == "W01"
    site.run(pull, **names, move=pytest.fail, tell_carrier=pytest.fail)

    monkeypatch.setenv("FENGHUO_WEBHOOK_NETWORKS", "127.0.0.0/8")
    listener = Listener()
    _hook, secret = create_webhook(facts=WebhookFacts(url=listener.url, description="OMS"), by=administrator)
    with transaction.atomic():
        send_event(kind="assignments.available", payload={"reroute": run.pk}, key="a")
    engine.send_due()
    listener.stop()
    ((headers, body),) = listener.heard
    seen: list[str] = []
    woken: list[bool] = []
    hook = site.run(
        hear,
        SECRET=secret,
        seen_before=lambda one: one in seen or seen.append(one),
        wake_the_puller=lambda: woken.append(True),
    )["hook"]
    for sent, status in [(body, 204), (body, 204), (body + b" ", 401)]:
        assert hook(SimpleNamespace(headers=headers, body=sent)) == status  # type: ignore[operator]
    assert woken == [True]


def the_example_in_the_client(site, client):
    code = "\n".join(line[4:] for line in (client.__doc__ or "").splitlines() if line.startswith("    "))
    row = {"external_id": "C1", "version": 1, "region": "330100", "warehouse": "W02", "service_level": "STD"}
    kept: list[str] = []
    pulled: list[str] = []
    names = {
        "orders": [{**row, "carrier": "SF", "weight": 1}],
        "saved": "",
        "carry_out": lambda assignments: (pulled.extend(one.order for one in assignments), ([], {}))[1],
        "save": kept.append,
        "Fenghuo": client.Fenghuo,
    }
    site.run(code, **names)
    assert Order.objects.filter(external_id="C1").exists()
    assert sorted(pulled) == [f"SO{number}" for number in range(6)]
    assert len(kept) == 1


def the_calls_of_the_intake_page(site):
    bulk, event = blocks("order-intake.md", "sh")
    (shown,) = blocks("order-intake.md", "json")
    environment = {**os.environ, "FENGHUO": site.url, "KEY": site.key}

    def call(script: str) -> dict[str, object]:
        done = subprocess.run(["sh", "-ec", script], env=environment, capture_output=True, check=True, timeout=60)
        return json.loads(done.stdout)  # type: ignore[no-any-return]

    answer = call(bulk)
    assert answer.items() >= json.loads(shown).items()
    assert call(bulk) == answer, "the same key is answered the same"
    call(event)
    assert Order.objects.get(external_id="N1").state == "held"
