"""Who may start, raise, lower and confirm a level, and what a regrade does to timers that run."""

from datetime import timedelta

import pytest

from accounts.actors import NotAllowed, link_actor
from incidents import firing, operations
from incidents.models import CallOut, CommandPost, Deadline, Measure
from incidents.refusals import AboveAuthority, ChangedMeanwhile, IllegalTransition, ReasonMissing

pytestmark = pytest.mark.django_db


def test_the_duty_officer_goes_one_level_above_the_grade(report, duty_officer, roster):
    incident = report(indicators={"cities": 1})
    with pytest.raises(AboveAuthority) as refused:
        operations.respond(incident_id=incident.pk, level=1, by=duty_officer)
    assert refused.value.extra["highest"] == 2
    with pytest.raises(AboveAuthority):
        operations.respond(incident_id=incident.pk, level=4, by=duty_officer)
    incident = operations.respond(incident_id=incident.pk, level=2, by=duty_officer)
    assert incident.provisional
    assert Deadline.objects.filter(kind="confirm", state="open").count() == 1


def test_the_commander_starts_any_level_for_good(report, commander, roster):
    incident = operations.respond(incident_id=report(indicators={"cities": 1}).pk, level=1, by=commander)
    assert not incident.provisional
    assert incident.confirmed_by == str(commander)


def test_silence_keeps_a_provisional_level_and_escalates(running, fast_forward, run_clock):
    incident = running(level=2)
    fast_forward(minutes=15, seconds=1)
    run_clock()
    deadline = Deadline.objects.get(kind="confirm")
    incident.refresh_from_db()
    assert (deadline.state, deadline.escalate_at, incident.response_level) == ("missed", None, 2)


def test_the_decider_confirms(running, commander, duty_officer, entries):
    incident = running(level=2)
    with pytest.raises(AboveAuthority):
        operations.confirm_level(incident_id=incident.pk, by=duty_officer)
    incident = operations.confirm_level(incident_id=incident.pk, by=commander)
    assert not incident.provisional
    assert Deadline.objects.get(kind="confirm").state == "met"
    assert entries(incident)[-1] == "incident.level_confirmed"


def test_only_the_commander_lowers(running, commander, duty_officer):
    incident = running(level=3)
    with pytest.raises(NotAllowed):
        operations.lower_level(incident_id=incident.pk, level=4, reason="好转", by=duty_officer)
    with pytest.raises(ReasonMissing):
        operations.lower_level(incident_id=incident.pk, level=4, reason=" ", by=commander)
    incident = operations.lower_level(incident_id=incident.pk, level=4, reason="好转", by=commander)
    assert incident.response_level == 4
    stood_down = CallOut.objects.filter(state="stood_down").values_list("seat__post", flat=True)
    assert "planning" in stood_down
    assert "site" not in stood_down
    assert Measure.objects.get(code="briefing").state == "skipped"


def test_a_regrade_replaces_every_deadline_in_one_go(running, fast_forward, duty_officer):
    incident = running(level=3)
    first = set(Deadline.objects.filter(state="open").values_list("pk", flat=True))
    fast_forward(minutes=5)
    head_count = Measure.objects.get(code="head_count")
    operations.complete_measure(measure_id=head_count.pk, by=duty_officer)
    incident = operations.raise_level(incident_id=incident.pk, level=2, by=duty_officer)
    still_open = Deadline.objects.filter(state="open")
    assert set(still_open.values_list("generation", flat=True)) == {2}
    assert not still_open.filter(pk__in=first).exists()
    notice = Measure.objects.get(code="first_notice")
    assert (notice.due_at - incident.declared_at).total_seconds() == 30 * 60  # was 60 at Ⅲ
    new_call = CallOut.objects.get(seat__post="finance")
    assert (new_call.due_at - new_call.called_at).total_seconds() == 900  # nobody newly called is late at once
    old_call = CallOut.objects.get(seat__post="site")
    assert (old_call.due_at - old_call.called_at).total_seconds() == 900
    assert Measure.objects.get(code="head_count").state == "done"
    assert not still_open.filter(subject=f"measure:{head_count.pk}").exists()


def test_what_the_new_limit_makes_overdue_fires_at_once(running, fast_forward, duty_officer, entries):
    incident = running(level=3)
    fast_forward(minutes=40)
    firing.fire_due()
    before = {e.payload["subject"] for e in entries(incident, "deadline.missed")}
    incident = operations.raise_level(incident_id=incident.pk, level=2, by=duty_officer)
    firing.fire_due()
    after = [e.payload["subject"] for e in entries(incident, "deadline.missed")]
    notice = Measure.objects.get(code="first_notice")
    assert f"measure:{notice.pk}" in set(after) - before
    assert len(after) == len(set(after)), "nothing is missed twice"


def test_a_worse_grade_widens_what_the_duty_officer_may_raise_to(running, duty_officer):
    incident = running(level=2, indicators={"cities": 1})
    with pytest.raises(AboveAuthority):
        operations.raise_level(incident_id=incident.pk, level=1, by=duty_officer)
    graded = operations.grade_incident(incident_id=incident.pk, by=duty_officer, indicators={"provinces": 1})
    assert (graded.state, graded.grade, graded.response_level) == ("responding", 2, 2)
    assert operations.raise_level(incident_id=incident.pk, level=1, by=duty_officer).response_level == 1


def test_a_ready_post_opens_again_when_more_seats_are_required(running, duty_officer, commander, fast_forward):
    incident = running(level=3)
    for call in CallOut.objects.filter(seat__required=True):
        operations.arrive_callout(call_out_id=call.pk, by=link_actor("link", call.pk))
    for check in incident.command_post.checks.all():
        operations.tick_readiness(incident_id=incident.pk, code=check.code, by=duty_officer)
    operations.confirm_post_ready(incident_id=incident.pk, by=commander)
    fast_forward(hours=2)
    incident = operations.raise_level(incident_id=incident.pk, level=2, by=duty_officer)
    post = CommandPost.objects.get(incident=incident)
    assert post.state == "opening"
    deadline = Deadline.objects.get(subject=f"post:{post.pk}", state="open")
    assert deadline.due_at - deadline.started_at == timedelta(minutes=30)


def test_raising_again_brings_back_what_lowering_dropped(running, commander):
    incident = running(level=3, by=commander)
    operations.lower_level(incident_id=incident.pk, level=4, reason="好转", by=commander)
    operations.raise_level(incident_id=incident.pk, level=3, by=commander)
    briefing = Measure.objects.filter(code="briefing").order_by("round")
    assert list(briefing.values_list("round", "state")) == [(1, "skipped"), (2, "pending")]


def test_it_tells_who_looked_at_an_older_version(running, commander, duty_officer):
    incident = running(level=3)
    operations.raise_level(incident_id=incident.pk, level=2, by=duty_officer, expected_version=incident.version)
    with pytest.raises(ChangedMeanwhile) as refused:
        operations.raise_level(incident_id=incident.pk, level=1, by=commander, expected_version=incident.version)
    assert refused.value.extra["level"] == 2
    assert "recover" in refused.value.extra["legal"]


def test_an_illegal_step_names_the_legal_ones(report, duty_officer, commander):
    incident = report()
    with pytest.raises(IllegalTransition) as refused:
        operations.close(incident_id=incident.pk, by=commander)
    assert refused.value.extra["legal"] == ["respond", "grade", "warn", "merge", "set_parent", "dismiss"]
    assert refused.value.extra["state"] == "reported"
