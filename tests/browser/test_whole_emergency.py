"""The main job from end to end, with real processes: reported, graded, manned, rerouted, told, supplied, recovered,
closed, counted. The order system speaks REST, people use the browser, and each page's one next step leads the way."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request

import pytest
from django.core.management import call_command

from accounts.actors import SYSTEM
from accounts.operations import create_api_key
from dispatch.models import Assignment, Order, Warehouse
from incidents.links import token_of
from incidents.models import CallOut, CommandPost, Incident, ReadinessCheck
from inventory.models import Movement
from journal.models import Entry
from journal.queries import verify
from kpis.queries import incident_figures
from notifications.models import Message
from tests.processes import until

playwright = pytest.importorskip("playwright.sync_api")

MOST_STEPS = 80
WARNING = """<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
<identifier>33040000000000_20261122080000_1</identifier>
<sender>weather.example</sender><sent>2026-11-22T08:00:00+08:00</sent><status>Actual</status>
<msgType>Alert</msgType><scope>Public</scope><info><language>zh-CN</language><category>Met</category><event>暴雨橙色预警</event>
<urgency>Immediate</urgency><severity>Severe</severity><certainty>Observed</certainty>
<area><areaDesc>嘉兴市</areaDesc><geocode><valueName>GB/T 2260</valueName><value>330400</value></geocode></area>
</info></alert>"""


class Rest:
    """A machine that calls the API with its own key."""

    def __init__(self, url: str, role: str) -> None:
        self.url = url
        self.key = create_api_key(name=f"story {role}", role=role, by=SYSTEM)[1]

    def call(self, method: str, path: str, body: object = None, content_type: str = "application/json"):
        data = body.encode() if isinstance(body, str) else None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": content_type}
        request = urllib.request.Request(f"{self.url}/api/v1{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()[:500]}") from error


@pytest.fixture
def house(processes):
    """The sample organisation with web, workers and the providers' simulator."""
    call_command("load_sample", verbosity=0)
    processes.start_simulator()
    processes.start_web()
    processes.start_worker("command", name="command")
    processes.start_worker("dispatch,notices", name="rest")
    return processes


@pytest.fixture
def visitor(chromium, house):
    """visitor(phone=True) → a fresh browser page on the running instance."""
    contexts = []

    def make(*, phone: bool = False):
        size = {"width": 390, "height": 844} if phone else {"width": 1440, "height": 900}
        contexts.append(chromium.new_context(locale="en", viewport=size, base_url=house.url))
        page = contexts[-1].new_page()
        page.set_default_timeout(60_000)
        return page

    yield make
    for context in contexts:
        context.close()


def log_in(page, username: str) -> None:
    page.goto("/accounts/login/")
    page.fill("[name=login]", username)
    page.fill("[name=password]", "fenghuo-demo")
    page.click("main [type=submit]")
    page.wait_for_url(re.compile(r"/$"))


def answer_call(visitor, call: CallOut, *words: str) -> None:
    """Somebody opens the link of their call-out on a phone, without a log-in."""
    page = visitor(phone=True)
    for word in words:
        page.goto(f"/c/{token_of(call.pk)}/?lang=en")
        if word == "decline":
            page.click(".callout-decline summary")
        page.click(f"[name=answer][value={word}]")
        page.wait_for_load_state()


def settled(page) -> bool:
    """Whether the sheet has closed; what it refuses fails the story with its own words."""
    sheet = page.locator("dialog#sheet[open]")
    refused = sheet.locator(".alert:visible, .invalid-feedback:visible")
    assert not refused.count(), sheet.inner_text()
    return not sheet.count()


def take_next_step(page) -> str | None:
    """Press the page's one primary button and confirm what it asks; None when there is nothing to do but wait."""
    page.reload()
    page.wait_for_selector(".room-head")
    button = page.locator(".room-next .btn-primary")
    if not button.count():
        return None
    label = page.locator(".room-next-text strong").inner_text()
    tab = button.get_attribute("data-show-tab")
    button.click()
    if tab:
        decide = page.locator(f"#{tab.replace('tab-', 'pane-')} .btn-primary").first
        try:
            decide.click(timeout=10_000)
        except playwright.TimeoutError:
            return None  # decided already: the room follows in a moment
        page.click("dialog#confirm[open] [data-yes]")
        page.locator("dialog#confirm[open]").wait_for(state="detached")
    elif button.get_attribute("hx-get"):
        submit = page.locator("dialog#sheet[open] [type=submit]")
        submit.wait_for()
        words = page.locator("dialog#sheet[open] textarea")
        if words.count():
            words.first.fill("The story is told.")
        skip = page.locator("dialog#sheet[open] [name=skip_open]")
        if skip.count():
            skip.check()
        submit.click()
        until(lambda: settled(page), what=f"the end of {label}")
    page.wait_for_load_state("networkidle")
    return label


