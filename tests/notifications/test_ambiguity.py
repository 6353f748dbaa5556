"""What nobody knows is asked for, never sent again blindly."""

import pytest

from journal import claims
from journal.models import Entry
from journal.moves import sources
from notifications import engine
from notifications.engine import asking
from notifications.models import Attempt, Chunk, Message
from notifications.operations import send_due_staff
from notifications.queries import batch_progress
from notifications.states import TRANSITIONS, MessageState
from tests.notifications.providers import ALIYUN

pytestmark = pytest.mark.django_db


def test_it_asks_after_a_lost_answer(simulator, texts, fast_forward):
    (message,) = texts(1)
    simulator.control(late_error=1)
    send_due_staff(1)
    assert Message.objects.get().state == "ambiguous"
    assert send_due_staff(1) == 0
    assert asking.ask_due() == 0
    fast_forward(seconds=15)
    assert asking.ask_due() == 1
    message.refresh_from_db()
    assert message.state == "sent"
    assert Attempt.objects.get().outcome == "accepted"
    assert simulator.ledger()["accepted"] == 1
    assert Entry.objects.filter(kind="notice.resolved").count() == 1


def test_it_sends_again_only_what_the_provider_denies(simulator, texts, fast_forward):
    """A worker died before its request left: the attempt stands, the provider knows nothing of it."""
    (message,) = texts(1)
    chunk = Chunk.objects.get()
    dead = Attempt.objects.create(
        key="dead",
        chunk=chunk,
        channel="sms",
        message_ids=[message.pk],
        started_at=message.queued_at,
        due_at=message.queued_at,
    )
    Chunk.objects.update(attempts=1, lease_until=message.queued_at)
    assert send_due_staff(1) == 1
    assert Message.objects.get().state == "ambiguous"
    for _number in range(8):
        fast_forward(minutes=1)
        asking.ask_due()
        send_due_staff(1)
    assert simulator.ledger()["accepted"] == 0
    fast_forward(minutes=6)
    asking.ask_due()
    send_due_staff(1)
    dead.refresh_from_db()
    assert dead.outcome == "rejected"
    assert Message.objects.get().state == "sent"
    assert simulator.ledger()["accepted"] == 1


def test_it_requeues_what_no_call_was_made_for(simulator, launched, fast_forward):
    """A worker died between two waves: only the calls it had begun are in doubt."""
    batch = launched(250)
    chunk = Chunk.objects.order_by("pk").first()
    ids = list(Message.objects.filter(template_id=chunk.template_id).order_by("pk").values_list("pk", flat=True))
    moment = chunk.due_at
    Attempt.objects.create(
        key="dead", chunk=chunk, channel="sms", message_ids=ids[:50], started_at=moment, due_at=moment
    )
    Chunk.objects.filter(pk=chunk.pk).update(attempts=1, lease_until=moment)
    while engine.send_due(urgent=False, limit=1):
        pass
    progress = batch_progress(batch.pk)
    assert (progress.ambiguous, progress.sent) == (50, 200)
    assert progress.state == "finished"
    fast_forward(minutes=11)
    asking.ask_due()
    while engine.send_due(urgent=False, limit=1):
        pass
    assert batch_progress(batch.pk).sent == 250
    assert simulator.ledger()["repeated"] == {"keys": [], "numbers": []}


def test_it_cannot_ask_about_mail(simulator, texts, monkeypatch):
    (message,) = texts(1, channel="email", destination="li@example.test")
    chunk = Chunk.objects.get()
    Attempt.objects.create(
        key="dead",
        chunk=chunk,
        channel="email",
        message_ids=[message.pk],
        started_at=message.queued_at,
        due_at=message.queued_at,
    )
    Chunk.objects.update(attempts=1, lease_until=message.queued_at)
    send_due_staff(1)
    assert Message.objects.get().state == "ambiguous"
    assert Attempt.objects.get().outcome == "unknown"
    assert simulator.ledger()["accepted"] == 0


@pytest.mark.parametrize(("channel", "most"), [("sms", engine.run.SINGLE_CALLS), ("email", engine.run.CALLS_AT_ONCE)])
def test_a_kill_leaves_no_mail_in_doubt_that_no_thread_had(launched, gateway, channel, most):
    """Calls of one message are written down before their turn comes only where the provider can be asked."""
    gateway(ALIYUN, batch_size=1)
    launched(60, channel=channel)
    (chunk,) = claims.claim(engine.due_chunks(urgent=False), lease=engine.LEASE, limit=1)
    worker = engine.run.Run([chunk])
    worker.open(chunk)
    worker.next_wave([], may_send=True)
    assert Attempt.objects.filter(outcome="open").count() == min(chunk.size, most)


def test_nothing_leads_out_of_delivered():
    assert TRANSITIONS[MessageState.DELIVERED] == frozenset()
    assert MessageState.CANCELLED not in sources(TRANSITIONS, MessageState.SENT)
    assert set(TRANSITIONS) == set(MessageState)
