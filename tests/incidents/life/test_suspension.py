"""Suspended: limits and ladders stand still, misses stay, duties by law run on."""

from datetime import timedelta

import pytest

from accounts.actors import link_actor
from incidents import operations
from incidents.models import CallOut, CommandPost, Deadline, Incident, Measure, MeasureJob
from incidents.refusals import IllegalTransition, ReasonMissing
from journal.refusal import AlreadyDone
from notifications.models import Message

pytestmark = pytest.mark.django_db
PAUSE = timedelta(hours=2)


def suspend(incident, by):
    return operations.suspend(incident_id=incident.pk, reason="道路封闭", by=by)


def resume(incident, by):
    return operations.resume(incident_id=incident.pk, by=by)


def due():
    return dict(Deadline.objects.filter(state="open").values_list("subject", "due_at"))


def test_everything_still_to_come_moves_by_the_pause(running, commander, fast_forward, run_clock, entries):
    incident = running(level=3)
    fast_forward(minutes=5)
    run_clock()
    before, calls = due(), dict(CallOut.objects.values_list("pk", "next_rung_at"))
    incident = suspend(incident, commander)
    at = incident.suspended_at
    assert not Deadline.objects.filter(state="open").exclude(kind="confirm").exists()
    fast_forward(hours=2)
    run_clock()
    assert Deadline.objects.filter(state="missed").values_list("kind", flat=True).distinct().count() <= 1
    incident = resume(incident, commander)
    pause = entries(incident, "incident.resumed")[0].recorded_at - at
    after = due()
    moved = {subject: after[subject] - moment for subject, moment in before.items() if subject in after}
    assert set(before) - set(after) <= {incident.reference}
    assert all(PAUSE <= shift <= pause for shift in moved.values())
    assert len(set(moved.values())) == 1
    rungs = CallOut.objects.filter(next_rung_at__isnull=False)
    assert rungs.exists()
    assert {call.next_rung_at - calls[call.pk] for call in rungs} == set(moved.values())
    assert set(Deadline.objects.filter(state="open").values_list("generation", flat=True)) == {incident.generation}
    assert incident.paused == next(iter(moved.values()))


def test_no_miss_is_hidden_and_none_is_made(running, commander, fast_forward, run_clock, entries):
    incident = running(level=3)
    fast_forward(minutes=16)  # everybody is late, and no clock has come to it yet
    suspend(incident, commander)
    late = len(entries(incident, "deadline.missed"))
    assert late == Deadline.objects.filter(state="missed").count() > 0
    fast_forward(hours=5)
    run_clock()
    resume(incident, commander)
    run_clock()
    missed = [entry.payload["kind"] for entry in entries(incident, "deadline.missed")]
    assert len([kind for kind in missed if kind != "confirm"]) == late


def test_the_ladder_rests_and_answers_count(running, commander, fast_forward, run_clock):
    running(level=4)
    incident = Incident.objects.get()
    run_clock()
    sent = Message.objects.count()
    suspend(incident, commander)
    fast_forward(minutes=30)
    run_clock()
    assert Message.objects.filter(key__startswith="callout:").count() <= sent
    call = CallOut.objects.get(seat__post="site")
    operations.arrive_callout(call_out_id=call.pk, by=link_actor("link", call.pk))
    resume(incident, commander)
    call.refresh_from_db()
    assert call.state == "on_post"
    assert call.arrived_at <= call.due_at  # the time stood still
    assert not Deadline.objects.filter(subject=f"callout:{call.pk}", state="open").exists()


def test_a_duty_by_law_and_the_confirmation_run_on(running, duty_officer, commander, fast_forward, run_clock):
    incident = running(level=2)
    operations.tick_legal_clock(incident_id=incident.pk, code="network_blocked", by=duty_officer)
    before = due()
    suspend(incident, commander)
    assert set(due()) == {"legal:network_blocked", incident.reference}
    fast_forward(minutes=5)
    incident = resume(incident, commander)
    assert due()["legal:network_blocked"] == before["legal:network_blocked"]
    assert due()[incident.reference] == before[incident.reference] == incident.confirm_by


def test_the_level_may_be_confirmed_meanwhile(running, commander):
    incident = running(level=2)
    suspend(incident, commander)
    incident = operations.confirm_level(incident_id=incident.pk, by=commander)
    assert (incident.provisional, incident.state) == (False, "suspended")


def test_a_later_regrade_counts_the_pause(running, duty_officer, commander, fast_forward):
    incident = running(level=3)
    suspend(incident, commander)
    fast_forward(hours=2)
    incident = resume(incident, commander)
    operations.recover(incident_id=incident.pk, by=commander)
    fast_forward(minutes=1)
    incident = operations.raise_level(incident_id=incident.pk, level=2, by=commander)
    notice = Measure.objects.get(code="first_notice")
    assert notice.due_at == incident.declared_at + timedelta(minutes=30) + incident.paused
    inspect = Measure.objects.get(code="inspect")  # begun after the pause: it is not counted twice
    assert inspect.due_at == inspect.counted_from + timedelta(minutes=inspect.due_minutes)
    call = CallOut.objects.get(seat__post="site")
    assert call.due_at == call.called_at + timedelta(minutes=15) + incident.paused
    newly = CallOut.objects.filter(seat__post="finance").get()
    assert newly.due_at == newly.called_at + timedelta(minutes=15)
    ready = Deadline.objects.get(subject=f"post:{CommandPost.objects.get().pk}", state="open")
    assert ready.due_at == incident.declared_at + timedelta(minutes=30) + incident.paused


@pytest.mark.usefixtures("network")
def test_the_systems_work_rests(running, commander, work, fast_forward):
    incident = running(level=3, scope={"warehouses": ["W01"]}, by=commander)
    suspend(incident, commander)
    assert not MeasureJob.objects.exists()
    fast_forward(minutes=1)
    resume(incident, commander)
    work()
    assert Measure.objects.get(code="close_lanes").state == "done"


def test_in_a_drill_the_pause_is_drill_time(report, commander, roster, fast_forward):
    incident = report(by=commander, exercise=7, time_factor=60)
    incident = operations.respond(incident_id=incident.pk, level=3, by=commander)
    notice = Measure.objects.get(code="first_notice")
    left = incident.times.between(incident.declared_at, notice.due_at)
    suspend(incident, commander)
    fast_forward(seconds=50)
    operations.set_time_factor(incident_id=incident.pk, factor=600, by=commander)
    fast_forward(seconds=10)
    incident = resume(incident, commander)
    after = incident.times.between(incident.declared_at, Measure.objects.get(code="first_notice").due_at)
    assert after.total_seconds() == pytest.approx((left + incident.paused).total_seconds(), abs=0.1)
    assert incident.paused > timedelta(minutes=140)


def test_it_comes_back_to_where_it_stood(running, commander):
    incident = running(level=3)
    operations.recover(incident_id=incident.pk, by=commander)
    with pytest.raises(ReasonMissing):
        operations.suspend(incident_id=incident.pk, reason=" ", by=commander)
    suspend(incident, commander)
    with pytest.raises(AlreadyDone):
        suspend(incident, commander)
    with pytest.raises(IllegalTransition) as refused:
        operations.close(incident_id=incident.pk, by=commander)
    assert refused.value.extra["legal"][0] == "resume"
    assert resume(incident, commander).state == "recovering"
