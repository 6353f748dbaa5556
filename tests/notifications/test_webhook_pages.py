"""Administrators see and mend what systems outside are told, in the browser and over REST."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.test import Client

from accounts.roles import Role
from journal.clock import now
from notifications.models import WebhookDelivery, WebhookEndpoint
from notifications.operations import WebhookFacts, create_webhook, send_event
from notifications.signing import key_of

pytestmark = pytest.mark.django_db
URL = "https://oms.example.com/hook"
FORM = {"url": URL, "description": "订单系统", "retries": "5 60", "patience_hours": "72"}


@pytest.fixture
def endpoint(administrator) -> WebhookEndpoint:
    return create_webhook(facts=WebhookFacts(url=URL, description="订单系统"), by=administrator)[0]


@pytest.fixture
def told(endpoint):
    with transaction.atomic():
        send_event(kind="wave.applied", payload={"reroute": 7, "wave": 1}, key="x")
    return WebhookDelivery.objects.get()


@pytest.fixture
def page(make_user, client: Client):
    client.force_login(make_user("boss", Role.ADMINISTRATOR), backend="accounts.backends.StaffBackend")
    return client


def test_a_new_one_shows_its_secret_once(page):
    answer = page.post("/notifications/webhooks/", {**FORM, "kinds": ["wave.applied", "reroute.applied"]})
    made = WebhookEndpoint.objects.get()
    secret = answer.content.decode().partition('value="whsec_')[2].partition('"')[0]
    assert len(key_of(secret)) == 32
    assert (made.kinds, made.retries) == (["reroute.applied", "wave.applied"], [5, 60])
    assert secret not in page.get(f"/notifications/webhooks/{made.pk}/").content.decode()


def test_a_bad_address_is_explained_and_the_form_kept(page):
    answer = page.post("/notifications/webhooks/", {**FORM, "url": "http://10.0.0.1/"})
    assert answer.status_code == 422
    assert "订单系统" in answer.content.decode()
    assert not WebhookEndpoint.objects.exists()


def test_the_page_shows_the_log_with_its_payload(page, told):
    WebhookDelivery.objects.update(tried_at=now(), problem="unknown_host", duration_ms=3)
    text = page.get(f"/notifications/webhooks/{told.endpoint_id}/").content.decode()
    assert told.event_id in text
    assert "&quot;reroute&quot;: 7" in text
    assert "找不到主机" in text
    assert "unknown_host" not in text
    rows = page.get("/notifications/webhooks/list/").content.decode()
    assert URL in rows


def test_the_steps_can_be_taken_from_the_page(page, endpoint, told):
    base = f"/notifications/webhooks/{endpoint.pk}"
    assert page.post(f"{base}/step/disable/").status_code == 302
    told.refresh_from_db()
    assert told.state == "held"
    assert page.post(f"{base}/step/enable/", {"held": "1"}).status_code == 302
    told.refresh_from_db()
    assert told.state == "due"
    assert b"whsec_" in page.post(f"{base}/step/rotate/", {"hours": "24"}).content
    assert page.post(f"{base}/step/test/").status_code == 302
    WebhookDelivery.objects.filter(state="due").update(state="failed")
    assert page.post(f"/notifications/webhooks/deliveries/{told.pk}/replay/").status_code == 302
    span = {"since": "2020-01-01T00:00", "until": "2099-01-01T00:00"}
    assert page.post(f"{base}/step/replay/", span).status_code == 302
    assert not WebhookDelivery.objects.exclude(state="due").exists()
    stale = page.post(base + "/", {**FORM, "description": "新名称", "version": "1"})
    assert stale.status_code == 422, "it changed since"
    endpoint.refresh_from_db()
    page.post(base + "/", {**FORM, "description": "新名称", "version": str(endpoint.version), "all": "1"})
    endpoint.refresh_from_db()
    assert endpoint.description == "新名称"
    assert page.post(f"{base}/step/delete/").status_code == 302
    assert not WebhookEndpoint.objects.exists()


def test_the_api_does_the_same(api):
    boss = api("administrator")
    kinds = [row["kind"] for row in boss.get("/api/v1/webhooks/events").json()]
    assert {"assignments.available", "wave.applied", "orders.refused"} <= set(kinds)
    made = boss.post("/api/v1/webhooks", {"url": URL, "description": "OMS", "kinds": ["wave.applied"]})
    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    path = f"/api/v1/webhooks/{made.json()['id']}"
    shown = boss.get(path)
    assert ("secret" in shown.json(), shown["ETag"], shown.json()["health"]["light"]) == (False, '"1"', "quiet")
    changed = boss.patch(path, {"description": "Order system"}, HTTP_IF_MATCH='"1"')
    assert (changed.status_code, changed.json()["kinds"], changed.json()["version"]) == (200, ["wave.applied"], 2)
    assert boss.patch(path, {"description": "x"}, HTTP_IF_MATCH='"1"').status_code == 412
    assert boss.patch(path, {"kinds": ["no.such"]}).status_code == 422
    first = boss.post(f"{path}/test", {}, HTTP_IDEMPOTENCY_KEY="k1").json()
    assert boss.post(f"{path}/test", {}, HTTP_IDEMPOTENCY_KEY="k1").json() == first
    assert [row["kind"] for row in boss.get(f"{path}/deliveries?state=due").json()] == ["webhook.test"]
    assert boss.post(f"/api/v1/webhooks/deliveries/{first['id']}/replay").status_code == 409
    assert boss.post(f"{path}/disable").json()["state"] == "disabled"
    assert boss.post(f"{path}/disable").status_code == 409
    assert boss.post(f"{path}/test", {}).status_code == 409
    assert boss.post(f"{path}/enable", {"with_held": True}).json()["health"]["waiting"] == 1
    assert boss.post(f"{path}/rotate", {"overlap_hours": 0}).json()["secret"].startswith("whsec_")
    span = {"since": "2020-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z"}
    assert boss.post(f"{path}/replay", span).json() == {"replayed": 0}
    assert boss.delete(path).status_code == 204
    assert boss.get(path).status_code == 404
    assert api("commander").get("/api/v1/webhooks").status_code == 403
