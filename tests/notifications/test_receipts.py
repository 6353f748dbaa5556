"""Receipts: authenticated, monotone, harmless in any order and number."""

import itertools
import json

import pytest

from journal.models import Entry
from journal.queries import version
from notifications import engine, gateways
from notifications.models import Attempt, Chunk, Message
from notifications.operations import send_due_staff
from notifications.queries import batch_progress

pytestmark = pytest.mark.django_db

URL = "/api/v1/receipts/aliyun/sms"


def report(message, *, success=True, attempt=None):
    """One line as Aliyun's documentation shows it."""
    attempt = attempt or Attempt.objects.get(message_ids__contains=[message.pk])
    return {
        "phone_number": message.destination,
        "send_time": "2026-08-10 01:02:03",
        "report_time": "2026-08-10 01:02:07",
        "success": success,
        "err_code": "DELIVERED" if success else "MOBILE_NOT_ON_SERVICE",
        "err_msg": "用户接收成功" if success else "用户不在服务区",
        "sms_size": "1",
        "biz_id": "12345",
        "out_id": attempt.key,
    }


@pytest.fixture
def push(client):
    def post(*lines, token=None):
        token = gateways.receipt_token() if token is None else token
        return client.post(f"{URL}?token={token}", json.dumps(lines), content_type="application/json")

    return post


@pytest.fixture
def sent(simulator, texts):
    (message,) = texts(1)
    send_due_staff(1)
    return message


def state() -> str:
    return Message.objects.get().state


def test_it_needs_the_token(push, sent):
    assert push(report(sent), token="wrong").status_code == 401
    assert state() == "sent"


def test_it_answers_as_the_provider_expects(push, sent):
    answer = push(report(sent))
    assert (answer.status_code, answer.json()) == (200, {"code": 0, "msg": "成功"})
    assert state() == "delivered"


@pytest.mark.parametrize("order", itertools.permutations([True, True, False]))
def test_it_never_takes_a_delivery_back(push, sent, order):
    for success in order:
        push(report(sent, success=success))
    assert state() == "delivered"
    chunk = Chunk.objects.get()
    assert (chunk.delivered, chunk.sent, chunk.failed) == (1, 0, 0)
    assert Entry.objects.filter(kind="notice.delivered").count() == 1


def test_it_takes_a_receipt_that_overtakes_the_answer(push, simulator, texts):
    """The provider's report may arrive while the call it is about is still open on our side."""
    (message,) = texts(1)
    chunk = Chunk.objects.get()
    moment = message.queued_at
    attempt = Attempt.objects.create(
        key="early", chunk=chunk, channel="sms", message_ids=[message.pk], started_at=moment, due_at=moment
    )
    push(report(message, attempt=attempt))
    assert state() == "delivered"


def test_it_ignores_a_stale_failure(push, sent):
    attempt = Attempt.objects.get()
    newer = Attempt.objects.get()
    newer.pk, newer.key = None, "newer"
    newer.save()
    push(report(sent, success=False, attempt=attempt))
    assert state() == "sent"
    push(report(sent, success=False, attempt=newer))
    assert state() == "failed"


@pytest.mark.parametrize("body", ["[1]", "{", "null", '[{"out_id": null}]', '[{"out_id": "x", "phone_number": "1"}]'])
def test_it_survives_nonsense(client, sent, body):
    answer = client.post(f"{URL}?token={gateways.receipt_token()}", body, content_type="application/json")
    assert answer.status_code in {200, 400}
    assert state() == "sent"


def test_it_counts_a_batch(push, simulator, launched):
    batch = launched(150)
    while engine.send_due(urgent=False, limit=1):
        pass
    messages = list(Message.objects.order_by("pk"))
    lines = [report(message, success=message.pk % 10 != 0) for message in messages]
    push(*lines[:80], *lines[:80])
    push(*reversed(lines))
    progress = batch_progress(batch.pk)
    assert (progress.sent, progress.delivered, progress.failed) == (0, 135, 15)


@pytest.mark.usefixtures("simulator")
def test_the_last_receipts_reach_the_screen(
    push, launched, fast_forward, run_clock, django_capture_on_commit_callbacks
):
    """However close together they come; and nothing is told over and over of what has been told."""
    batch = launched(2)
    while engine.send_due(urgent=False, limit=1):
        pass
    shown = [version(f"batch:{batch.pk}")]
    for message in Message.objects.order_by("pk"):
        with django_capture_on_commit_callbacks(execute=True):
            push(report(message))
        fast_forward(seconds=1)
        run_clock()
        shown.append(version(f"batch:{batch.pk}"))
    assert len(set(shown)) == len(shown)
    fast_forward(seconds=1)
    run_clock()
    assert version(f"batch:{batch.pk}") == shown[-1]


def test_a_failure_of_an_ended_call_does_not_stop_the_next_try(push, sent):
    """The provider had denied the message, so it is queued again; its call of old says nothing about that."""
    Message.objects.update(state="queued")
    push(report(sent, success=False))
    assert state() == "queued"
    Attempt.objects.update(outcome="open")
    push(report(sent, success=False))
    assert state() == "failed"
