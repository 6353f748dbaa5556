"""Duplicates go on elsewhere, and incidents belong together without circles."""

import pytest

from accounts.actors import SYSTEM
from dispatch.models import LaneClosure, RerouteRun
from dispatch.operations import freeze_affected, request_reroute
from dispatch.scope import Scope
from incidents import operations, queries
from incidents.models import CallOut, Deadline, Incident, Measure
from incidents.refusals import BadKinship, IllegalTransition
from journal import queries as journal
from notifications.models import Message

pytestmark = pytest.mark.django_db
W01, W02 = {"warehouses": ["W01"]}, {"warehouses": ["W02"]}


@pytest.fixture
def pair(network, running, commander):
    """A response for W01, and a duplicate of it for W02 that runs as well."""
    return running(level=3, scope=W01, by=commander), running(level=3, scope=W02, by=commander)


def test_the_duplicate_ends_and_the_other_goes_on(pair, duty_officer, entries, work):
    target, duplicate = pair
    work()
    merged = operations.merge(incident_id=duplicate.pk, into=target.pk, by=duty_officer, reason="同一事件")
    assert (merged.state, merged.merged_into_id) == ("merged", target.pk)
    assert not CallOut.objects.filter(incident=merged, state__in=["called", "acknowledged", "on_post"]).exists()
    assert set(Measure.objects.filter(incident=merged).values_list("state", flat=True)) <= {"done", "skipped"}
    assert not Deadline.objects.filter(incident=merged, state="open").exists()
    target.refresh_from_db(from_queryset=Incident.objects.all())
    assert target.state == "responding"
    assert target.scope["warehouses"] == ["W01", "W02"]
    assert entries(merged)[-1] == "incident.merged"
    assert entries(target)[-1] == "incident.absorbed"
    assert queries.family(target).duplicates == [merged]
    assert journal.verify() == []


def test_no_lane_opens_on_the_way(pair, duty_officer, work):
    target, duplicate = pair
    work()
    closed = set(LaneClosure.objects.filter(opened_at=None).values_list("lane_id", flat=True))
    operations.merge(incident_id=duplicate.pk, into=target.pk, by=duty_officer)
    rows = LaneClosure.objects.filter(opened_at=None)
    assert set(rows.values_list("lane_id", flat=True)) == closed
    assert set(rows.values_list("reference", flat=True)) == {target.reference}


def test_a_reroute_that_nobody_approved_is_withdrawn(pair, duty_officer, make_orders):
    target, duplicate = pair
    make_orders(5)
    runs = {}
    for incident in pair:
        frozen = freeze_affected(reference=incident.reference, scope=Scope(warehouses=("W02",)), by=SYSTEM)
        runs[incident] = request_reroute(reference=incident.reference, affected_set_id=frozen.pk, by=SYSTEM)
    operations.merge(incident_id=duplicate.pk, into=target.pk, by=duty_officer)
    assert RerouteRun.objects.get(pk=runs[duplicate].pk).state == "rejected"
    assert RerouteRun.objects.get(pk=runs[target].pk).state == "queued"


def test_duties_by_law_go_on_at_the_target(pair, duty_officer):
    target, duplicate = pair
    for code in ("network_blocked", "data_leak"):
        operations.tick_legal_clock(incident_id=duplicate.pk, code=code, by=duty_officer)
    operations.tick_legal_clock(incident_id=target.pk, code="data_leak", by=duty_officer)
    due = Deadline.objects.get(incident=duplicate, subject="legal:network_blocked").due_at
    operations.merge(incident_id=duplicate.pk, into=target.pk, by=duty_officer)
    moved = Deadline.objects.get(incident=target, subject="legal:network_blocked")
    assert (moved.state, moved.due_at) == ("open", due)
    assert Deadline.objects.filter(incident=target, subject="legal:data_leak").count() == 1
    assert not Deadline.objects.filter(incident=duplicate, state="open").exists()


def test_people_are_told(pair, roster, rules_of_messages, duty_officer):
    target, duplicate = pair
    operations.merge(incident_id=duplicate.pk, into=target.pk, by=duty_officer)
    told = Message.objects.filter(reference=duplicate.reference, key__startswith="stood-down")
    assert told.exists()
    assert target.number in told.first().body


@pytest.fixture
def rules_of_messages(db):
    from notifications import sample

    sample.load()


def test_what_cannot_be_merged(report, running, commander, duty_officer):
    first, second = report(), running(level=3)
    with pytest.raises(BadKinship):
        operations.merge(incident_id=first.pk, into=first.pk, by=duty_officer)
    with pytest.raises(BadKinship):  # it would lose its response
        operations.merge(incident_id=second.pk, into=first.pk, by=duty_officer)
    drill = report(by=commander, exercise=7)
    with pytest.raises(BadKinship):
        operations.merge(incident_id=drill.pk, into=second.pk, by=duty_officer)
    operations.merge(incident_id=first.pk, into=second.pk, by=duty_officer)
    third = report()
    with pytest.raises(BadKinship):  # no longer open
        operations.merge(incident_id=third.pk, into=first.pk, by=duty_officer)
    with pytest.raises(IllegalTransition):
        operations.merge(incident_id=first.pk, into=third.pk, by=commander)


def test_parents_make_no_circle(report, duty_officer, entries):
    top, middle, low = report(), report(), report()
    operations.set_parent(incident_id=middle.pk, parent_id=top.pk, by=duty_officer)
    operations.set_parent(incident_id=low.pk, parent_id=middle.pk, by=duty_officer)
    for parent in (top, middle, low):
        with pytest.raises(BadKinship):
            operations.set_parent(incident_id=top.pk, parent_id=low.pk if parent == top else top.pk, by=duty_officer)
    assert queries.family(Incident.objects.get(pk=middle.pk)).children == [low]
    assert low not in queries.possible_parents(top)
    assert entries(low)[-1] == "incident.parent_set"
    freed = operations.set_parent(incident_id=low.pk, parent_id=None, by=duty_officer)
    assert freed.parent is None


def test_the_parts_of_a_duplicate_follow_it(report, duty_officer):
    target, duplicate, part = report(), report(), report()
    operations.set_parent(incident_id=part.pk, parent_id=duplicate.pk, by=duty_officer)
    operations.set_parent(incident_id=target.pk, parent_id=duplicate.pk, by=duty_officer)
    operations.merge(incident_id=duplicate.pk, into=target.pk, by=duty_officer)
    parents = dict(Incident.objects.values_list("pk", "parent_id"))
    assert parents == {target.pk: None, duplicate.pk: None, part.pk: target.pk}
