"""A drill runs the real machinery faster, and moves nothing real."""

from datetime import timedelta

import pytest

from accounts.roles import Role
from dispatch.models import LaneClosure, Order
from dispatch.queries import closed_lanes
from incidents import operations, queries
from incidents.models import CallOut, Deadline, Incident, Measure
from incidents.refusals import IllegalTransition
from journal.models import Entry
from notifications.models import Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def drill(network, make_orders, roster, commander):
    """drill(factor) → an exercise at Ⅲ, run faster than life."""

    def make(factor=60.0):
        make_orders(5)
        incident = operations.report_incident(
            title="台风演练",
            category="natural_disaster",
            scope={"warehouses": ["W01"]},
            by=commander,
            exercise=7,
            time_factor=factor,
        )
        return operations.respond(incident_id=incident.pk, level=3, by=commander)

    return make


def test_thirty_minutes_take_thirty_seconds(drill):
    incident = drill(60)
    ready = Deadline.objects.get(kind="ready")
    assert (ready.due_at - incident.declared_at).total_seconds() == pytest.approx(30, abs=0.01)
    call = CallOut.objects.get(seat__post="site")
    assert (call.due_at - call.called_at).total_seconds() == pytest.approx(15, abs=0.01)
    assert incident.number.startswith("D")


def test_every_row_and_entry_carries_the_exercise(drill, run_clock, fast_forward):
    incident = drill(60)
    fast_forward(seconds=20)
    run_clock()
    for rows in (Measure.objects.all(), CallOut.objects.all(), Deadline.objects.all()):
        assert set(rows.values_list("exercise", flat=True)) == {7}
    assert set(Entry.objects.filter(subject=incident.reference).values_list("exercise", flat=True)) == {7}
    messages = Message.objects.filter(reference=incident.reference)
    assert messages.exists()
    assert all(message.body.startswith("【演练】") for message in messages)


def test_nothing_real_moves(drill, work):
    drill(60)
    before = list(Order.objects.values_list("pk", "version", "lane_id"))
    work()
    assert not LaneClosure.objects.filter(exercise=None).exists()
    assert LaneClosure.objects.filter(exercise=7).exists()
    assert not list(closed_lanes())
    assert list(Order.objects.values_list("pk", "version", "lane_id")) == before


def test_real_and_drilled_incidents_are_shown_apart(drill, report):
    exercise, real = drill(60), report()
    assert list(queries.incident_list()) == [real]
    assert list(queries.incident_list(exercise=True)) == [exercise]
    assert [card.incident for card in queries.board_cards(exercise=False)] == []
    [card] = queries.board_cards()
    assert card.rate == 60


def test_a_faster_pace_moves_everything_still_to_come(drill, commander):
    incident = drill(60)
    before = dict(Deadline.objects.filter(state="open").values_list("pk", "due_at"))
    operations.set_time_factor(incident_id=incident.pk, factor=600, by=commander)
    changed = Incident.objects.get(pk=incident.pk)
    assert changed.times.factor_at(changed.declared_at + timedelta(hours=1)) == 600
    for deadline in Deadline.objects.filter(state="open"):
        assert deadline.due_at < before[deadline.pk]
        left = changed.times.between(changed.declared_at, deadline.due_at)
        drawn = (before[deadline.pk] - changed.declared_at).total_seconds() * 60
        assert left.total_seconds() == pytest.approx(drawn, rel=0.01)


def test_real_time_is_not_for_sale(running, commander):
    with pytest.raises(IllegalTransition):
        operations.set_time_factor(incident_id=running(level=4).pk, factor=60, by=commander)


def test_a_drill_takes_the_right_to_drill(api):
    officer = api(Role.SECTION_CHIEF)
    answer = officer.post("/api/v1/incidents", {"title": "x", "category": "traffic", "exercise": 3})
    assert answer.status_code == 201
    assert answer.json()["exercise"] is None
