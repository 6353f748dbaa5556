"""Opened again: manned afresh, with what the closing skipped, and no review due."""

from datetime import timedelta

import pytest

from accounts.actors import SYSTEM, link_actor
from accounts.models import User
from dispatch.models import LaneClosure, Warehouse
from dispatch.operations import open_warehouse
from dispatch.queries import still_open
from incidents import operations
from incidents.models import Announcement, CallOut, CommandPost, Deadline, Incident, Measure, PostSeat
from incidents.refusals import IllegalTransition, ReasonMissing

pytestmark = pytest.mark.django_db


def finish(incident, by, **options):
    operations.recover(incident_id=incident.pk, by=by)
    return operations.close(incident_id=incident.pk, by=by, skip_open=True, reason="提前结束", **options)


@pytest.fixture
def closed(running, commander):
    incident = running(level=3)
    operations.complete_measure(measure_id=Measure.objects.get(code="head_count").pk, by=commander)
    for call in CallOut.objects.filter(seat__required=True):
        operations.arrive_callout(call_out_id=call.pk, by=link_actor("link", call.pk))
    return finish(incident, commander)


def reopen(incident, by, **options):
    return operations.reopen(incident_id=incident.pk, reason="再次进水", by=by, **options)


def test_it_goes_on_with_what_the_closing_skipped(closed, duty_officer, fast_forward, entries):
    fast_forward(hours=3)
    incident = reopen(closed, duty_officer)
    assert (incident.state, incident.response_level, incident.closed_at) == ("responding", 3, None)
    assert Measure.objects.get(code="head_count").state == "done"
    back = Measure.objects.filter(code="briefing").order_by("round")
    assert list(back.values_list("round", "state")) == [(1, "skipped"), (2, "pending")]
    assert back.last().due_at == incident.reopened_at + timedelta(minutes=back.last().due_minutes)
    report = Measure.objects.filter(kind="internal_report").order_by("round").last()
    assert report.state == "pending"
    assert report.due_at > incident.reopened_at
    assert Measure.objects.filter(code="inspect").latest("round").due_at is None  # of recovery, which is not begun
    assert Measure.objects.get(code="debrief").due_at is None  # waits for the next closing
    assert "incident.reopened" in entries(incident)
    assert Announcement.objects.filter(incident=incident, kind="start").count() == 2


def test_no_review_is_due_and_every_deadline_is_new(closed, duty_officer):
    assert Deadline.objects.filter(kind="review", state="open").exists()
    incident = reopen(closed, duty_officer)
    assert Deadline.objects.get(kind="review").state == "cancelled"
    assert set(Deadline.objects.filter(state="open").values_list("generation", flat=True)) == {incident.generation}


def test_the_post_is_manned_afresh(closed, duty_officer, commander, fast_forward):
    assert CommandPost.objects.get().state == "closed"
    fast_forward(hours=1)
    incident = reopen(closed, duty_officer)
    post = CommandPost.objects.get()
    assert (post.state, post.manned_at, post.ready_at) == ("opening", None, None)
    assert not PostSeat.objects.filter(arrived_at__isnull=False).exists()
    new = CallOut.objects.filter(called_at__gte=incident.reopened_at)
    assert set(new.values_list("seat__post", flat=True)) >= {"commander", "operations", "site"}
    assert not CallOut.objects.filter(called_at__lt=incident.reopened_at, state="on_post").exists()
    ready = Deadline.objects.get(subject=f"post:{post.pk}", state="open")
    assert ready.due_at == incident.reopened_at + timedelta(minutes=30)
    call = new.get(seat__post="site")
    operations.decline_callout(call_out_id=call.pk, by=link_actor("link", call.pk))
    assert new.filter(seat__post="site").count() == 2  # alternates of the first time may be called once more


def test_it_may_be_closed_again(closed, duty_officer, commander):
    incident = finish(reopen(closed, duty_officer), commander)
    assert incident.state == "closed"
    assert Deadline.objects.filter(kind="review", state="open").count() == 1
    assert Measure.objects.get(code="debrief").due_at is not None


def test_a_reviewed_one_opens_too(closed, commander):
    incident = operations.review(incident_id=closed.pk, by=commander, text="沙袋不足", skip_open=True)
    incident = reopen(incident, commander)
    assert (incident.state, incident.reviewed_at) == ("responding", None)
    assert Measure.objects.filter(code="debrief").latest("round").state == "pending"


def test_it_needs_a_reason_and_an_end(closed, running, duty_officer, commander):
    with pytest.raises(ReasonMissing):
        operations.reopen(incident_id=closed.pk, reason="", by=duty_officer)
    incident = reopen(closed, duty_officer)
    with pytest.raises(IllegalTransition):
        reopen(incident, commander)


def test_lanes_are_closed_once_more_when_asked(network, running, commander, work):
    incident = running(level=3, scope={"warehouses": ["W01"]}, by=commander)
    work()
    assert LaneClosure.objects.filter(opened_at=None).exists()
    finish(incident, commander)
    assert not LaneClosure.objects.filter(opened_at=None).exists()  # never left closed in silence
    reopen(Incident.objects.get(pk=incident.pk), commander, close_lanes=True)
    work()
    assert LaneClosure.objects.filter(opened_at=None).exists()
    assert Measure.objects.filter(code="reopen_lanes").latest("round").state == "pending"


def test_lanes_stay_closed_only_in_so_many_words(network, running, commander, work, entries):
    incident = running(level=3, scope={"warehouses": ["W01"]}, by=commander)
    work()
    finish(incident, commander, reopen_lanes=False)
    assert LaneClosure.objects.filter(opened_at=None).count() == 6
    assert entries(incident, "incident.closed")[0].payload["closed_lanes"] == 6
    fields = {f["code"]: f for f in Announcement.objects.get(kind="close").content["fields"]}
    assert "6" in fields["remaining"]["zh"]


def test_opened_warehouses_go_back_on_standby_when_asked(network, running, commander, client):
    incident = running(level=3, scope={"warehouses": ["W01"]}, by=commander)
    Warehouse.objects.filter(code="W02").update(standby=True)
    open_warehouse(code="W02", reference=incident.reference, by=SYSTEM)
    client.force_login(User.objects.get(pk=commander.key), backend="accounts.backends.StaffBackend")
    assert "end_openings" in client.get(f"/incidents/{incident.pk}/do/close/").content.decode()
    finish(incident, commander, end_openings=True)
    assert still_open(incident.reference) == []
