"""A call-out by telephone: whoever presses 1 is on the way."""

from __future__ import annotations

import pytest

from accounts.actors import CLOCK, link_actor
from incidents.models import CallOut
from incidents.reading import poke
from journal.models import Entry
from notifications.models import Attempt, Chunk
from notifications.operations import queue_message, record_receipts
from notifications.operations.receipts import Report

WORDS = {"lv": "Ⅳ", "event": "台风", "role": "现场指挥", "time": "03:25", "url": "https://example.test/c/1"}


@pytest.fixture
def pressed(running, cast):
    """pressed("1", "1") rings the site commander, who presses that, as the provider reports each time; the call-out."""
    incident = running(level=4)
    call = cast.call_of("site")
    message = queue_message(
        template="call_out",
        channel="voice",
        language="zh-hans",
        destination="+8613800000001",
        variables=WORDS,
        key=f"callout:{call.pk}:2:{call.user_id}:voice",
        by=CLOCK,
        reference=incident.reference,
        user_id=call.user_id,
    )
    chunk, moment = Chunk.objects.get(first=message.pk), message.queued_at
    Attempt.objects.create(
        key="k", chunk=chunk, channel="voice", message_ids=[message.pk], started_at=moment, due_at=moment
    )

    def report(*keys: str) -> CallOut:
        for key in keys:
            line = Report(out_id="k", number="13800000001", delivered=True, code="200000", pressed=key)
            record_receipts(reports=[line], by=link_actor("provider", "aliyun"))
        for entry in Entry.objects.filter(kind="notice.answered"):
            poke(entry)
            poke(entry)
        call.refresh_from_db()
        return call

    return report


def test_one_says_on_my_way(pressed):
    call = pressed("1", "1")
    assert (call.state, call.answered_by) == ("acknowledged", f"link:{call.pk}")
    assert Entry.objects.filter(kind="notice.answered").count() == 1
    assert Entry.objects.filter(kind="callout.acknowledged").count() == 1
    assert "13800000001" not in str(list(Entry.objects.values()))


@pytest.mark.parametrize("key", ["", "2", "1#"])
def test_anything_else_says_nothing(pressed, key):
    assert pressed(key).state == "called"
