"""On the way, and not there yet: estimates, reminders, answers while nothing runs."""

import pytest

from incidents import operations
from incidents.models import Deadline
from incidents.refusals import IllegalAnswer, ImpossibleTime
from journal import clock
from journal.refusal import AlreadyDone
from notifications.models import Message

pytestmark = pytest.mark.django_db


def reminders(call):
    rows = Message.objects.filter(key__startswith=f"arrival:{call.pk}:", channel="sms").order_by("id")
    return [row.variables["left"] for row in rows]


def test_it_reminds_half_way_and_three_minutes_before(running, cast, fast_forward, run_clock):
    running(level=4)
    call = cast.call_of("site")
    fast_forward(minutes=1)
    operations.acknowledge_callout(call_out_id=call.pk, by=cast.link(call))
    fast_forward(minutes=6)
    run_clock()
    assert reminders(call) == []
    fast_forward(minutes=1)
    run_clock()
    assert reminders(call) == ["7"]
    fast_forward(minutes=4)
    run_clock()
    assert reminders(call) == ["7", "3"]
    fast_forward(minutes=10)
    run_clock()
    assert len(reminders(call)) == 2


def test_who_has_arrived_or_cannot_come_is_not_reminded(running, cast, fast_forward, run_clock):
    running(level=4)
    here, gone = cast.call_of("site"), cast.call_of("operations")
    for call in (here, gone):
        operations.acknowledge_callout(call_out_id=call.pk, by=cast.link(call))
    cast.come(here)
    operations.decline_callout(call_out_id=gone.pk, by=cast.link(gone), reason="flat tyre")
    gone.refresh_from_db()
    assert (gone.reason, gone.remind_at) == ("flat tyre", None)
    fast_forward(minutes=14)
    run_clock()
    assert reminders(here) == reminders(gone) == []


def test_an_estimate_may_be_given_and_changed(running, cast, entries):
    incident = running(level=4)
    call = cast.call_of("site")
    operations.acknowledge_callout(call_out_id=call.pk, by=cast.link(call), eta_minutes=10)
    call.refresh_from_db()
    assert (call.eta_at - call.acknowledged_at).total_seconds() == 600
    with pytest.raises(AlreadyDone):
        operations.acknowledge_callout(call_out_id=call.pk, by=cast.link(call))
    with pytest.raises(AlreadyDone):
        operations.acknowledge_callout(call_out_id=call.pk, by=cast.link(call), eta_minutes=10)
    operations.acknowledge_callout(call_out_id=call.pk, by=cast.link(call), eta_minutes=25)
    assert entries(incident)[-3:] == ["callout.acknowledged", "callout.eta", "callout.eta"]
    with pytest.raises(ImpossibleTime):
        operations.acknowledge_callout(call_out_id=call.pk, by=cast.link(call), eta_minutes=9999)


def test_why_somebody_cannot_come_stays_out_of_the_journal(running, cast, entries):
    incident = running(level=4)
    call = cast.call_of("site")
    operations.decline_callout(call_out_id=call.pk, by=cast.link(call), reason="my child is in hospital")
    assert "hospital" not in str([entry.payload for entry in entries(incident, "callout.declined")])


def test_people_answer_while_the_response_is_suspended(running, cast, commander):
    incident = running(level=4)
    call, other = cast.call_of("site"), cast.call_of("operations")
    operations.suspend(incident_id=incident.pk, reason="road closed", by=commander)
    operations.acknowledge_callout(call_out_id=call.pk, by=cast.link(call))
    cast.come(call)
    call.refresh_from_db()
    assert call.state == "on_post"
    operations.resume(incident_id=incident.pk, by=commander)
    cast.come(other)
    with pytest.raises(IllegalAnswer):
        operations.decline_callout(call_out_id=call.pk, by=cast.link(call))


def test_an_alternate_called_while_suspended_has_time_from_the_resumption(
    running, cast, commander, fast_forward, run_clock
):
    incident = running(level=4)
    call = cast.call_of("site")
    operations.suspend(incident_id=incident.pk, reason="road closed", by=commander)
    operations.decline_callout(call_out_id=call.pk, by=cast.link(call))
    alternate = cast.call_of("site", 1)
    fast_forward(hours=1)
    run_clock()
    assert not Deadline.objects.filter(subject=f"callout:{alternate.pk}", state="missed").exists()
    operations.resume(incident_id=incident.pk, by=commander)
    assert Deadline.objects.get(subject=f"callout:{alternate.pk}", state="open").due_at > clock.now()
