"""Notes, decisions, mentions, and what is entered afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.actors import NotAllowed, user_actor
from accounts.roles import Role
from incidents import operations
from incidents.refusals import ImpossibleTime, ReasonMissing, UnknownPerson
from journal import clock
from journal.models import Entry
from notifications.models import Message

pytestmark = pytest.mark.django_db


def test_it_keeps_a_decision_with_its_reason_and_alternatives(report, duty_officer, entries):
    incident = report()
    note = operations.log_entry(
        incident_id=incident.pk,
        kind="decision",
        text="封闭宁波线路",
        reason="高速封闭",
        alternatives="绕行杭州，多 4 小时",
        by=duty_officer,
    )
    assert (note.kind, note.reason, note.alternatives) == ("decision", "高速封闭", "绕行杭州，多 4 小时")
    entry = entries(incident, "decision.logged")[0]
    assert entry.payload == {"note": f"decision:{note.pk}", "kind": "decision"}
    assert not entry.backfilled


def test_it_tells_the_people_who_are_named(report, duty_officer, make_user, entries):
    incident = report()
    reader = make_user("chenjing", Role.SECTION_CHIEF, name="陈静")
    named = [reader.pk, duty_officer.user_id, reader.pk]
    note = operations.log_entry(incident_id=incident.pk, text="@陈静 请核对车辆", mentions=named, by=duty_officer)
    assert note.mentions == [reader.pk, duty_officer.user_id]
    message = Message.objects.get(template__code="mention")
    assert (message.user_id, message.channel) == (reader.pk, "in_app")
    payload = entries(incident, "decision.logged")[0].payload
    assert payload["mentions"] == [f"user:{reader.pk}", str(duty_officer)]
    assert "陈静" not in str(Entry.objects.filter(subject=incident.reference).values_list("payload", flat=True))


def test_an_earlier_time_is_marked_as_entered_later(report, duty_officer, entries):
    incident = report(occurred_at=clock.now() - timedelta(hours=3))
    moment = clock.now() - timedelta(hours=2)
    note = operations.log_entry(incident_id=incident.pk, text="水位 30 cm", occurred_at=moment, by=duty_officer)
    entry = entries(incident, "decision.logged")[0]
    assert note.occurred_at == moment
    assert entry.occurred_at == moment
    assert entry.backfilled
    for impossible in (clock.now() + timedelta(minutes=1), incident.occurred_at - timedelta(minutes=1)):
        with pytest.raises(ImpossibleTime):
            operations.log_entry(incident_id=incident.pk, text="x", occurred_at=impossible, by=duty_officer)


def test_it_refuses_an_empty_note_and_strangers(report, duty_officer, make_user):
    incident = report()
    with pytest.raises(ReasonMissing):
        operations.log_entry(incident_id=incident.pk, text="  ", by=duty_officer)
    with pytest.raises(UnknownPerson):
        operations.log_entry(incident_id=incident.pk, text="x", mentions=[10**9], by=duty_officer)
    auditor = user_actor(make_user("auditor", Role.AUDITOR))
    with pytest.raises(NotAllowed):
        operations.log_entry(incident_id=incident.pk, text="x", by=auditor)
    assert incident.decisions.count() == 0


def test_notes_of_other_kinds_are_not_written_by_hand(report, duty_officer):
    note = operations.log_entry(incident_id=report().pk, text="x", kind="review", by=duty_officer)
    assert note.kind == "note"
