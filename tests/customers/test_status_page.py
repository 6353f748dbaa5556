"""What a customer sees and chooses by the link of a notice."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts.actors import SYSTEM
from customers import due, links, operations
from customers.models import CareRules, Choice, CompensationRun, NoticeRecipient, Satisfaction
from customers.operations import compensation, survey
from customers.operations.rules import purge_care
from dispatch.models import Order
from journal import clock
from journal.models import Entry
from notifications.models import Message, WebhookDelivery
from notifications.operations import WebhookFacts, create_webhook
from tests.customers.conftest import REFERENCE, freeze

pytestmark = pytest.mark.django_db
ADDRESS = "杭州市西湖区文三路 90 号 13900009999"


@pytest.fixture
def page(order, settings):
    """A launched notice about one open order that is 30 hours late; a browser that checks CSRF."""
    row = order(1)
    Order.objects.filter(pk=row.pk).update(first_promise_at=clock.now() - timedelta(hours=30))
    freeze(SYSTEM)
    run = operations.prepare_notice(
        reference=REFERENCE, template="delay", by=SYSTEM, cause="台风", cause_en="a typhoon"
    )
    operations.launch_notice(notice_id=run.pk, by=SYSTEM)
    recipient = NoticeRecipient.objects.get()
    token = links.make_token(recipient.pk, links.link_key(settings.SECRET_KEY))

    class Page:
        order = row
        path = f"/s/{token}/"
        client = Client(enforce_csrf_checks=True)
        to = recipient

        def get(self, query=""):
            return self.client.get(self.path + query)

        def post(self, **fields):
            return self.client.post(f"{self.path}?lang=zh-hans", fields)

        def choose(self, kind, **fields):
            return self.post(order=row.pk, kind=kind, **fields)

    return Page()


def test_it_is_small_private_and_says_what_is_due(page):
    answer = page.get()
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert (answer["Referrer-Policy"], answer["X-Robots-Tag"]) == ("no-referrer", "noindex, nofollow")
    assert len(answer.content) < 8_000
    assert "<script" not in text
    assert "5.00" in text
    assert "1380000" not in text
    assert "C1" not in text
    english = page.get("?lang=en").content.decode()
    assert "By our rules CNY 5.00 is due" in english
    assert "a typhoon" in english
    assert not Entry.objects.filter(kind__startswith="choice").exists()


def test_it_takes_a_choice_and_another_until_somebody_acts(page, api):
    assert page.choose("refund").status_code == 302
    assert page.choose("address", address=ADDRESS).status_code == 302
    choice = Choice.objects.get()
    assert (choice.kind, choice.state, choice.version) == ("address", "asked", 2)
    assert "文三路" not in choice.sealed
    assert "已提交，尚未处理" in page.get().content.decode()
    system = api("order_system")
    rows = system.get("/api/v1/customer-requests").json()["rows"]
    assert [(row["order"], row["kind"], row["address"]) for row in rows] == [("A00001", "address", ADDRESS)]
    path = f"/api/v1/customer-requests/{choice.pk}/answer"
    assert system.post(path, {"outcome": "taken"}, HTTP_IF_MATCH='"1"').status_code == 412
    assert system.post(path, {"outcome": "taken"}).json()["state"] == "taken"
    assert page.choose("wait").status_code == 409
    assert system.post(path, {"outcome": "done", "answer": "已改派送地址"}).status_code == 200
    text = page.get().content.decode()
    assert "已改派送地址" in text
    assert ADDRESS not in text
    assert system.get("/api/v1/customer-requests").json()["rows"] == []
    assert system.post(path, {"outcome": "refused"}).status_code == 412
    journal = "".join(str(entry.payload) for entry in Entry.objects.all())
    assert "文三路" not in journal
    assert "13900009999" not in journal


def test_it_tells_the_order_system_by_webhook(page, administrator):
    facts = WebhookFacts(url="https://oms.example.com/hook", description="订单系统")
    create_webhook(facts=facts, by=administrator)
    page.choose("wait")
    page.choose("refund")
    run = compensation.propose_compensation(reference=REFERENCE, scope="all", by=SYSTEM)
    compensation.grant_compensation(run_id=run.pk, by=SYSTEM)
    from customers.telling import tell

    for entry in Entry.objects.filter(kind__in=["choice.made", "compensation.granted"]).order_by("id"):
        tell(entry)
        tell(entry)
    told = {row.kind: row.payload for row in WebhookDelivery.objects.exclude(kind="webhook.test")}
    assert set(told) == {"customer.asked", "compensation.granted"}
    assert told["customer.asked"]["order"] == "A00001"
    assert told["compensation.granted"]["orders"] == 1
    assert any("webhooks of customers" in source.name for source in due.SOURCES)


def test_it_changes_no_address_of_what_has_left(page):
    Order.objects.filter(pk=page.order.pk).update(state="dispatched")
    assert page.choose("address", address=ADDRESS).status_code == 409
    assert "new address" not in page.get("?lang=en").content.decode().lower()
    assert page.choose("wait").status_code == 302


def test_a_refused_choice_stays_as_it_was_filled_in(page):
    answer = page.choose("address", address="x")
    text = answer.content.decode()
    assert answer.status_code == 422
    assert '<input type="radio" name="kind" value="address" required checked>' in text
    assert 'autocomplete="street-address" value="x">' in text
    assert "<details open>" in text
    Order.objects.filter(pk=page.order.pk).update(state="delivered", delivered_at=clock.now())
    text = page.post(score="9", comment="慢").content.decode()
    assert ">慢</textarea>" in text
    assert "<details open>" not in text


def test_it_leads_from_claim_to_grant_and_refuses_what_is_not_due(page):
    page.choose("claim")
    assert compensation.propose_compensation(reference=REFERENCE, scope="claims", by=SYSTEM).orders == 1
    compensation.grant_compensation(run_id=CompensationRun.objects.get().pk, by=SYSTEM)
    text = page.get("?lang=en").content.decode()
    assert "You get CNY 5.00 for the delay." in text
    assert page.choose("claim").status_code == 302
    assert page.choose("refund").status_code == 409


def test_it_answers_claims_that_get_nothing_with_the_reason(page):
    from customers.operations.choices import refuse_claims

    page.choose("claim")
    assert refuse_claims(reference=REFERENCE, by=SYSTEM) == 0
    Order.objects.filter(pk=page.order.pk).update(first_promise_at=clock.now() + timedelta(hours=3))
    assert refuse_claims(reference=REFERENCE, by=SYSTEM) == 1
    assert "目前未延误" in page.get().content.decode()
    assert page.choose("claim").status_code == 302  # anew, after a refusal


def test_it_withstands_hostile_input(page, order):
    other = order(2)
    for fields in (
        {"order": other.pk, "kind": "wait"},
        {"order": "-1", "kind": "wait"},
        {"order": "9" * 40, "kind": "wait"},
        {"order": page.order.pk, "kind": "__class__"},
        {"order": page.order.pk, "kind": "address", "address": ""},
        {"order": page.order.pk, "kind": "address", "address": "x" * 201},
        {"score": "6"},
        {"score": "٣"},
        {"score": "0"},
        {},
    ):
        assert page.post(**fields).status_code == 422, fields
    assert page.post(order=page.order.pk, kind="wait", comment="x" * 9000).status_code == 409
    page.choose("address", address="<script>alert(1)</script> =HYPERLINK(1) ${no}")
    assert "<script" not in page.get().content.decode()
    assert not Choice.objects.exclude(order_id=page.order.pk).exists()


def test_it_is_opened_so_many_times_a_minute(page, settings):
    CareRules.objects.update(page_per_minute=3)
    assert [page.get().status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    assert page.get()["Retry-After"] == "60"
    guesses = [Client().get("/s/1-AAAAAAAAAAAA/").status_code for _ in range(4)]
    assert guesses == [404, 404, 404, 429]


def test_it_asks_once_how_satisfied_they_were_and_takes_a_change(page, fast_forward, api):
    Order.objects.filter(pk=page.order.pk).update(state="delivered", delivered_at=clock.now())
    assert survey.send_survey(reference=REFERENCE, by=SYSTEM).asked == 1
    with pytest.raises(survey.NobodyToAsk):
        survey.send_survey(reference=REFERENCE, by=SYSTEM)
    message = Message.objects.get(key=f"survey:{page.to.pk}")
    assert page.path in message.variables["url"]
    assert page.post(score=2, comment="=cmd|' /C calc'!A0 太慢").status_code == 302
    assert page.post(score=4, comment="=cmd 后来好了").status_code == 302
    assert Satisfaction.objects.get().score == 4
    found = api("customer_service").get(f"/api/v1/satisfaction?reference={REFERENCE}").json()
    assert (found["replies"], found["share"], found["comments"][0]["score"]) == (1, 1.0, 4)
    fast_forward(days=20)
    assert page.post(score=1).status_code == 409
    fast_forward(days=15)
    assert page.get().status_code == 410


def test_it_forgets_what_is_personal(page, fast_forward):
    page.choose("address", address=ADDRESS)
    Choice.objects.filter(state="asked").update(state="done", answered_at=clock.now(), answer="好")
    Satisfaction.objects.create(
        recipient_id=1, reference=REFERENCE, score=1, comment="x", answered_at=clock.now(), changed_at=clock.now()
    )
    assert purge_care() == 1
    assert purge_care() == 0
    assert Choice.objects.get().sealed
    fast_forward(days=31)
    assert purge_care() == 1
    assert Choice.objects.get().sealed == ""
    assert Choice.objects.get().answer == "好"
    fast_forward(days=150)
    assert purge_care() == 1
    assert (Choice.objects.get().answer, Satisfaction.objects.get().comment) == ("", "")
    assert Satisfaction.objects.get().score == 1
    assert Entry.objects.filter(kind="care.purged").count() == 2
