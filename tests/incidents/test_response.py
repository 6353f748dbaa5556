"""Starting a response copies the plan, calls people and draws every deadline."""

import pytest

from accounts.roles import Post
from incidents import operations
from incidents.models import CallOut, CommandPost, Deadline, Incident, Measure, Plan
from journal import queries as journal
from journal.refusal import AlreadyDone

pytestmark = pytest.mark.django_db


def test_it_copies_the_plan_with_due_times(running, entries):
    incident = running(level=3)
    plan = Plan.objects.get(category="natural_disaster", level=3, state="approved")
    assert incident.plan_id == plan.pk
    measures = list(incident.measures.all())
    assert [m.code for m in measures] == list(plan.measures.values_list("code", flat=True))
    for measure in measures:
        if measure.phase in {"recovery", "close"}:
            assert measure.due_at is None
        else:
            assert (measure.due_at - incident.declared_at).total_seconds() == measure.due_minutes * 60
    assert entries(incident)[:3] == ["incident.reported", "incident.graded", "incident.responded"]
    assert journal.verify() == []


def test_it_freezes_the_plan(running):
    incident = running(level=3)
    plan = incident.plan
    plan.measures.update(name="changed", due_minutes=1)
    Plan.objects.filter(pk=plan.pk).update(name="changed")
    incident = Incident.objects.get(pk=incident.pk)
    assert incident.plan_snapshot["name"] != "changed"
    assert incident.plan_snapshot["version"] == 1
    assert not incident.measures.filter(name="changed").exists()


def test_it_calls_everybody_and_draws_their_deadlines(running, roster):
    incident = running(level=3)
    called = {call.seat.post: call.user for call in CallOut.objects.select_related("seat", "user")}
    assert called[Post.COMMANDER] == roster["commander"][0]
    assert set(called) == {
        "commander", "operations", "planning", "customer_service", "logistics", "information", "site",
    }  # fmt: skip
    post = CommandPost.objects.get(incident=incident)
    due = dict(Deadline.objects.filter(state="open").values_list("subject", "due_at"))
    assert (due[f"post:{post.pk}"] - incident.declared_at).total_seconds() == 1800
    for call in CallOut.objects.all():
        assert (due[f"callout:{call.pk}"] - call.called_at).total_seconds() == 900
    open_measures = Measure.objects.filter(due_at__isnull=False).exclude(state__in=["done", "skipped"])
    assert {f"measure:{m.pk}" for m in open_measures} <= set(due)


def test_it_does_nothing_at_a_double_click(running, duty_officer, entries):
    incident = running(level=3)
    before = entries(incident)
    with pytest.raises(AlreadyDone) as again:
        operations.respond(incident_id=incident.pk, level=3, by=duty_officer)
    assert again.value.extra["version"] == incident.version
    assert entries(incident) == before
    assert CommandPost.objects.count() == 1
