"""Measured figures are read again; a more severe level is proposed, never taken."""

from datetime import timedelta

import pytest
from django.db import transaction

from accounts.actors import SYSTEM
from incidents import network, operations, queries, refreshing
from incidents.models import Incident
from journal import clock
from journal import operations as journal
from notifications import sample
from notifications.models import Message

pytestmark = pytest.mark.django_db
W01 = {"warehouses": ["W01"]}


@pytest.fixture
def figures(monkeypatch):
    """figures["lane_share"] = 0.17: what the network shows from now on."""
    shown = {"lane_share": 0.06}
    monkeypatch.setattr(network, "measured_indicators", lambda incident: dict(shown))
    return shown


@pytest.fixture
def hit(network, figures, running):
    sample.load()
    return running(level=3, scope=W01)


def again(incident):
    refreshing.refresh_grade(incident_id=incident.pk)
    return Incident.objects.get(pk=incident.pk)


def test_only_another_grade_makes_an_entry(hit, figures, entries):
    before = entries(hit)
    figures["lane_share"] = 0.07
    incident = again(hit)
    assert incident.measured == {"lane_share": 0.07}
    assert entries(hit) == before
    assert incident.version == hit.version


def test_a_more_severe_level_is_proposed_once(hit, figures, entries):
    figures["lane_share"] = 0.17
    incident = again(hit)
    assert (incident.grade, incident.response_level, incident.proposed_level) == (2, 3, 2)
    assert entries(hit)[-2:] == ["incident.graded", "incident.level_proposed"]
    step = queries.next_step(incident, [])
    assert (step.action, step.level) == ("raise", 2)
    assert "17 % ≥ 15 %" in step.label
    told = Message.objects.filter(key__startswith="proposal")
    assert {message.channel for message in told} == {"in_app", "sms"}
    count = told.count()
    figures["lane_share"] = 0.18
    again(hit)
    assert Message.objects.filter(key__startswith="proposal").count() == count
    assert entries(hit).count("incident.level_proposed") == 1


def test_it_is_withdrawn_when_it_no_longer_holds(hit, figures, entries):
    figures["lane_share"] = 0.17
    again(hit)
    figures["lane_share"] = 0.06
    incident = again(hit)
    assert incident.proposed_level is None
    assert entries(hit)[-1] == "incident.proposal_withdrawn"


def test_raising_settles_it_and_lowering_decides_against_it(hit, figures, commander, duty_officer):
    figures["lane_share"] = 0.31
    assert again(hit).proposed_level == 1
    incident = operations.raise_level(incident_id=hit.pk, level=2, by=duty_officer)
    assert incident.proposed_level == 1  # it asks for more still
    incident = operations.lower_level(incident_id=hit.pk, level=3, reason="可控", by=commander)
    assert incident.proposed_level is None
    assert again(hit).proposed_level is None
    assert operations.grade_incident(incident_id=hit.pk, by=duty_officer).proposed_level is None


def test_people_who_grade_again_are_answered_by_a_proposal(running, duty_officer):
    incident = running(level=3)
    incident = operations.grade_incident(incident_id=incident.pk, by=duty_officer, indicators={"cities": 4})
    assert incident.proposed_level == 2


def test_its_turn_comes_every_minute(hit, figures, fast_forward):
    assert hit.check_at is None or refreshing.refresh_due() == 0
    fast_forward(seconds=61)
    assert refreshing.refresh_due() == 1
    incident = Incident.objects.get(pk=hit.pk)
    assert timedelta(seconds=55) < incident.check_at - clock.now() <= timedelta(seconds=60)


def test_what_is_over_is_not_looked_at(hit, figures, commander, fast_forward):
    operations.dismiss(incident_id=hit.pk, reason="误报", by=commander)
    Incident.objects.filter(pk=hit.pk).update(check_at=clock.now())
    refreshing.refresh_due()
    assert Incident.objects.get(pk=hit.pk).check_at is None


@pytest.fixture
def graded(transactional_db, network, report, duty_officer):
    return operations.grade_incident(incident_id=report(scope=W01).pk, by=duty_officer)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("kind", "payload", "at_once"),
    [
        ("dispatch.scope_closed", {}, True),
        ("alert.received", {"regions": ["region:330000"]}, True),
        ("alert.received", {"regions": ["region:440000"]}, False),
    ],
)
def test_it_looks_at_once_when_something_happens(graded, run_clock, kind, payload, at_once):
    incident = graded
    reference = incident.reference if kind.startswith("dispatch") else ""
    with transaction.atomic():
        journal.write(kind=kind, subject="network", by=SYSTEM, reference=reference, payload=payload)
    run_clock()
    assert (Incident.objects.get(pk=incident.pk).check_at <= clock.now()) is at_once


def test_the_real_figures_are_read(network, make_orders, report, duty_officer):
    make_orders(4)
    incident = operations.grade_incident(incident_id=report(scope=W01).pk, by=duty_officer)
    before = dict(incident.measured)
    Incident.objects.filter(pk=incident.pk).update(scope={"warehouses": ["W02"]})
    assert again(incident).measured != before
