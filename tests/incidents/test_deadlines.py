"""The clock misses deadlines when they are due: never early, once each, with the due time as the time of the event."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F

from incidents import firing, operations
from incidents.models import CallOut, Deadline, DeadlineState
from journal import clock
from journal import queries as journal

pytestmark = pytest.mark.django_db


def test_it_is_never_early(running, fast_forward, run_clock):
    incident = running(level=3)
    fast_forward(minutes=11)
    run_clock()
    fast_forward(minutes=2)
    run_clock()
    assert not Deadline.objects.filter(incident=incident, kind="arrival").exclude(state="open").exists()
    fast_forward(hours=2)
    run_clock()
    missed = Deadline.objects.filter(incident=incident, state="missed")
    assert missed.count() > 10
    assert not missed.filter(missed_at__lt=F("due_at")).exists()


def test_it_records_the_miss_at_the_due_time(running, fast_forward, run_clock, entries):
    incident = running(level=3)
    fast_forward(minutes=31)
    run_clock()
    post = incident.command_post
    deadline = Deadline.objects.get(subject=f"post:{post.pk}")
    assert deadline.state == DeadlineState.MISSED
    entry = next(e for e in entries(incident, "deadline.missed") if e.payload["subject"] == f"post:{post.pk}")
    assert entry.occurred_at == deadline.due_at
    assert entry.recorded_at > deadline.due_at
    assert entry.actor == "clock"
    assert journal.verify() == []


def test_it_has_one_effect_each(running, fast_forward, run_clock, entries):
    incident = running(level=2)
    fast_forward(hours=3)
    run_clock()
    run_clock()
    subjects = [entry.payload["deadline"] for entry in entries(incident, "deadline.missed")]
    assert len(subjects) == len(set(subjects)) == Deadline.objects.filter(state="missed").count() > 10


def test_it_fires_in_batches(running):
    incident = running(level=4)
    Deadline.objects.all().delete()
    now = clock.now()
    Deadline.objects.bulk_create(
        Deadline(
            incident=incident, kind="measure", subject=f"measure:{n}", started_at=now, due_at=now - timedelta(seconds=n)
        )
        for n in range(620)
    )
    assert [firing.fire_due(), firing.fire_due(), firing.fire_due()] == [500, 120, 0]


def test_what_is_done_a_moment_late_is_missed_and_done(running, fast_forward, duty_officer, entries):
    """The clock was not there yet, but the time had passed: the operation itself records the miss."""
    incident = running(level=4)
    measure = incident.measures.get(code="head_count")
    fast_forward(minutes=20, seconds=1)
    operations.complete_measure(measure_id=measure.pk, by=duty_officer)
    deadline = Deadline.objects.get(subject=f"measure:{measure.pk}")
    assert deadline.state == DeadlineState.MISSED
    assert deadline.settled_at is not None
    assert [e.payload["subject"] for e in entries(incident, "deadline.missed")] == [f"measure:{measure.pk}"]
    firing.fire_due()
    assert len([e for e in entries(incident, "deadline.missed") if e.payload["subject"] == deadline.subject]) == 1


def test_proof_of_an_arrival_in_time_amends_the_miss(running, fast_forward, run_clock, duty_officer, entries):
    incident = running(level=4)
    call = CallOut.objects.get(seat__post="site")
    fast_forward(minutes=20)
    run_clock()
    assert Deadline.objects.get(subject=f"callout:{call.pk}").state == DeadlineState.MISSED
    really = call.called_at + timedelta(minutes=12)
    operations.arrive_callout(call_out_id=call.pk, by=duty_officer, arrived_at=really)
    deadline = Deadline.objects.get(subject=f"callout:{call.pk}")
    assert (deadline.state, deadline.settled_at) == (DeadlineState.MET, really)
    [amended] = entries(incident, "deadline.amended")
    assert amended.occurred_at == really
    assert amended.backfilled
    [arrived] = entries(incident, "callout.arrived")
    assert arrived.payload["in_time"] is True
    assert arrived.payload["seconds"] == 720.0
    assert len(entries(incident, "deadline.missed")) > 0


def test_cancelling_does_not_hide_a_miss(running, fast_forward, duty_officer, entries):
    incident = running(level=4)
    fast_forward(minutes=16)
    operations.dismiss(incident_id=incident.pk, reason="演习误报", by=duty_officer)
    missed = entries(incident, "deadline.missed")
    assert {e.payload["kind"] for e in missed} == {"arrival", "measure"}
    assert not Deadline.objects.filter(state="open").exists()
    assert firing.fire_due() == 0


def test_it_refuses_a_second_open_deadline_of_a_kind(running):
    incident = running(level=4)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT incident_id, kind, subject FROM incidents_deadline WHERE state = 'open'"
            " GROUP BY 1, 2, 3 HAVING count(*) > 1) doubled"
        )
        assert cursor.fetchone() == (0,)
    open_one = Deadline.objects.filter(incident=incident, state="open").first()
    open_one.pk = None
    with pytest.raises(Exception, match="one_open_deadline_per_kind_and_subject"):
        open_one.save()
