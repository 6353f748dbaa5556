"""A plan that opted in starts by itself, in plain view, and is taken back by one step."""

import pytest

from dispatch.models import LaneClosure
from incidents import network as figures
from incidents import operations, refreshing
from incidents.models import CallOut, CommandPost, Deadline, Incident, Measure, Plan
from incidents.refusals import IllegalTransition, ReasonMissing
from incidents.views import banners
from notifications import sample
from notifications.models import Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def opted_in(db):
    """opted_in(level, **conditions) → the approved plan for natural disasters at that level starts by itself."""

    def opt(level, region="", **conditions):
        plan = Plan.objects.get(category="natural_disaster", level=level, region_code="", state="approved")
        wanted = [{"indicator": code, "at_least": figure} for code, figure in conditions.items()]
        Plan.objects.filter(pk=plan.pk).update(auto_start=True, auto_conditions=wanted, region_code=region)
        return plan

    return opt


@pytest.mark.usefixtures("roster")
def test_it_starts_when_every_condition_holds(report, opted_in, entries, commander):
    plan = opted_in(2, cities=3, outage_it=60)
    incident = report(indicators={"cities": 5})
    assert incident.state == "reported"
    incident = report(indicators={"cities": 5, "outage_it": 90})
    assert (incident.state, incident.response_level, incident.plan_id) == ("responding", 2, plan.pk)
    assert (incident.auto_started, incident.provisional, incident.declared_by) == (True, True, "clock")
    told = entries(incident, "incident.auto_started")[0]
    assert told.payload["plan"] == f"plan:{plan.pk}"
    assert told.payload["figures"] == ["5 ≥ 3", "90 ≥ 60"]
    assert Deadline.objects.filter(kind="confirm", state="open").count() == 1
    assert f"/incidents/{incident.pk}/do/revert_start/" in {b.step for b in banners.of(incident, commander)}
    assert incident.verified_at is not None  # the duty officer filed it


def test_the_most_severe_matching_plan_starts(report, roster, opted_in):
    opted_in(3, cities=1)
    opted_in(2, cities=3)
    assert report(indicators={"cities": 1}).response_level == 3
    assert report(indicators={"cities": 4}).response_level == 2


def test_nothing_starts_elsewhere_or_without_conditions(report, roster, opted_in, network):
    opted_in(2, region="440000", cities=1)
    opted_in(3)
    assert report(indicators={"cities": 4}).state == "reported"
    assert report(indicators={"cities": 4}, scope={"regions": ["330100"]}).state == "reported"


@pytest.mark.usefixtures("roster", "network")
def test_grading_and_measuring_may_start_it(report, opted_in, duty_officer, monkeypatch):
    shown = {"lane_share": 0.01}
    monkeypatch.setattr(figures, "measured_indicators", lambda incident: dict(shown))
    opted_in(3, lane_share=0.05)
    incident = report(scope={"warehouses": ["W01"]})
    incident = operations.grade_incident(incident_id=incident.pk, by=duty_officer)
    assert incident.state == "graded"
    shown["lane_share"] = 0.08
    assert refreshing.refresh_grade(incident_id=incident.pk).state == "responding"


def test_a_drill_starts_by_itself_only_when_asked(report, commander, roster, opted_in):
    opted_in(2, cities=3)
    assert report(by=commander, indicators={"cities": 5}, exercise=7).state == "reported"
    assert report(by=commander, indicators={"cities": 5}, exercise=7, auto_start=True).state == "responding"


@pytest.fixture
def started(report, roster, opted_in):
    sample.load()
    opted_in(2, cities=3)
    return report(indicators={"cities": 5})


def test_it_is_taken_back_by_one_step(started, duty_officer, entries):
    called = CallOut.objects.count()
    with pytest.raises(ReasonMissing):
        operations.revert_start(incident_id=started.pk, reason="", by=duty_officer)
    incident = operations.revert_start(incident_id=started.pk, reason="演习数据", by=duty_officer)
    assert (incident.state, incident.response_level, incident.plan) == ("graded", None, None)
    assert set(CallOut.objects.values_list("state", flat=True)) == {"stood_down"}
    told = Message.objects.filter(key__startswith="stood-down", channel="in_app")
    assert told.values("user_id").distinct().count() == called
    assert not Deadline.objects.filter(state="open").exists()
    assert set(Measure.objects.values_list("state", flat=True)) <= {"skipped", "done"}
    assert CommandPost.objects.get().state == "closed"
    assert entries(incident)[-1] == "incident.start_reverted"


def test_it_does_not_start_by_itself_again(started, duty_officer):
    operations.revert_start(incident_id=started.pk, reason="误触发", by=duty_officer)
    incident = operations.grade_incident(incident_id=started.pk, by=duty_officer)
    assert incident.state == "graded"
    incident = operations.respond(incident_id=started.pk, level=2, by=duty_officer)
    assert (incident.state, incident.auto_started) == ("responding", False)
    assert CommandPost.objects.get().state == "opening"
    assert Measure.objects.filter(code="head_count").latest("round").state == "pending"
    assert CallOut.objects.filter(state="called").exists()
    assert not Deadline.objects.filter(state="open").exclude(generation=incident.generation).exists()


@pytest.mark.usefixtures("roster", "network")
def test_closed_lanes_open_again(report, opted_in, work, duty_officer):
    opted_in(2, cities=3)
    incident = report(indicators={"cities": 5}, scope={"warehouses": ["W01"]})
    work()
    assert LaneClosure.objects.filter(opened_at=None).exists()
    operations.revert_start(incident_id=incident.pk, reason="误触发", by=duty_officer)
    assert not LaneClosure.objects.filter(opened_at=None).exists()


def test_what_people_decided_is_not_taken_back_like_this(running, duty_officer):
    incident = running(level=3)
    with pytest.raises(IllegalTransition):
        operations.revert_start(incident_id=incident.pk, reason="x", by=duty_officer)
    assert Incident.objects.get(pk=incident.pk).state == "responding"