def test_it_handles_a_whole_emergency(house, visitor):
    orders, weather, duty = (Rest(house.url, role) for role in ("order_system", "alert_source", "duty_officer"))
    jiaxing = max(Warehouse.objects.all(), key=lambda w: Order.objects.filter(warehouse=w, state="open").count())

    # The order system pushes; the same call again is harmless, a bad row sinks nobody.
    known = Order.objects.filter(warehouse=jiaxing, state="open", lane__isnull=False).first()
    batch = [
        {
            "external_id": f"STORY-{n}",
            "version": 1,
            "region": known.region_id,
            "warehouse": known.warehouse_id,
            "carrier": known.carrier_id,
            "service_level": known.service_level,
            "weight": "1.5",
            "quantity": 1,
            "customer_name": f"Customer {n}",
            "phone": f"+8617000009{n:03}",
        }
        for n in range(50)
    ]
    first = orders.call("PUT", "/orders/bulk", [*batch, {**batch[0], "external_id": "STORY-BAD", "region": "999999"}])
    assert first["created"] == 50
    assert [row["index"] for row in first["rows"]] == [50]
    assert orders.call("PUT", "/orders/bulk", batch)["ignored"] == 50

    # A warning comes in and is on the list of warnings.
    weather.call("POST", "/alerts/cap", WARNING, content_type="application/xml")

    # Reported over REST; everything else is decided in the room.
    body = {"title": "分拨中心进水", "category": "natural_disaster", "scope": {"warehouses": [jiaxing.code]}}
    body["indicators"] = {"cities": 3}
    incident = Incident.objects.get(pk=duty.call("POST", "/incidents", body)["id"])
    room = visitor()
    log_in(room, "commander")
    room.goto(f"/incidents/{incident.pk}/")
    taken = []
    while incident.state != "responding":
        taken.append(take_next_step(room))
        incident.refresh_from_db()
        assert len(taken) < 5, taken
    assert incident.response_level == 2

    # Call-outs reach the phones; one cannot come, so the alternate is called; all others arrive.
    until(
        lambda: Message.objects.filter(template__code="call_out", state="delivered").exists(), what="a delivered call"
    )
    calls = list(incident.call_outs.order_by("pk"))
    answer_call(visitor, calls[0], "acknowledge", "arrive")
    answer_call(visitor, calls[1], "decline")
    climbed = incident.call_outs.filter(seat=calls[1].seat, rank=1)
    until(climbed.exists, what="the alternate's call")
    alternate = climbed.get()
    for call in incident.call_outs.filter(state="called").exclude(pk=alternate.pk):
        duty.call("POST", f"/callouts/{call.pk}/arrive", {})
    answer_call(visitor, alternate, "arrive")
    for code in ReadinessCheck.objects.filter(command_post__incident=incident).values_list("code", flat=True):
        duty.call("POST", f"/incidents/{incident.pk}/post/checks/{code}", {"done": True})

    # From here on the one next step of the room leads to the end.
    deadline = time.monotonic() + 420
    while incident.state not in {"closed", "reviewed"}:
        assert time.monotonic() < deadline, taken
        assert len(taken) < MOST_STEPS, taken
        step = take_next_step(room)
        if step is None:
            time.sleep(0.5)
        else:
            taken.append(step)
        incident.refresh_from_db()

    assert CommandPost.objects.get(incident=incident).ready_at is not None
    kinds = set(Entry.objects.filter(reference=incident.reference).values_list("kind", flat=True))
    assert {"reroute.approved", "reroute.applied", "notice.first_sent", "notice.batch_finished"} <= kinds
    assert Movement.objects.filter(reference=incident.reference).exists()

    # Each notice was accepted once, by the providers' own books.
    assert house.ledger()["repeated"]["keys"] == []

    # The order system takes its new warehouses and carriers back, each once, and none leads to the closed one.
    seen, cursor = [], ""
    while True:
        page = orders.call("GET", f"/assignments?limit=200&after={cursor}")
        seen += page["results"]
        cursor = page["next"]
        if not page["has_more"]:
            break
    assert (
        len(seen)
        == len({(row["order"], row["wave"]) for row in seen})
        == Assignment.objects.filter(exercise=None).count()
        > 0
    )
    assert all(row["warehouse"] != jiaxing.code for row in seen)

    # The figures are there, and the journal proves itself.
    figures = incident_figures(incident.pk)
    assert figures.activation is not None
    assert figures.notice_latency is not None
    assert verify() == []
    room.goto("/figures/")
    room.wait_for_selector(f"text={incident.title}")
