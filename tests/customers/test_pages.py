"""The notice page, the room's panel, REST and the public page."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.actors import SYSTEM
from accounts.roles import Role
from customers import links, operations
from customers.models import NoticePolicy, NoticeRecipient, NoticeRun
from customers.text import mask, segments
from dispatch.models import Order
from journal import clock
from notifications.models import Message, Template
from tests.customers.conftest import REFERENCE, freeze
from tests.customers.sent import failed, sent

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client, make_user):
    client.force_login(make_user("kefu9", Role.CUSTOMER_SERVICE, name="陈静"))
    return client


@pytest.fixture
def run(order):
    order(1, email="one@example.com")
    order(2, language="en", external_id="B77")
    order(3, phone="", email="three@example.com")
    order(4, phone="")
    freeze(SYSTEM)
    return operations.prepare_notice(reference=REFERENCE, template="delay", by=SYSTEM, cause="台风利奇马")


def test_it_previews_real_texts_with_masked_addresses(browser, run):
    page = browser.get(f"/notices/{run.pk}/").content.decode()
    assert "138****0001" in page
    assert "13800000001" not in page
    assert "t***@example.com" in page
    assert "订单A00001受台风利奇马影响" in page
    assert "Order B77 is delayed by an unforeseen event" in page


def test_it_edits_approves_and_launches(browser, run):
    eta = (timezone.localtime(clock.now()) + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    edited = browser.post(f"/notices/{run.pk}/edit/", {"cause": "洪水", "cause_en": "a flood", "eta": eta})
    assert "受洪水影响" in edited.content.decode()
    assert browser.post(f"/notices/{run.pk}/launch/").status_code == 200
    assert NoticeRun.objects.get(pk=run.pk).state == "launched"
    assert Message.objects.count() == 3
    for step in ("pause", "resume", "cancel"):
        assert browser.post(f"/notices/{run.pk}/{step}/").status_code == 200
    assert NoticeRun.objects.get(pk=run.pk).state == "cancelled"


@pytest.mark.parametrize("eta", ["", "2001-01-01T00:00", "9999-01-01T00:00", "x"])
def test_it_refuses_a_senseless_estimate(browser, run, eta):
    answer = browser.post(f"/notices/{run.pk}/edit/", {"cause": "", "cause_en": "", "eta": eta})
    assert answer.status_code in {200, 422}
    assert NoticeRun.objects.get(pk=run.pk).eta == run.eta


def test_it_lets_two_people_agree_in_the_browser(browser, run, client, make_user):
    NoticePolicy.objects.create(second_approval_above=1)
    assert browser.post(f"/notices/{run.pk}/launch/").status_code == 409
    assert browser.post(f"/notices/{run.pk}/approve/").status_code == 200
    assert browser.post(f"/notices/{run.pk}/launch/").status_code == 409
    client.force_login(make_user("second", Role.CUSTOMER_SERVICE))
    assert client.post(f"/notices/{run.pk}/launch/").status_code == 200
    assert NoticeRun.objects.get(pk=run.pk).state == "launched"


def test_it_refuses_a_yes_beside_words_or_ticks_that_were_not_taken_over(browser, run):
    eta = timezone.localtime(run.eta).strftime("%Y-%m-%dT%H:%M")
    words = {"cause": "台风利奇马", "cause_en": "", "eta": eta}
    ticks = {"filters": "1", "urgent": "1"}
    for unsaved in (
        words | {"cause": "洪水"},
        words | {"eta": ""},
        words | ticks | {"tiers": "plus"},
        {"filters": "1"},
    ):
        for step in ("approve", "launch"):
            assert browser.post(f"/notices/{run.pk}/{step}/", unsaved).status_code == 409
    assert browser.post(f"/notices/{run.pk}/approve/", words | ticks).status_code == 200
    assert NoticeRun.objects.get(pk=run.pk).state == "approved"


def test_it_answers_what_is_not_there(browser, run):
    assert browser.get("/notices/999/").status_code == 404
    assert browser.post(f"/notices/{run.pk}/explode/").status_code == 404
    assert browser.get(f"/notices/{run.pk}/launch/").status_code == 405
    assert browser.post("/notices/prepare/incident:9/", {"template": "delay"}).status_code == 422
    assert browser.post(f"/notices/prepare/{REFERENCE}/", {"template": "nope"}).status_code == 422


def test_it_shows_the_panel(browser, run, order):
    assert "/notices/" in browser.get(f"/panels/customers/{REFERENCE}/").content.decode()
    assert browser.get("/panels/customers/incident:9/").status_code == 200
    operations.launch_notice(notice_id=run.pk, by=SYSTEM)
    assert browser.get(f"/panels/customers/{REFERENCE}/").status_code == 200
    assert browser.get("/notices/").status_code == 200


def test_it_drafts_from_the_panel(browser, run):
    answer = browser.post(f"/notices/prepare/{REFERENCE}/", {"template": "suspension"}, headers={"hx-request": "true"})
    assert answer["HX-Redirect"] == f"/notices/{NoticeRun.objects.get(template='suspension').pk}/"


def test_it_narrows_the_audience_with_a_live_count(browser, run):
    form = browser.get(f"/notices/{run.pk}/filters/").content.decode()
    assert 'value="330100"' in form
    count = browser.get(f"/notices/{run.pk}/count/?channels=email").content.decode()
    assert ">1</span>" in count
    assert NoticeRun.objects.get().audience == 4, "looking changes nothing"
    assert 'role="alert"' in browser.get(f"/notices/{run.pk}/count/?value_from=x").content.decode()
    chosen = browser.post(f"/notices/{run.pk}/edit/", {"filters": "1", "channels": "email", "by_zone": "1"})
    assert chosen.status_code == 200
    run.refresh_from_db()
    assert (run.audience, run.filters, run.urgent, run.by_zone) == (1, {"channels": ["email"]}, False, True)


def test_it_retries_corrects_and_follows_up_in_the_browser(browser, run, order):
    run = operations.launch_notice(notice_id=run.pk, by=SYSTEM)
    failed("13800000001")
    sent("13800000002")
    page = browser.get(f"/notices/{run.pk}/").content.decode()
    assert "retry-consequence" in page
    assert browser.post(f"/notices/{run.pk}/retry/").status_code == 200
    assert browser.post(f"/notices/{run.pk}/retry/").status_code == 409
    people = browser.get(f"/notices/{run.pk}/people/?show=again").content.decode()
    assert people.count("138****0001") == 2
    assert "13800000001" not in people
    wrong = browser.post(f"/notices/{run.pk}/correct/")["HX-Redirect"]
    body = {"cause": "", "cause_en": "", "eta": "2099-01-01T00:00"}
    assert 'name="value-text-zh-hans"' in browser.get(wrong).content.decode()
    eta = (timezone.localtime(clock.now()) + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    said = browser.post(f"{wrong}edit/", body | {"eta": eta, "value-text-zh-hans": "今天送达。"})
    assert "今天送达。" in said.content.decode()
    assert browser.post(f"{wrong}launch/").status_code == 200
    assert browser.post(f"/notices/{run.pk}/follow-up/", {"eta": eta})["HX-Redirect"]
    assert browser.post(f"/notices/{run.pk}/follow-up/", {"eta": ""}).status_code == 422


def test_it_does_the_same_over_rest(run, api):
    send = api("customer_service")
    counted = send.post(f"/api/v1/notices/{run.pk}/count", {"channels": ["email"]}).json()
    assert (counted["reachable"], counted["zones"]) == (1, {"330000": 1})
    assert send.post(f"/api/v1/notices/{run.pk}/count", {"channels": ["pigeon"]}).status_code == 400
    changed = send.patch(f"/api/v1/notices/{run.pk}", {"filters": {"value_from": "0.50"}, "by_zone": True}).json()
    assert (changed["audience"], changed["filters"]) == (0, {"value_from": "0.50"})
    send.patch(f"/api/v1/notices/{run.pk}", {"filters": {}})
    preview = send.get(f"/api/v1/notices/{run.pk}/preview").json()
    assert (preview["held"], preview["channels"][0]["per_minute"]) == (False, None)
    assert {row["why"] for row in preview["blocked"]} == {"no_provider"}
    launched = send.post(f"/api/v1/notices/{run.pk}/launch", {}).json()
    assert [wave["zone"] for wave in launched["waves"]] == ["330000"]
    assert send.post(f"/api/v1/notices/{run.pk}/waves/1", {}).status_code == 409
    assert send.post(f"/api/v1/notices/{run.pk}/waves/9", {}).status_code == 404
    assert send.post(f"/api/v1/notices/{run.pk}/correct", {"text": "更正"}).status_code == 409
    sent("13800000001")
    assert send.post(f"/api/v1/notices/{run.pk}/correct", {"text": "更正"}).json()["kind"] == "correction"
    assert send.post(f"/api/v1/notices/{run.pk}/retry", {}).status_code == 409
    eta = (clock.now() + timedelta(days=4)).isoformat()
    assert send.post(f"/api/v1/notices/{run.pk}/follow-up", {"eta": eta}).json()["kind"] == "follow_up"


def test_it_ends_at_once_where_nobody_is_left(browser, run):
    browser.post(f"/notices/{run.pk}/edit/", {"filters": "1", "value_from": "9999999"})
    draft = browser.get(f"/notices/{run.pk}/").content.decode()
    assert "没有可触达的客户，无可预览。" in draft
    ended = browser.post(f"/notices/{run.pk}/launch/").content.decode()
    assert "没有通知任何人：没有可触达的客户。" in ended
    assert "notice-share" not in ended
    assert "几秒后统计完成" not in ended


def test_without_approved_words_it_says_so_and_offers_no_launch(browser, run):
    Template.objects.filter(code=run.template).update(state="retired")
    draft = browser.get(f"/notices/{run.pk}/").content.decode()
    assert "没有已审批的版本" in draft
    assert "没有可触达的客户" not in draft
    assert f"/notices/{run.pk}/launch/" not in draft
    assert f"/notices/{run.pk}/cancel/" in draft


def test_it_hides_the_button_from_those_who_may_not(client, run, make_user):
    client.force_login(make_user("cang", Role.WAREHOUSE))
    assert client.get(f"/notices/{run.pk}/").status_code == 200
    assert client.post(f"/notices/{run.pk}/launch/").status_code == 403


def test_it_works_over_rest(run, api):
    send = api("customer_service")
    made = send.post("/api/v1/notices", {"reference": REFERENCE, "template": "delay"})
    assert (made.status_code, made.json()["id"], made.json()["audience"]) == (201, run.pk, 4)
    preview = send.get(f"/api/v1/notices/{run.pk}/preview").json()
    assert {row["channel"]: row["recipients"] for row in preview["channels"]} == {"sms": 2, "email": 1}
    assert preview["reasons"] == {"no_address": 1}
    changed = send.patch(f"/api/v1/notices/{run.pk}", {"cause": "暴雪"})
    assert changed.json()["cause"] == "暴雪"
    launched = send.post(f"/api/v1/notices/{run.pk}/launch", {})
    assert (launched.status_code, launched.json()["progress"]["waiting"]) == (200, 3)
    assert send.patch(f"/api/v1/notices/{run.pk}", {"cause": "x"}).status_code == 409
    assert send.get("/api/v1/notices/999").status_code == 404
    assert send.post("/api/v1/notices", {"reference": "incident:9", "template": "delay"}).status_code == 422
    assert send.post("/api/v1/notices", {}).status_code == 400
    assert api("warehouse").post(f"/api/v1/notices/{run.pk}/cancel", {}).status_code == 403


def link(recipient, settings):
    return f"/s/{links.make_token(recipient.pk, links.link_key(settings.SECRET_KEY))}/"


def test_it_shows_a_customer_their_orders_only(client, run, settings, order):
    operations.launch_notice(notice_id=run.pk, by=SYSTEM)
    recipient = NoticeRecipient.objects.get(customer_ref="C1")
    answer = client.get(link(recipient, settings))
    page = answer.content.decode()
    assert "A00001" in page
    assert "B77" not in page
    assert "13800000001" not in page
    assert answer["Referrer-Policy"] == "no-referrer"
    english = client.get(link(NoticeRecipient.objects.get(customer_ref="C2"), settings)).content.decode()
    assert "Your delivery is delayed" in english


def test_it_shows_all_orders_of_one_customer(client, order, settings):
    order(1)
    order(2, customer_ref="C1")
    freeze(SYSTEM)
    run = operations.prepare_notice(reference=REFERENCE, template="delay", by=SYSTEM)
    operations.launch_notice(notice_id=run.pk, by=SYSTEM)
    Order.objects.filter(external_id="A00002").update(state="delivered", delivered_at=clock.now())
    page = client.get(link(run.recipients.get(), settings)).content.decode()
    assert "A00001" in page
    assert "A00002" in page


def test_it_knows_only_genuine_links(client, run, settings, fast_forward):
    recipient = run.recipients.first()
    genuine = link(recipient, settings)
    assert client.get(genuine).status_code == 404  # not launched yet
    operations.launch_notice(notice_id=run.pk, by=SYSTEM)
    assert client.get(genuine).status_code == 200
    for wrong in (
        "/s/1-AAAAAAAAAAAA/",
        "/s/zz/",
        "/s/-/",
        f"/s/{'f' * 300}/",
        genuine[:-2] + "/",
        "/s/0-x/",
        "/s/٣-x/",
    ):
        assert client.get(wrong).status_code == 404
    fast_forward(days=31)
    assert client.get(genuine).status_code == 410


def test_it_makes_in_sql_the_token_it_reads(run, settings):
    operations.launch_notice(notice_id=run.pk, by=SYSTEM)
    for message in Message.objects.all():
        token = message.variables["url"].rsplit("/", 2)[1]
        assert links.read_token(token, links.link_key(settings.SECRET_KEY)) == int(message.key.partition(":")[2])
        assert links.read_token(token, links.link_key("another secret")) is None


def test_it_counts_and_masks():
    assert [segments("字" * n) for n in (1, 70, 71, 134, 135)] == [1, 1, 2, 2, 3]
    assert [mask(text) for text in ("13800000001", "+8613800000001", "li@example.com", "12345", "")] == [
        "138****0001",
        "138****0001",
        "l***@example.com",
        "1****",
        "****",
    ]
