"""Calls by telephone: which of the provider's actions rings, what it tells meanwhile and afterwards, and keys."""

import json

import pytest

from journal.models import Entry
from notifications import gateways
from notifications.models import Attempt, Message
from notifications.operations import send_due_staff
from notifications.simulator.ledger import Accepted
from notifications.simulator.receipts import reports_of
from tests.notifications.providers import VOICE

pytestmark = pytest.mark.django_db


@pytest.fixture
def rung(simulator, texts, admin_user):
    """rung() has somebody called out by telephone; rung(template="escalation") tells them something else."""

    def ring(**extra: object) -> Message:
        (message,) = texts(1, channel="voice", user_id=admin_user.pk, **extra)
        send_due_staff(1)
        message.refresh_from_db()
        return message

    return ring


@pytest.fixture
def push(client):
    def post(*rows: dict) -> None:
        url = f"/api/v1/receipts/aliyun/voice?token={gateways.receipt_token()}"
        answer = client.post(url, json.dumps(rows), content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (200, 0)

    return post


def after(status: str, **more: str) -> dict[str, str]:
    return {"status_code": status, "callee": "13800000001", "out_id": Attempt.objects.get().key, **more}


def meanwhile(status: str, **more: str) -> dict[str, str]:
    return {"status_code": status, "call_id": "1^2", "out_id": Attempt.objects.get().key, **more}


def test_a_call_that_awaits_a_key_listens_for_it(rung, simulator):
    assert rung().state == "sent"
    assert simulator.ledger()["calls"] == {"IvrCall": 1}


def test_any_other_only_reads(rung, simulator):
    words = {"event": "台风", "what": "到岗", "time": "03:25", "url": "https://example.test/c/1"}
    assert rung(template="escalation", variables=words).state == "sent"
    assert simulator.ledger()["calls"] == {"SingleCallByTts": 1}


def test_without_a_number_of_ones_own_nothing_listens(rung, simulator, gateway):
    gateway(VOICE)
    assert rung().state == "sent"
    assert simulator.ledger()["calls"] == {"SingleCallByTts": 1}


def test_a_key_is_heard_while_the_call_goes_on(rung, push):
    message = rung()
    row = Accepted("13800000001", "voice", "TTS", Attempt.objects.get().key, "1^2", 0.0, status=3, keypad=True)
    heard, over = (report for _kind, report in reports_of(row, "1"))
    push(heard, heard)
    message.refresh_from_db()
    assert message.state == "sent"
    assert Entry.objects.get(kind="notice.answered").payload["pressed"] == "1"
    push(over)
    message.refresh_from_db()
    assert message.state == "delivered"


@pytest.mark.parametrize("status", ["200101", "200201", "200102", "200100"])
def test_what_happens_meanwhile_is_no_end(rung, push, status):
    message = rung()
    push(meanwhile(status))
    message.refresh_from_db()
    assert message.state == "sent"


@pytest.mark.parametrize(
    ("status", "key", "state"),
    [
        *(("200000", "", "delivered"), ("200008", "", "delivered"), ("200001", "1", "delivered")),
        *(("200001", "", "failed"), ("200003", "", "failed"), ("200010", "", "failed")),
    ],
)
def test_who_listened_or_pressed_a_key_was_told(rung, push, status, key, state):
    message = rung()
    push(after(status, dtmf=key))
    message.refresh_from_db()
    assert message.state == state


def test_the_console_may_try_the_address(client):
    url = f"/api/v1/receipts/aliyun/voice?token={gateways.receipt_token()}"
    assert client.post(url, '{"json": "test-content"}', content_type="application/json").status_code == 200
