"""What is proposed by itself: a follow-up when the estimate changes, a survey when the matter recovers."""

from datetime import timedelta

import pytest

from accounts.actors import user_actor
from accounts.models import User
from customers import operations
from customers.models import NewEstimate, NoticeRun, SurveyRound
from customers.operations import proposing, survey
from customers.operations.rules import change_rules, load_care_rules
from dispatch.models import AffectedSet, Order
from incidents import operations as incidents
from incidents import systems
from incidents.models import Incident
from journal import clock
from notifications import queries as notices
from notifications.models import Message
from tests.customers.conftest import REFERENCE, freeze
from tests.customers.sent import launch_to, sent

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(order, chief):
    """Two people were told an estimate by a notice; the first one's message came."""
    load_care_rules()
    run = launch_to(order, 2)
    sent("13800000001")
    sent("13800000002")
    return run


def deliver(number):
    Order.objects.filter(customer_ref=f"C{number}").update(state="delivered", delivered_at=clock.now())


def inbox():
    return [message.variables for message in Message.objects.filter(template__code="care_proposed")]


def test_it_proposes_the_follow_up_once_and_sends_nothing(told, chief):
    for hours in (60, 70):  # the newest counts
        later = told.eta + timedelta(hours=hours)
        noted = proposing.note_estimate(reference=REFERENCE, eta=later, by=chief)
    run = proposing.follow_estimate(estimate_id=noted.pk)
    assert (run.kind, run.state, run.eta, run.reachable) == ("follow_up", "draft", later, 2)
    assert not NewEstimate.objects.exists()
    assert proposing.follow_estimate(estimate_id=noted.pk) is None
    (words,) = inbox()
    assert words["url"].endswith(f"/notices/{run.pk}/")
    assert "2" in words["what"]
    assert proposing.note_estimate(reference=REFERENCE, eta=told.eta, by=chief) is None


def test_it_sends_the_follow_up_where_the_rules_say_so(told, chief, administrator):
    change_rules(area="notices", values={"send_follow_ups": True}, by=administrator)
    noted = proposing.note_estimate(reference=REFERENCE, eta=told.eta + timedelta(hours=60), by=chief)
    assert proposing.follow_estimate(estimate_id=noted.pk).state == "launched"
    assert inbox() == []
    # Two persons' yes is never skipped.
    change_rules(area="notices", values={"second_approval_above": 1}, by=administrator)
    for number in (1, 2):
        sent(f"1380000000{number}")
    noted = proposing.note_estimate(reference=REFERENCE, eta=told.eta + timedelta(hours=90), by=chief)
    assert proposing.follow_estimate(estimate_id=noted.pk).state == "draft"


def test_it_waits_for_a_notice_whose_messages_are_not_made_yet(told, chief):
    """The first notice is held until morning, and will tell an estimate that is not true any more."""
    morning = clock.now() + timedelta(hours=8)
    NoticeRun.objects.filter(pk=told.pk).update(batch=None, fill_due_at=morning)
    noted = proposing.note_estimate(reference=REFERENCE, eta=told.eta + timedelta(hours=60), by=chief)
    assert proposing.follow_estimate(estimate_id=noted.pk) is None
    assert NewEstimate.objects.get().due_at > morning
    NoticeRun.objects.filter(pk=told.pk).update(batch=told.batch)
    assert proposing.follow_estimate(estimate_id=noted.pk).state == "draft"
    # Back to what was told: nothing is proposed any more.
    proposing.note_estimate(reference=REFERENCE, eta=told.eta + timedelta(hours=70), by=chief)
    noted = proposing.note_estimate(reference=REFERENCE, eta=told.eta, by=chief)
    assert proposing.follow_estimate(estimate_id=noted.pk) is None
    assert not NewEstimate.objects.exists()


def test_it_follows_the_incident_to_its_recovery(order, commander, make_user, client):
    order(1)
    incident = incidents.report_incident(
        by=commander, title="台风利奇马", category="natural_disaster", scope={"regions": ["330000"]}
    )
    Incident.objects.filter(pk=incident.pk).update(state="responding", response_level=3)
    freeze(commander)
    AffectedSet.objects.update(reference=incident.reference)
    run = operations.prepare_notice(reference=incident.reference, template="delay", by=commander)
    operations.launch_notice(notice_id=run.pk, by=commander)
    sent("13800000001")
    client.force_login(User.objects.get(username="commander"))
    later = (run.eta + timedelta(hours=50)).strftime("%Y-%m-%dT%H:%M")
    answer = client.post(f"/incidents/{incident.pk}/do/estimate/", {"expected_end_at": later})
    assert answer.status_code in {200, 204}
    noted = NewEstimate.objects.get()
    assert noted.eta == Incident.objects.get().expected_end_at
    assert proposing.follow_estimate(estimate_id=noted.pk).reachable == 1
    incidents.recover(incident_id=incident.pk, by=commander)
    assert SurveyRound.objects.get().sent_at is None
    waits = systems.ask_customers(incident, commander)  # as a plan's measure does
    assert (waits.state, waits.again) == ("running", timedelta(hours=1))
    deliver(1)
    panel = client.get(f"/panels/customers/{incident.reference}/").content.decode()
    assert "/notices/" in panel  # the follow-up goes first
    page = client.get("/desk/satisfaction/").content.decode()
    assert "care-next" in page
    asked = systems.ask_customers(incident, commander)
    assert (asked.state, asked.progress["done"]) == ("done", 1)
    assert "care-next" not in client.get("/desk/satisfaction/").content.decode()


def test_it_sends_the_survey_day_by_day_where_the_rules_say_so(told, chief, administrator, fast_forward):
    change_rules(area="care", values={"send_surveys": True}, by=administrator)
    round_ = proposing.propose_survey(reference=REFERENCE, by=user_actor(User.objects.get(username="kefu")))
    assert proposing.propose_survey(reference=REFERENCE, by=chief).pk == round_.pk
    assert proposing.send_proposed_survey(survey_id=round_.pk).asked == 0  # nobody has their parcel yet
    deliver(1)
    assert survey.askable(REFERENCE) == 1
    assert proposing.send_proposed_survey(survey_id=round_.pk).asked == 1
    deliver(2)
    assert (proposing.send_proposed_survey(survey_id=round_.pk).asked, survey.askable(REFERENCE)) == (2, 0)
    fast_forward(days=14)
    assert proposing.send_proposed_survey(survey_id=round_.pk).send_at is None
    assert notices.batch_progress(SurveyRound.objects.get().batch).total == 1


def test_it_proposes_nothing_where_nobody_was_told(lane, chief):
    assert proposing.propose_survey(reference="incident:9", by=chief) is None
    assert proposing.note_estimate(reference="incident:9", eta=clock.now(), by=chief) is None
