"""The support desk: who is found, what is shown, what is sent, and the complaint's clock."""

from datetime import timedelta

import pytest

from accounts.actors import SYSTEM, user_actor
from accounts.models import Duty
from accounts.roles import Role
from customers import operations
from customers.models import CareRules, Choice, Complaint, NoticeRecipient, Reply
from customers.operations import desk
from customers.operations.rules import purge_care
from dispatch.models import Order
from journal import clock
from journal.models import Entry
from notifications.models import Message
from tests.customers.conftest import REFERENCE, freeze

pytestmark = pytest.mark.django_db
CANARY = "13987654321"


@pytest.fixture
def browser(client, make_user):
    client.force_login(make_user("kefu9", Role.CUSTOMER_SERVICE, name="陈静"))
    return client


@pytest.fixture
def row(order):
    order(2)
    found = order(1, phone=CANARY, customer_name="王小明", email="wang@example.com")
    freeze(SYSTEM)
    run = operations.prepare_notice(reference=REFERENCE, template="delay", by=SYSTEM, cause="台风")
    operations.launch_notice(notice_id=run.pk, by=SYSTEM)
    return found


@pytest.mark.parametrize("text", ["A00001", CANARY, "+86 139-8765-4321", "139 8765 4321"])
def test_it_finds_exactly_what_is_asked_for(row, chief, text):
    assert [order.pk for order in desk.search(text=text, by=chief)] == [row.pk]


@pytest.mark.parametrize("text", ["", "A0000", "4321", "13987", "%", "' OR 1=1 --", "1" * 64])
def test_it_lets_nobody_browse(row, chief, text):
    assert desk.search(text=text, by=chief) == []


def test_it_searches_so_many_times_a_minute(row, chief):
    CareRules.objects.update(search_per_minute=2)
    desk.search(text="A00001", by=chief)
    desk.search(text="A00001", by=chief)
    with pytest.raises(desk.TooFast):
        desk.search(text="A00001", by=chief)


def test_it_shows_only_orders_of_ones_own_regions(row, make_user):
    guest = user_actor(make_user("guangdong", Role.CUSTOMER_SERVICE, region_code="44"))
    assert desk.search(text="A00001", by=guest) == []
    with pytest.raises(desk.NoSuchOrder):
        desk.unmask_customer(order_id=row.pk, reason="verify", by=guest)


def test_it_shows_everything_masked_and_unmasks_for_a_reason(browser, row):
    found = browser.post("/desk/search/", {"text": CANARY})
    assert found.url == f"/desk/{row.pk}/"
    page = browser.get(found.url)
    text = page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert "139****4321" in text
    assert CANARY not in text
    assert "王小明" not in text
    assert "受台风影响" in text
    assert browser.post(f"/desk/{row.pk}/unmask/", {"reason": ""}).status_code == 422
    shown = browser.post(f"/desk/{row.pk}/unmask/", {"reason": "call_back"}).content.decode()
    assert CANARY in shown
    assert "王小明" in shown
    entry = Entry.objects.get(kind="customer.unmasked")
    assert entry.payload == {"order": f"order:{row.pk}", "reason": "unmask_reason:call_back"}


def test_it_replies_in_one_click_through_the_templates(browser, row):
    page = browser.get(f"/desk/{row.pk}/").content.decode()
    assert "查看进度" in page
    assert "/s/…/" in page.split('<template id="reply-reply_progress">')[1].split("</template>")[0]
    answer = browser.post(f"/desk/{row.pk}/reply/", {"template": "reply_progress", "channel": "sms"})
    assert answer.status_code == 302
    message = Message.objects.get(key=f"reply:{Reply.objects.get().pk}")
    assert message.destination == CANARY
    assert "/s/" in message.body
    for wrong in ({"template": "call_out"}, {"template": "reply_progress", "channel": "voice"}, {}):
        assert browser.post(f"/desk/{row.pk}/reply/", wrong).status_code == 422
    for _more in range(4):
        browser.post(f"/desk/{row.pk}/reply/", {"template": "reply_called", "channel": "sms"})
    assert browser.post(f"/desk/{row.pk}/reply/", {"template": "reply_called", "channel": "sms"}).status_code == 429
    Order.objects.filter(pk=row.pk).update(phone="", email="")
    with pytest.raises(desk.Unreachable):
        desk.send_reply(Order.objects.get(pk=row.pk), "reply_called", "sms", SYSTEM)


