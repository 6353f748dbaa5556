"""Real connections at once: one message per key, one sender per chunk, one end per batch."""

import threading
from collections import Counter

import pytest
from django.db import connection, transaction

from journal.models import Entry
from notifications import engine
from notifications.models import Batch, Chunk, Message
from notifications.operations import record_receipts
from notifications.operations.receipts import Report
from tests.racing import all_done

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_key_makes_one_message(texts):
    all_done(*[lambda: texts(1)] * 6)
    assert Message.objects.count() == Chunk.objects.count() == 1
    assert Entry.objects.filter(kind="notice.queued").count() == 1


def test_the_second_caller_waits_for_the_first(texts):
    """The first caller's transaction is still open when the second asks for the same key."""
    done = threading.Event()

    def second():
        texts(1)
        done.set()
        connection.close()

    with transaction.atomic():
        (first,) = texts(1)
        thread = threading.Thread(target=second)
        thread.start()
        assert not done.wait(0.5)
    thread.join(60)
    assert Message.objects.get() == first


def test_two_workers_share_a_batch(simulator, launched):
    batch = launched(5_000, chunk=1_000)

    def work():
        while engine.send_due(urgent=False, limit=1):
            pass

    all_done(work, work, work)
    assert Counter(Message.objects.values_list("state", flat=True)) == {"sent": 5_000}
    assert simulator.ledger()["repeated"] == {"keys": [], "numbers": []}
    assert Batch.objects.get().state == "finished"
    for kind in ("notice.first_sent", "notice.batch_finished"):
        assert Entry.objects.filter(kind=kind, subject=f"batch:{batch.pk}").count() == 1


def test_receipts_and_workers_do_not_block_each_other(simulator, launched):
    """Receipts for calls that were just made arrive while the next are being recorded."""
    from notifications.models import Attempt

    launched(3_000, chunk=1_000)
    sending = threading.Event()

    def work():
        while engine.send_due(urgent=False, limit=1):
            pass
        sending.set()

    def receive():
        while not sending.wait(0.02):
            push()

    def push():
        numbers = dict(Message.objects.values_list("pk", "destination"))
        calls = list(Attempt.objects.values_list("key", "message_ids"))
        reports = [Report(key, numbers[pk], True) for key, ids in calls for pk in ids]
        record_receipts(reports=reports, by="provider")

    all_done(work, work, receive, receive)
    push()
    assert Counter(Message.objects.values_list("state", flat=True)) == {"delivered": 3_000}
    chunks = Chunk.objects.all()
    assert sum(chunk.delivered for chunk in chunks) == 3_000
    assert sum(chunk.sent for chunk in chunks) == 0
