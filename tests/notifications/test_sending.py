"""Sending through the simulator: what it accepted, what we recorded."""

import urllib.request
from datetime import timedelta

import pytest

from journal.models import Entry, Installation
from notifications import engine
from notifications.engine import run
from notifications.engine.calls import take
from notifications.models import Attempt, Batch, Chunk, Message
from notifications.operations import cancel_batch, pause_batch, resume_batch, send_due_staff
from notifications.queries import batch_progress

pytestmark = pytest.mark.django_db


def states() -> dict[str, int]:
    found: dict[str, int] = {}
    for state in Message.objects.values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


def send_everything() -> None:
    for _number in range(100):
        if not engine.send_due(urgent=False, limit=1):
            return
    raise AssertionError("chunks are due again and again")


def test_it_sends_each_message_once(simulator, texts):
    texts(5)
    assert send_due_staff(20) == 5
    assert send_due_staff(20) == 0
    assert states() == {"sent": 5}
    ledger = simulator.ledger()
    assert ledger["by_number"] == {f"138{n:08d}": 1 for n in range(1, 6)}
    assert set(ledger["by_out_id"]) == set(Attempt.objects.values_list("key", flat=True))
    assert Entry.objects.filter(kind="notice.sent").count() == 5


def test_it_sends_a_batch_in_calls_of_a_hundred(simulator, launched):
    batch = launched(2_500)
    send_everything()
    assert states() == {"sent": 2_500}
    ledger = simulator.ledger()
    assert ledger["accepted"] == ledger["numbers"] == 2_500
    assert ledger["calls"] == {"SendBatchSms": 26}
    progress = batch_progress(batch.pk)
    assert (progress.state, progress.accepted, progress.queued) == ("finished", 2_500, 0)
    assert progress.first_sent_at <= progress.finished_at
    kinds = list(Entry.objects.filter(subject=f"batch:{batch.pk}").order_by("id").values_list("kind", flat=True))
    told = ["batch_opened", "batch_launched", "first_sent", "chunk_sent", "chunk_sent", "batch_finished"]
    assert kinds == [f"notice.{name}" for name in told]


def test_it_hands_over_the_values_in_the_order_of_the_words(launched):
    """Some providers know variables by their place only; PostgreSQL orders names its own way."""
    launched(1)
    chunk = Chunk.objects.get()
    (item,) = take(chunk, chunk.template, None)
    assert list(item.variables.items()) == [
        ("no", "SO1"),
        ("cause", "台风"),
        ("eta", "8月12日"),
        ("url", "https://example.test/s/1"),
    ]


def test_it_never_puts_a_number_twice_into_a_call(simulator, launched):
    batch = launched(150)
    Message.objects.filter(key__in=["notice:1", "notice:2"]).update(destination="13900000004")
    send_everything()
    ledger = simulator.ledger()
    assert ledger["accepted"] == 150
    assert ledger["by_number"]["13900000004"] == 3
    assert ledger["repeated"]["keys"] == []
    assert batch_progress(batch.pk).accepted == 150


def test_it_sends_the_others_when_one_number_is_wrong(simulator, launched):
    launched(300)
    Message.objects.filter(key="notice:50").update(destination="not a number")
    send_everything()
    assert states() == {"sent": 299, "failed": 1}
    assert Message.objects.get(key="notice:50").code == "isv.MOBILE_NUMBER_ILLEGAL"
    assert simulator.ledger()["repeated"] == {"keys": [], "numbers": []}


def test_it_waits_when_throttled_and_goes_on(simulator, launched, fast_forward):
    launched(300)
    simulator.control(throttle=1)
    send_everything()
    assert states() == {"queued": 300}
    assert simulator.ledger()["refused"]["Throttling.User"] <= 4
    simulator.control(throttle=0)
    fast_forward(seconds=90)
    send_everything()
    assert states() == {"sent": 300}


def test_it_begins_no_call_once_its_lease_is_over(simulator, texts, monkeypatch, fast_forward):
    """A process that stood still: somebody else may have taken its chunk over meanwhile."""
    texts(1)
    with monkeypatch.context() as standing:
        standing.setattr(run, "LEASE", timedelta(0))
        send_due_staff(1)
    assert simulator.ledger()["accepted"] == 0
    assert states() == {"queued": 1}
    assert Attempt.objects.get().outcome == "rejected"
    fast_forward(seconds=30)
    send_due_staff(1)
    assert simulator.ledger()["accepted"] == 1
    assert states() == {"sent": 1}


def test_it_retries_when_the_gateway_is_away(simulator, texts, monkeypatch, fast_forward):
    texts(1)
    monkeypatch.setenv("FENGHUO_SMS_URL", "http://127.0.0.1:9")
    assert send_due_staff(5) == 1
    assert states() == {"queued": 1}
    assert Message.objects.get().code == "unreachable"
    monkeypatch.delenv("FENGHUO_SMS_URL")
    fast_forward(seconds=30)
    send_due_staff(5)
    assert states() == {"sent": 1}


def test_it_gives_up_in_the_end(simulator, texts, fast_forward):
    texts(1)
    simulator.control(throttle=1)
    for _number in range(20):
        send_due_staff(5)
        fast_forward(minutes=2)
    assert states() == {"failed": 1}
    assert Entry.objects.filter(kind="notice.failed").count() == 1


def test_it_sends_nothing_while_held(simulator, texts, launched):
    Installation.objects.update_or_create(id=1, defaults={"send_hold": True, "time_offset": "0"})
    texts(1)
    launched(10)
    assert send_due_staff(5) == 0
    send_everything()
    assert simulator.ledger()["accepted"] == 0
    assert states() == {"queued": 11}


def test_it_keeps_a_drill_inside(simulator, launched):
    batch = launched(120, exercise=3)
    send_everything()
    assert states() == {"delivered": 120}
    assert batch_progress(batch.pk).state == "finished"
    assert simulator.ledger()["accepted"] == 0


def test_it_says_that_it_is_a_drill(simulator, texts, make_user):
    texts(1, exercise=3, user_id=make_user("wang").pk)
    send_due_staff(5)
    with urllib.request.urlopen(f"{simulator.url}/phone") as page:
        assert "【演练】Ⅱ级响应：台风利奇马" in page.read().decode()


def test_it_pauses_resumes_and_cancels(simulator, launched, commander):
    batch = launched(410, chunk=200)
    engine.send_due(urgent=False, limit=1)
    pause_batch(batch_id=batch.pk, by=commander)
    send_everything()
    sent = simulator.ledger()["accepted"]
    assert 0 < sent < 410
    resume_batch(batch_id=batch.pk, by=commander)
    engine.send_due(urgent=False, limit=1)
    sent = simulator.ledger()["accepted"]
    cancel_batch(batch_id=batch.pk, by=commander)
    send_everything()
    assert simulator.ledger()["accepted"] == sent
    assert states() == {"sent": sent, "cancelled": 410 - sent}
    assert Batch.objects.get().state == "cancelled"
    assert set(Chunk.objects.values_list("state", flat=True)) == {"done"}


def test_it_lets_one_limited_number_wait_without_the_others(simulator, launched, fast_forward):
    launched(150)
    simulator.control(limited=["13900000007"])
    send_everything()
    assert states() == {"sent": 149, "queued": 1}
    assert Message.objects.get(key="notice:7").code == "isv.BUSINESS_LIMIT_CONTROL"
    simulator.control(limited=[])
    fast_forward(seconds=130)
    send_everything()
    assert states() == {"sent": 150}
