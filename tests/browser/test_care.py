"""The whole path of a notice: preview, a second person's yes, launch, progress, receipts of the real simulator, the
customer's page on a phone, claim, grant, survey."""

import json
import re
import urllib.request
from datetime import timedelta
from html import unescape
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from accounts.actors import SYSTEM
from accounts.roles import Role
from customers import operations
from customers.models import Choice, CompensationRun, NoticePolicy, Satisfaction
from customers.operations import policies, rules
from dispatch.models import Order
from journal import clock
from notifications import engine
from tests.browser.pictures import take
from tests.customers.conftest import REFERENCE, build_network, freeze, place_order
from tests.processes import free_port, running

CANARY = "13987654321"


@pytest.fixture
def simulator(server, monkeypatch):
    """The providers as a process whose receipts go to the server; this process sends to them."""
    port = free_port(2)
    for name in ("FENGHUO_SMS_URL", "FENGHUO_SMTP_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SIMULATOR_PORT", str(port))
    address = f"http://127.0.0.1:{port}"
    knobs = {"FENGHUO_SIMULATOR_KNOBS": "receipt_delay=0.05"}
    with running(f"{address}/ledger", "manage.py", "simulate_providers", FENGHUO_PUBLIC_URL=server, **knobs):
        yield address


@pytest.fixture
def drafted(db):
    """A notice to two people, which needs a second yes; the canary's order is thirty hours late."""
    policies.load_default_policy()
    rules.load_care_rules()
    NoticePolicy.objects.create(second_approval_above=1)
    lane = build_network()
    order = place_order(lane, 1, phone=CANARY, customer_name="王小明", external_id="JD20261123001")
    Order.objects.filter(pk=order.pk).update(first_promise_at=clock.now() - timedelta(hours=30))
    place_order(lane, 2, external_id="JD20261123002")
    freeze(SYSTEM)
    words = {"cause": "台风利奇马", "cause_en": "Typhoon Lekima"}
    return order, operations.prepare_notice(reference=REFERENCE, template="delay", by=SYSTEM, **words)


def get(address):
    with urllib.request.urlopen(address, timeout=5) as answer:
        return answer.read().decode()


def texts_to(simulator, number):
    """What the number's owner reads, the newest first."""
    return [unescape(text) for text in re.findall(r"<div>(.*?)</div>", get(f"{simulator}/phone?number={number}"), re.S)]


def send():
    """What a worker does."""
    while engine.send_due(urgent=False, limit=4):
        pass


def confirm(page, button):
    page.click(button)
    page.click("dialog#confirm[open] [data-yes]")


def test_it_goes_from_preview_to_survey(drafted, simulator, log_in, new_page):
    order, run = drafted
    found = []

    def look(page, name, of=""):
        take(page, name, of=of)
        violations = Axe().run(page).response["violations"]
        found.extend(
            f"{name}: {row['id']} {row['nodes'][0]['html'][:90]}"
            for row in violations
            if row["impact"] in {"serious", "critical"}
        )

    # One person checks it and agrees; only another one's yes sends it.
    chief = log_in("kefu", Role.CUSTOMER_SERVICE)
    chief.goto(f"/notices/{run.pk}/")
    assert "JD20261123001受台风利奇马影响" in chief.inner_text("#notice")
    look(chief, "1-preview", "kefu")
    chief.click("[hx-post$='/approve/'] button")
    chief.wait_for_selector(".notice-actions .state-soon")
    deputy = log_in("kefu2", Role.CUSTOMER_SERVICE, name="周航")
    deputy.goto(f"/notices/{run.pk}/")
    confirm(deputy, "[hx-post$='/launch/'] button")
    deputy.wait_for_selector(".notice-share")
    # The first one's page follows by itself, up to the providers' receipts.
    chief.wait_for_selector(".notice-share")
    send()
    chief.locator(".notice-figures > div:has-text('已送达') .figure:text-is('2')").wait_for()
    look(chief, "2-progress", "kefu")

    # The customer opens the link of the message that came.
    link = urlsplit(re.search(r"href=\"([^\"]+)\"", texts_to(simulator, CANARY)[0])[1])
    phone = new_page(width=390, height=844)
    phone.goto(link.path)
    phone.click("summary")
    look(phone, "3-status")
    phone.locator("details").evaluate("fold => fold.open = true")
    phone.check("[name=kind][value=claim]")
    phone.click("details button")
    phone.wait_for_selector(".chosen")

    # Customer service finds the order by the number, and what the claim is worth.
    chief.goto("/desk/")
    chief.fill("#desk-text", CANARY)
    chief.press("#desk-text", "Enter")
    chief.wait_for_url(f"**/desk/{order.pk}/")
    assert CANARY not in chief.content()
    look(chief, "4-desk", "kefu")
    chief.goto(chief.locator(".care-next a").get_attribute("href") + "?scope=claims")
    look(chief, "5-matter", "kefu")
    chief.click(".care-actions .btn-primary")
    chief.wait_for_url("**/desk/compensation/*/")
    confirm(chief, ".care-actions .btn-primary")
    chief.wait_for_selector(".state-done")
    assert (CompensationRun.objects.get().state, Choice.objects.get().state) == ("granted", "done")
    send()
    assert "补偿" in texts_to(simulator, CANARY)[0]
    look(chief, "6-granted", "kefu")

    # It arrives, and the customer is asked how it was.
    Order.objects.filter(pk=order.pk).update(state="delivered", delivered_at=clock.now())
    chief.goto("/desk/satisfaction/")
    confirm(chief, "[hx-post$='/send/'] button")
    chief.wait_for_selector("text=调查新签收的客户")
    send()
    assert link.path in texts_to(simulator, CANARY)[0]
    phone.goto(link.path)
    phone.wait_for_selector(".good")
    phone.check("[name=score][value='4']")
    phone.fill("[name=comment]", "处理很快")
    phone.click("#survey button")
    phone.wait_for_selector("#survey .good")
    look(phone, "7-survey")
    assert Satisfaction.objects.get().score == 4
    chief.reload()
    look(chief, "8-satisfaction", "kefu")
    assert found == []
    ledger = json.loads(get(f"{simulator}/ledger?all=1"))
    assert (ledger["by_number"], ledger["repeated"]["keys"]) == ({CANARY: 3, "13800000002": 1}, [])
