"""Queueing: rendered at once, idempotent per key, refused before anything leaves."""

import pytest

from accounts.actors import SYSTEM
from journal.models import Entry
from notifications.models import Chunk, Message, Template
from notifications.operations import queue_message
from notifications.queries import delivery
from notifications.refusals import TemplateNotApproved, UnknownTemplate, VariableMissing
from notifications.states import MessageState

pytestmark = pytest.mark.django_db

CALL = {"lv": "Ⅱ", "event": "台风利奇马", "role": "现场指挥", "time": "03:25", "url": "https://example.test/c/1"}


def queue(key="call:1", **extra):
    fields = {"template": "call_out", "channel": "sms", "language": "zh-hans", "destination": "13800000001"}
    return queue_message(**{**fields, "variables": CALL, "key": key, "by": SYSTEM, **extra})


def test_it_renders_at_once():
    message = queue(reference="incident:1")
    assert message.body == "Ⅱ级响应：台风利奇马。请现场指挥于03:25前到岗：https://example.test/c/1"
    assert Chunk.objects.get().first == message.pk
    assert delivery(["call:1", "call:2"]) == {"call:1": MessageState.QUEUED}


def test_it_queues_a_key_once():
    assert queue() == queue(destination="13800000002")
    assert Message.objects.count() == Chunk.objects.count() == 1
    assert Entry.objects.filter(kind="notice.queued").count() == 1


def test_it_refuses_a_missing_variable():
    with pytest.raises(VariableMissing) as refusal:
        queue(variables={**CALL, "time": "", "url": None})
    assert refusal.value.extra == {"missing": ["time", "url"]}
    assert not Message.objects.exists()


def test_it_refuses_unknown_and_unapproved_templates():
    with pytest.raises(UnknownTemplate):
        queue(template="no_such")
    Template.objects.filter(code="call_out", channel="sms").update(state="draft")
    with pytest.raises(TemplateNotApproved):
        queue()


def test_it_marks_an_exercise_and_keeps_customers_out_of_it(make_user):
    staff = queue(exercise=7, user_id=make_user("li").pk)
    assert staff.body.startswith("【演练】")
    assert staff.state == "queued"
    assert queue("customer:1", exercise=7).state == "delivered"
    assert Chunk.objects.count() == 1


def test_it_keeps_personal_data_out_of_the_journal():
    queue()
    assert "13800000001" not in str(list(Entry.objects.values()))
