"""Real connections against each other: one wins, the others are told, nothing happens twice."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from accounts.actors import link_actor, user_actor
from incidents import due, firing, operations, systems
from incidents.models import CallOut, CommandPost, Deadline, Incident, Measure, MeasureJob
from incidents.refusals import ChangedMeanwhile, IllegalAnswer, IllegalMeasureStep, IllegalTransition
from journal import clock
from journal import queries as journal
from journal.models import Entry
from journal.refusal import AlreadyDone
from notifications.models import Message
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)


def told(incident, kind):
    return Entry.objects.filter(subject=incident.reference, kind=kind).count()


def test_of_two_commanders_one_wins_and_the_other_is_told(report, roster, make_user):
    incident = report(indicators={"cities": 1})
    actors = [user_actor(user) for user in roster["commander"][:2]]
    results = together(*[lambda by=by: operations.respond(incident_id=incident.pk, level=3, by=by) for by in actors])
    losers = [result for result in results if isinstance(result, Exception)]
    assert len(losers) == 1, results
    assert isinstance(losers[0], IllegalTransition)
    assert "raise" in losers[0].extra["legal"]
    assert told(incident, "incident.responded") == 1
    assert CommandPost.objects.count() == 1
    assert journal.verify() == []


def test_a_double_click_at_the_same_moment_is_one_response(report, roster, duty_officer):
    incident = report(indicators={"cities": 1})
    results = together(*[lambda: operations.respond(incident_id=incident.pk, level=3, by=duty_officer)] * 4)
    assert sum(isinstance(result, Incident) for result in results) == 1, results
    assert sum(isinstance(result, AlreadyDone) for result in results) == 3, results
    assert told(incident, "incident.responded") == 1


def test_with_a_version_only_one_change_passes(running, roster):
    incident = running(level=3)
    actors = [user_actor(user) for user in roster["commander"]]
    acts = [
        lambda by=by: operations.recover(incident_id=incident.pk, by=by, expected_version=incident.version)
        for by in actors
    ]
    results = together(*acts)
    assert sum(isinstance(result, Incident) for result in results) == 1
    assert sum(isinstance(result, ChangedMeanwhile) for result in results) == 2


def test_the_same_report_twice_is_one_incident(duty_officer, report):
    results = together(*[lambda: report(key="once")] * 4)
    assert len({result.pk for result in results}) == 1
    numbers = [result.number for result in together(*[report] * 4)]
    assert len(set(numbers)) == 4


def test_two_clocks_fire_each_deadline_once(running):
    incident = running(level=4)
    now = clock.now()
    Deadline.objects.filter(incident=incident).delete()
    Deadline.objects.bulk_create(
        Deadline(incident=incident, kind="measure", subject=f"measure:{n}", started_at=now, due_at=now)
        for n in range(300)
    )

    def tick():
        return sum(firing.fire_due(40) for _ in range(10))

    fired = sum(together(tick, tick, tick))
    while left := firing.fire_due(40):  # what a peer held is passed over and looked at again
        fired += left
    assert fired == 300
    assert told(incident, "deadline.missed") == 300
    assert journal.verify() == []


def test_two_clocks_send_each_rung_once(running):
    running(level=3)
    climb = next(source for source in due.SOURCES if source.name == "incidents climb")
    together(climb.run, climb.run, climb.run)
    climb.run()
    keys = list(Message.objects.filter(key__startswith="callout:").values_list("key", flat=True))
    assert len(keys) == len(set(keys)) == CallOut.objects.count()


def test_two_clocks_escalate_each_miss_once(running, fast_forward):
    incident = running(level=3)
    fast_forward(minutes=16)
    firing.fire_due()
    escalate = next(source for source in due.SOURCES if source.name == "incidents escalate_missed")
    together(escalate.run, escalate.run)
    escalate.run()
    escalated = Entry.objects.filter(subject=incident.reference, kind="deadline.escalated")
    deadlines = [entry.payload["deadline"] for entry in escalated]
    assert len(deadlines) == len(set(deadlines)) > 5


@pytest.mark.parametrize("rounds", [20, pytest.param(1_000, marks=pytest.mark.soak)])
def test_a_sweep_against_a_regrade_never_fires_an_old_generation(running, commander, rounds):
    """Many rounds: the old generation's deadline is either missed before the regrade, or cancelled by it."""
    incident = running(level=3, by=commander)
    for level in [2, 3] * (rounds // 2):
        now = clock.now()
        Deadline.objects.filter(incident=incident, state="open").update(due_at=now + timedelta(milliseconds=40))

        def regrade(level=level, pk=incident.pk):
            change = operations.raise_level if level == 2 else operations.lower_level
            return change(incident_id=pk, level=level, by=commander, reason="好转")

        def sweep():
            return [firing.fire_due() for _ in range(8)]

        results = together(regrade, sweep, sweep)
        assert not any(isinstance(result, Exception) for result in results), results
        incident = Incident.objects.get(pk=incident.pk)
        changed = Entry.objects.filter(subject=incident.reference, kind__startswith="incident.level_").latest("seq")
        later = Entry.objects.filter(subject=incident.reference, kind="deadline.missed", seq__gt=changed.seq)
        assert all(entry.payload["generation"] >= incident.generation for entry in later)
        still_open = Deadline.objects.filter(incident=incident, state="open")
        assert set(still_open.values_list("generation", flat=True)) <= {incident.generation}
    assert journal.verify() == []
    missed = Entry.objects.filter(subject=incident.reference, kind="deadline.missed")
    subjects = [entry.payload["deadline"] for entry in missed]
    assert len(subjects) == len(set(subjects))


def test_of_two_answers_to_a_call_one_counts(running):
    running(level=4)
    call = CallOut.objects.get(seat__post="site")
    by = link_actor("link", call.pk)
    results = together(
        lambda: operations.arrive_callout(call_out_id=call.pk, by=by),
        lambda: operations.decline_callout(call_out_id=call.pk, by=by),
    )
    assert sum(isinstance(result, CallOut) for result in results) == 1
    assert sum(isinstance(result, IllegalAnswer) for result in results) == 1


def test_of_two_ends_of_a_measure_one_counts(running, duty_officer, commander):
    running(level=3)
    measure = Measure.objects.get(code="head_count")
    results = together(
        lambda: operations.complete_measure(measure_id=measure.pk, by=duty_officer),
        lambda: operations.skip_measure(measure_id=measure.pk, reason="无人在场", by=commander),
    )
    assert sum(isinstance(result, Measure) for result in results) == 1
    assert sum(isinstance(result, IllegalMeasureStep) for result in results) == 1


def test_two_workers_do_a_job_once(running, work):
    running(level=3)
    job = MeasureJob.objects.get(measure__code="close_lanes")
    results = together(*[lambda: systems.run_job(job.pk)] * 3)
    assert sorted(map(bool, results)) == [False, False, True]
    assert Measure.objects.get(code="close_lanes").state == "done"


def test_a_clock_passes_over_an_incident_that_somebody_holds(running):
    """Whoever holds an incident for long does not hold up the others' call-outs."""
    first = running(level=4)
    climb = next(source for source in due.SOURCES if source.name == "incidents climb")
    ready, release = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            Incident.objects.select_for_update().get(pk=first.pk)
            ready.set()
            release.wait(30)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    ready.wait(30)
    try:
        assert climb.run() == 0
        assert not Message.objects.filter(key__startswith="callout:").exists()
    finally:
        release.set()
        holder.join()
    assert climb.run() > 0
