"""Manned, then ready: what the thirty minutes measure."""

from datetime import timedelta

import pytest

from accounts.actors import NotAllowed, link_actor, user_actor
from incidents import operations
from incidents.models import CallOut, Deadline, Measure
from incidents.refusals import ChecklistOpen, NotManned

pytestmark = pytest.mark.django_db


def arrive_all(incident, required_only=True):
    calls = CallOut.objects.filter(incident=incident, state__in=["called", "acknowledged"])
    for call in calls.filter(seat__required=True) if required_only else calls:
        operations.arrive_callout(call_out_id=call.pk, by=link_actor("link", call.pk))


def tick_all(incident, by):
    for check in incident.command_post.checks.all():
        operations.tick_readiness(incident_id=incident.pk, code=check.code, by=by)


def test_it_is_manned_when_every_required_post_is_taken(running, fast_forward, entries):
    incident = running(level=3)
    fast_forward(minutes=10)
    arrive_all(incident)
    post = type(incident.command_post).objects.get(incident=incident)
    assert post.state == "manned"
    [manned] = entries(incident, "post.manned")
    assert manned.payload["seats"] == 4
    assert manned.payload["seconds"] == pytest.approx((post.manned_at - incident.declared_at).total_seconds(), abs=0.01)
    assert Measure.objects.get(code="man_post").state == "done"
    assert Deadline.objects.get(subject=f"post:{post.pk}").state == "open"


def test_ready_takes_checklist_and_commander(running, commander, duty_officer, entries):
    incident = running(level=3)
    with pytest.raises(NotManned) as refused:
        operations.confirm_post_ready(incident_id=incident.pk, by=commander)
    assert set(refused.value.extra["missing"]) == {"commander", "operations", "planning", "information"}
    arrive_all(incident)
    with pytest.raises(ChecklistOpen) as unticked:
        operations.confirm_post_ready(incident_id=incident.pk, by=commander)
    assert unticked.value.extra["open"] == ["communications", "picture", "roles"]
    tick_all(incident, duty_officer)
    with pytest.raises(NotAllowed):
        operations.confirm_post_ready(incident_id=incident.pk, by=duty_officer)
    holder = CallOut.objects.get(seat__post="commander").user
    operations.confirm_post_ready(incident_id=incident.pk, by=user_actor(holder))
    post = type(incident.command_post).objects.get(incident=incident)
    assert Deadline.objects.get(subject=f"post:{post.pk}").state == "met"
    [ready] = entries(incident, "post.ready")
    assert ready.payload["seconds"] == pytest.approx((post.ready_at - incident.declared_at).total_seconds(), abs=0.01)


def test_at_level_iv_the_duty_officer_confirms(running, duty_officer):
    incident = running(level=4)
    arrive_all(incident)
    tick_all(incident, duty_officer)
    assert operations.confirm_post_ready(incident_id=incident.pk, by=duty_officer).state == "ready"


def test_an_arrival_entered_afterwards_mans_the_post_at_its_own_time(running, fast_forward, duty_officer, entries):
    incident = running(level=4)
    site, chief = CallOut.objects.get(seat__post="site"), CallOut.objects.get(seat__post="operations")
    operations.arrive_callout(call_out_id=site.pk, by=link_actor("link", site.pk))
    fast_forward(minutes=40)
    really = chief.called_at + timedelta(minutes=9)
    operations.arrive_callout(call_out_id=chief.pk, by=duty_officer, arrived_at=really)
    [manned] = entries(incident, "post.manned")
    assert manned.occurred_at == really
    assert manned.payload["seconds"] == 540.0
