"""The sample exercise, played to its end: everything happens, and nothing real moves."""

import pytest

from accounts.actors import user_actor
from accounts.models import User
from customers.models import NoticeRun
from dispatch.models import Assignment, RerouteRun
from drills import operations
from drills.models import Exercise, Move, MoveState
from incidents.models import CallOut, CommandPost, Incident, Measure
from journal.models import Entry
from kpis.queries import incident_figures, measured_incidents
from notifications.models import Chunk, Message

REAL = [
    "dispatch_order",
    "dispatch_lane",
    "dispatch_laneclosure WHERE exercise IS NULL",
    "dispatch_warehouseclosure WHERE exercise IS NULL",
    "dispatch_hourlythroughput WHERE exercise IS NULL",
    "dispatch_assignment WHERE exercise IS NULL",
    "inventory_stock",
    "inventory_movement WHERE exercise IS NULL",
    "alerts_warning WHERE live",
    "incidents_incident WHERE exercise IS NULL",
    "notifications_message WHERE exercise IS NULL",
    "customers_noticerun WHERE exercise IS NULL",
]


@pytest.mark.django_db(transaction=True)
def test_it_plays_a_whole_emergency_and_moves_nothing_real(organisation, play, counts):
    before = counts(*REAL)
    exercise = operations.start_drill(by=user_actor(User.objects.get(username="duty")), script="lekima", factor=1)
    exercise = play(exercise)

    # It went through to its end.
    failed = list(Move.objects.filter(state=MoveState.FAILED).values_list("key", "outcome"))
    assert failed == []
    assert exercise.state == Exercise.State.FINISHED
    incident = exercise.incident
    assert incident.state == Incident.State.CLOSED
    assert incident.grade == 2
    assert incident.response_level == 2
    assert CommandPost.objects.get(incident=incident).ready_at
    declined = CallOut.objects.get(incident=incident, state=CallOut.State.DECLINED)
    assert declined.seat.arrived_at
    assert declined.seat.holder != declined.user
    assert not Measure.objects.filter(incident=incident, state=Measure.State.FAILED).exists()
    assert RerouteRun.objects.get(reference=incident.reference).state == "applied"
    assert Assignment.objects.filter(exercise=exercise.pk).exists()
    assert NoticeRun.objects.filter(reference=incident.reference, state="finished").exists()
    assert exercise.score >= 80

    # Nothing real was touched, and every row of it says that it is an exercise.
    assert counts(*REAL) == before
    assert not Entry.objects.filter(reference=incident.reference, exercise=None).exists()
    assert not Entry.objects.filter(subject=incident.reference, exercise=None).exists()

    # No customer's message left the house, and staff were told with 【演练】 only.
    staff = Message.objects.filter(exercise=exercise.pk).exclude(body="")
    assert staff.exists()
    assert not staff.exclude(body__startswith="【演练】").exists()
    notices = Chunk.objects.filter(batch__exercise=exercise.pk)
    assert notices.exists()
    assert not notices.exclude(drill=True).exists()

    # Figures are in drill time and apart from real ones.
    figures = incident_figures(incident.pk)
    assert figures.activation_kept
    assert figures.muster > 0.8
    assert 14 < figures.t80.total_seconds() / 3600 < 24
    assert figures.lowest < 0.55
    assert measured_incidents().count() == 0
    assert list(measured_incidents(exercise=True)) == [incident]