def test_it_fills_a_customers_words_into_no_template(browser, row):
    """Values are data: what looks like a variable, a formula or a header stays text."""
    Order.objects.filter(pk=row.pk).update(external_id="${url}\r\nBcc: x@example.com")
    browser.post(f"/desk/{row.pk}/reply/", {"template": "reply_called", "channel": "email"})
    message = Message.objects.get(key__startswith="reply:")
    assert "${url}" in message.body
    assert "\n" not in message.subject


def test_a_complaint_is_answered_within_seven_days(browser, row, fast_forward, make_user):
    lead = make_user("lead", Role.CUSTOMER_SERVICE)
    Duty.objects.create(
        post="customer_service",
        user=lead,
        starts_at=clock.now() - timedelta(days=1),
        ends_at=clock.now() + timedelta(days=30),
    )
    assert browser.post(f"/desk/{row.pk}/complain/", {"words": " "}).status_code == 422
    assert browser.post(f"/desk/{row.pk}/complain/", {"words": "还没收到，电话" + CANARY}).status_code == 302
    assert browser.post(f"/desk/{row.pk}/complain/", {"words": "又"}).status_code == 409
    complaint = Complaint.objects.get()
    assert complaint.due_at - complaint.opened_at == timedelta(days=7)
    assert desk.find_overdue() == 0
    assert desk.next_overdue() == complaint.due_at
    fast_forward(days=7, seconds=1)
    assert desk.find_overdue() == 1
    assert desk.find_overdue() == 0
    told = Message.objects.get(user=lead, channel="in_app")
    assert "A00001" in told.body
    entry = Entry.objects.get(kind="complaint.overdue")
    assert entry.payload["told"] == [f"user:{lead.pk}"]
    assert "A00001" in browser.get("/desk/").content.decode()
    sent = {"answer": "已致歉并补发", "template": "reply_called", "channel": "sms"}
    assert browser.post(f"/desk/complaints/{complaint.pk}/answer/", sent).status_code == 302
    assert browser.post(f"/desk/complaints/{complaint.pk}/answer/", sent).status_code == 409
    assert Entry.objects.get(kind="complaint.answered").payload["in_time"] is False
    fast_forward(days=181)
    purge_care()
    complaint.refresh_from_db()
    assert (complaint.words, complaint.answer) == ("…", "")


def test_nothing_personal_gets_into_the_journal(browser, row):
    browser.post("/desk/search/", {"text": CANARY})
    browser.post(f"/desk/{row.pk}/unmask/", {"reason": "verify"})
    browser.post(f"/desk/{row.pk}/complain/", {"words": f"打 {CANARY}"})
    browser.post(f"/desk/{row.pk}/reply/", {"template": "reply_called", "channel": "sms"})
    kept = "".join(f"{entry.subject}{entry.payload}" for entry in Entry.objects.all())
    assert CANARY not in kept
    assert "王小明" not in kept


def test_it_works_over_rest(api, row):
    send = api("customer_service")
    found = send.post("/api/v1/desk/search", {"text": CANARY}).json()
    assert found == [{"order": "A00001", "state": "open", "phone": "139****4321"}]
    made = send.post("/api/v1/complaints", {"order": "A00001", "words": "慢"})
    assert made.status_code == 201
    assert [one["order"] for one in send.get("/api/v1/complaints").json()] == ["A00001"]
    path = f"/api/v1/complaints/{made.json()['id']}/answer"
    assert send.post(path, {"answer": "好"}).json()["state"] == "answered"
    reply = send.post("/api/v1/replies", {"order": "A00001", "template": "reply_estimate", "channel": "email"})
    assert reply.status_code == 201
    assert send.post("/api/v1/complaints", {"order": "nope", "words": "慢"}).status_code == 422


def test_it_says_what_to_do_next(browser, row):
    Order.objects.filter(pk=row.pk).update(first_promise_at=clock.now() - timedelta(hours=30))
    assert "没有待办" in browser.get(f"/desk/{row.pk}/").content.decode()
    recipient = NoticeRecipient.objects.get(customer_ref="C1")
    Choice.objects.create(
        order_id=row.pk, reference=REFERENCE, recipient_id=recipient.pk, kind="claim", state="asked",
        asked_at=clock.now(), changed_at=clock.now(),
    )  # fmt: skip
    assert "处理赔付申请" in browser.get(f"/desk/{row.pk}/").content.decode()
    browser.post(f"/desk/{row.pk}/complain/", {"words": "慢"})
    assert "答复投诉" in browser.get(f"/desk/{row.pk}/").content.decode()
