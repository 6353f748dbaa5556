"""The network in the browser: a lane is closed after a look at what that means, and opened again; what was retired
comes back; its pages hold to the rules of access."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from accounts.actors import SYSTEM, user_actor
from accounts.models import User
from accounts.roles import Role
from dispatch.models import CarrierContract, Hub, Lane, LaneLeg, Warehouse
from dispatch.operations import retire_part, upload_network
from dispatch.queries import closed_lanes
from journal.clock import now
from notifications.operations import WebhookFacts, create_webhook, try_webhook
from tests.dispatch.conftest import make_orders, network, order_row, send  # noqa: F401

SHOTS = os.environ.get("FENGHUO_SHOTS")


@pytest.fixture
def furnished(network, make_orders):  # noqa: F811
    """The small network with a hub on one lane, a contract, a warehouse out of use, and some orders."""
    make_orders(12, region="330200")
    hub = Hub.objects.create(code="HGH", name="杭州枢纽", name_en="Hangzhou hub", kind="sorting", daily_capacity=900)
    lane = Lane.objects.get(warehouse="W01", region="330200", carrier="SF")
    LaneLeg.objects.create(lane=lane, position=1, mode="road", hub=hub, hours=6)
    LaneLeg.objects.create(lane=lane, position=2, mode="road", hours=18)
    CarrierContract.objects.create(number="C-1", carrier_id="SF", valid_from=now().date(), guaranteed=500, surge=100)
    Warehouse.objects.create(code="W09", name="旧仓", name_en="Old warehouse", daily_capacity=10)
    retire_part(kind="warehouse", key="W09", by=SYSTEM)
    return lane


def test_a_lane_is_closed_and_opened_again_and_a_retired_warehouse_comes_back(log_in, furnished):
    page = log_in("chief", Role.COMMANDER, locale="en")
    page.goto("/orders/network/?part=lane&warehouse=W01&carrier=SF&region=330000")
    row = page.locator("#lanes tbody tr", has_text="宁波").first
    row.get_by_role("button", name="Close…").click()
    sheet = page.locator("#closing-body")
    sheet.get_by_text("Open orders affected").wait_for()
    assert "12" in sheet.inner_text()
    sheet.get_by_role("button", name="Close 1 lane").click()
    page.wait_for_load_state()
    assert closed_lanes() == {furnished.pk}
    page.locator("form[action$='/reopen/'] button, [hx-post$='/reopen/']").first.click()
    dialog = page.locator("#confirm")
    if dialog.is_visible():
        dialog.locator("button").last.click()
    page.wait_for_load_state()
    page.wait_for_function("() => !document.querySelector('.closed-row')")
    assert closed_lanes() == set()
    page.goto("/orders/network/?part=warehouse")
    page.get_by_role("button", name="Retired…").click()
    page.get_by_role("button", name="Bring Old warehouse back").click()
    page.locator("#parts, #part-panel").get_by_text("Old warehouse").first.wait_for()
    assert Warehouse.objects.get(code="W09").retired_at is None


@pytest.fixture
def hook(administrator, monkeypatch):
    monkeypatch.setenv("FENGHUO_WEBHOOK_NETWORKS", "127.0.0.0/8")
    facts = WebhookFacts(url="http://127.0.0.1:9/hook", description="订单系统")
    made, _secret = create_webhook(facts=facts, by=administrator)
    try_webhook(endpoint_id=made.pk, by=administrator)
    return made


@pytest.mark.parametrize(
    "look",
    [{"width": 1440, "locale": "zh-CN"}, {"width": 390, "dark": True, "locale": "en"}],
    ids=["desk", "phone, dark, English"],
)
def test_its_pages_have_no_serious_violation(log_in, furnished, hook, look):
    page = log_in("admin", Role.ADMINISTRATOR, **look)
    table = "code,name,name_en,daily_capacity\nW01,一号仓,First warehouse,many\nW05,五号仓,Fifth warehouse,80\n"
    by = user_actor(User.objects.get(username="admin"))
    draft = upload_network(content=table.encode(), filename="warehouses.csv", complete=False, by=by)
    found = []
    for name, path in [
        *((kind, f"/orders/network/?part={kind}") for kind in ("lane", "warehouse", "carrier", "hub", "contract")),
        ("files", "/orders/network/files/"),
        ("preview", f"/orders/network/files/{draft.pk}/"),
        ("webhooks", "/notifications/webhooks/"),
        ("webhook", f"/notifications/webhooks/{hook.pk}/"),
    ]:
        page.goto(path)
        page.wait_for_load_state("networkidle")
        if SHOTS:
            page.screenshot(path=str(Path(SHOTS) / f"{name}-{look['width']}.png"), full_page=True)
        for violation in Axe().run(page, context="main").response["violations"]:
            if violation["impact"] in {"serious", "critical"}:
                nodes = "; ".join(node["html"][:160] for node in violation["nodes"][:3])
                found.append(f"{name}: {violation['id']} {violation['help']}: {nodes}")
    assert found == []
