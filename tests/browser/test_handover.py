"""What comes after a decision, and what systems outside are told, as people see it."""

from __future__ import annotations

import os
import random
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import transaction

from accounts.actors import SYSTEM
from accounts.roles import Role
from dispatch.models import Assignment, HourlyThroughput, LaneClosure, Warehouse, WarehouseClosure
from dispatch.operations import Answer, answer_assignments, apply_waves, approve_run
from dispatch.sample.orders import load_throughput
from journal.clock import now
from notifications.models import WebhookDelivery, WebhookEndpoint
from notifications.operations import WebhookFacts, create_webhook, send_event
from tests.dispatch.conftest import ORDER_SYSTEM, make_orders, network, order_row, send  # noqa: F401
from tests.dispatch.rerouting import solved_run

SHOTS = os.environ.get("FENGHUO_SHOTS")


def picture(page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def serious(page, where: str = "main") -> list[str]:
    found = Axe().run(page, context=where).response["violations"]
    return [
        f"{one['id']}: {'; '.join(node['html'][:160] for node in one['nodes'][:3])}"
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]


@pytest.fixture
def reroute(make_orders, send, order_row):  # noqa: F811
    """A warehouse closed six hours ago, its orders moved since, some refused and some skipped; five weeks of past."""
    make_orders(40)
    make_orders(50, prefix="B", warehouse="W02", region="310100")
    run = solved_run()
    send(*(order_row(f"A{number}", 2, weight=2) for number in range(3)))
    approve_run(run_id=run.pk, by=SYSTEM)
    apply_waves(run_id=run.pk, by=SYSTEM)
    ids = list(Assignment.objects.order_by("id").values_list("pk", flat=True))
    answers = [Answer(pk, accepted=True) for pk in ids[4:30]]
    answers += [Answer(pk, accepted=False, reason="已装车" if pk % 2 else "库内已拣货") for pk in ids[:4]]
    answer_assignments(answers=answers, by=ORDER_SYSTEM)
    load_throughput(random.Random(3))
    began = now() - timedelta(hours=6)
    for model in (LaneClosure, WarehouseClosure):
        model.objects.update(closed_at=began)
    for row in HourlyThroughput.objects.filter(hour__gte=began - timedelta(hours=1)):
        HourlyThroughput.objects.filter(pk=row.pk).update(orders=round(row.orders * 0.62))
    busiest = sum(HourlyThroughput.objects.order_by("-hour").values_list("orders", flat=True)[24:48])
    Warehouse.objects.update(daily_capacity=round(busiest * 1.25))
    return run


@pytest.mark.parametrize(
    ("width", "dark", "locale"), [(1440, False, "zh-CN"), (390, True, "en")], ids=["desk", "phone, dark, English"]
)
def test_the_hand_over_and_the_forecast_are_shown(log_in, reroute, width, dark, locale):
    page = log_in("chief", Role.COMMANDER, width=width, dark=dark, locale=locale)
    page.goto(f"/reroutes/{reroute.pk}/")
    page.wait_for_selector(".forecast-chart canvas")
    page.wait_for_selector(".handover-again")
    assert page.locator(".handover-figures dd.figure").nth(4).inner_text() == "37"
    picture(page, f"reroute-{width}")
    assert page.evaluate("document.querySelector('.handover-columns').getBoundingClientRect().right <= innerWidth")
    assert serious(page, ".handover-columns") == []
    page.locator(".handover-again button").click()
    page.wait_for_url(
        lambda url: url.rstrip("/") != f"/reroutes/{reroute.pk}" and f"/reroutes/{reroute.pk}/" not in url
    )


@pytest.mark.parametrize(
    ("width", "dark", "locale"), [(1440, True, "zh-CN"), (390, False, "en")], ids=["desk, dark", "phone, English"]
)
def test_webhooks_are_managed(log_in, administrator, width, dark, locale):

    for name, host in [("订单系统 OMS", "oms"), ("仓储系统 WMS", "wms"), ("数据平台", "lake")]:
        facts = WebhookFacts(url=f"https://{host}.example.com/hooks/fenghuo", description=name)
        create_webhook(facts=facts, by=administrator)
    hook, failing, _quiet = WebhookEndpoint.objects.order_by("id")
    for number, kind in enumerate(["reroute.proposed", "wave.applied", "assignments.available", "network.closed"]):
        with transaction.atomic():
            payload = {"reference": "incident:1", "reroute": 7, "orders": 4210 + number}
            send_event(kind=kind, payload=payload, key=str(number))
    told = WebhookDelivery.objects.filter(endpoint=hook)
    done = {"tries": 1, "status": 200, "duration_ms": 84, "response": "ok", "tried_at": now(), "delivered_at": now()}
    told.update(state="delivered", **done)
    told.filter(kind="network.closed").update(
        state="due", tries=3, status=503, problem="status", due_at=now() + timedelta(minutes=5)
    )
    WebhookEndpoint.objects.filter(pk=hook.pk).update(last_delivered_at=now())
    WebhookEndpoint.objects.filter(pk=failing.pk).update(failing_since=now() - timedelta(hours=2), failures=7)
    page = log_in("boss", Role.ADMINISTRATOR, width=width, dark=dark, locale=locale)
    page.goto("/notifications/webhooks/")
    page.wait_for_selector(".hooks")
    picture(page, f"webhooks-{width}")
    found = serious(page)
    page.goto(f"/notifications/webhooks/{hook.pk}/")
    page.locator(".hook-log summary").first.click()
    picture(page, f"webhook-{width}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert found + serious(page) == []
