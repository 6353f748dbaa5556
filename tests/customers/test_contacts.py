"""Openids and push tokens come in from the order system, reach people, and are wiped in time."""

import pytest

from accounts.roles import Role
from customers.models import NoticeRecipient, Preference
from customers.operations import prepare_notice
from customers.operations.rules import purge_care
from journal.models import Entry
from tests.customers.conftest import REFERENCE, freeze
from tests.notifications.providers import PUSH, add_gateway

pytestmark = pytest.mark.django_db
OPENID, TOKEN = "oCANARYCANARYCANARYCANARY00", "device-token-canary"


@pytest.fixture
def tell(api):
    """tell({"customer_ref": …}, …) → the answer of the REST call."""
    machine = api(Role.ORDER_SYSTEM)
    return lambda *rows: machine.put("/api/v1/contacts/bulk", {"rows": rows})


def test_what_is_left_out_stays_and_a_blank_takes_away(tell):
    answers = [
        tell({"customer_ref": "C1", "wechat": OPENID, "channel": "none"}, {"customer_ref": "C2", "push": TOKEN}),
        tell({"customer_ref": "C1", "push": TOKEN}),
        tell({"customer_ref": "C1", "push": TOKEN, "wechat": ""}),
        tell({"customer_ref": "C1", "push": TOKEN}),
    ]
    assert [answer.json() for answer in answers] == [{"written": number} for number in (2, 1, 1, 0)]
    assert list(Preference.objects.order_by("pk").values_list("pk", "channel", "wechat", "push")) == [
        ("C1", "none", "", TOKEN),
        ("C2", "", "", TOKEN),
    ]
    assert Entry.objects.filter(kind="contacts.told").count() == 3
    assert "anary" not in str(list(Entry.objects.values())).lower()


@pytest.mark.parametrize("wrong", [{"wechat": "a b"}, {"push": "a\nb"}, {"channel": "pigeon"}, {"language": "de"}])
def test_one_bad_row_refuses_all(tell, wrong):
    answer = tell({"customer_ref": "C1", "push": TOKEN}, {"customer_ref": "C2", **wrong})
    assert (answer.status_code, answer.json()["row"], answer.json()["field"]) == (422, 1, next(iter(wrong)))
    assert not Preference.objects.exists()


def test_it_reaches_people_until_it_is_wiped(tell, chief, order, fast_forward):
    order(1), order(2)
    add_gateway(PUSH, "http://127.0.0.1:9")
    tell({"customer_ref": "C1", "push": TOKEN})
    freeze(chief)
    run = prepare_notice(reference=REFERENCE, template="delay", by=chief)
    assert dict(NoticeRecipient.objects.filter(notice=run).values_list("customer_ref", "channel")) == {
        "C1": "push",
        "C2": "sms",
    }
    fast_forward(days=800)
    purge_care()
    assert Preference.objects.get(pk="C1").push == ""
