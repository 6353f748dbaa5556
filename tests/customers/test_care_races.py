"""Two people, or two taps, at the same moment."""

import threading
from datetime import timedelta

import pytest
from django.db import transaction

from accounts.actors import SYSTEM, user_actor
from accounts.roles import Role
from customers import operations, pace
from customers.models import (
    Choice,
    CompensationRun,
    Complaint,
    Grant,
    NewEstimate,
    NoticeRecipient,
    NoticeRun,
    Satisfaction,
    SurveyRound,
)
from customers.operations import compensation, desk, policies, proposing, survey
from customers.operations.choices import choose
from customers.operations.drafts import locked
from customers.policy import DEFAULT
from dispatch.models import Order
from incidents import operations as incidents
from incidents.models import Incident
from journal import clock
from journal.models import Entry
from notifications.models import Message
from tests.customers.conftest import REFERENCE, freeze
from tests.customers.sent import launch_to, sent
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def late(order):
    row = order(1)
    order(2)
    freeze(SYSTEM)
    Order.objects.update(first_promise_at=clock.now() - timedelta(hours=30))
    return row


def propose():
    return compensation.propose_compensation(reference=REFERENCE, scope="all", by=SYSTEM)


def test_it_proposes_and_grants_once(late):
    answers = together(*[propose] * 4)
    assert [type(answer).__name__ for answer in answers].count("CompensationRun") == 1
    assert Grant.objects.count() == 2
    run = CompensationRun.objects.get()
    together(*[lambda: compensation.grant_compensation(run_id=run.pk, by=SYSTEM)] * 4)
    assert Message.objects.filter(key__startswith="grant:").count() == 2
    assert Entry.objects.filter(kind="compensation.granted").count() == 1


def test_a_new_estimate_does_not_wait_for_a_notice_that_is_being_filled(order, commander):
    incident = incidents.report_incident(by=commander, title="台风利奇马", category="natural_disaster")
    Incident.objects.filter(pk=incident.pk).update(state="responding", response_level=3)
    run = launch_to(order, 1, reference=incident.reference)
    sent("13800000001")
    filling, changed = threading.Event(), threading.Event()

    def fill():
        with transaction.atomic():
            locked(run.pk)
            filling.set()
            return changed.wait(5)

    def change():
        filling.wait(5)
        for hours in (60, 70):
            eta = run.eta + timedelta(hours=hours)
            incidents.change_estimate(incident_id=incident.pk, expected_end_at=eta, by=commander)
        changed.set()

    assert together(fill, change) == [True, None]
    # Each estimate has its hint, and both find one follow-up of the newest.
    ids = NewEstimate.objects.values_list("pk", flat=True)
    together(*(lambda pk=pk: proposing.follow_estimate(estimate_id=pk) for pk in ids))
    follow_up = NoticeRun.objects.get(kind="follow_up")
    assert (follow_up.eta, follow_up.reachable) == (run.eta + timedelta(hours=70), 1)
    assert not NewEstimate.objects.exists()


def test_it_ends_in_one_of_granted_and_rejected(late):
    run = propose()
    together(
        lambda: compensation.grant_compensation(run_id=run.pk, by=SYSTEM),
        lambda: compensation.reject_compensation(run_id=run.pk, by=SYSTEM, reason="x"),
    )
    run.refresh_from_db()
    assert set(Grant.objects.values_list("state", flat=True)) == {run.state}


def test_it_puts_one_policy_in_force(make_user):
    author = user_actor(make_user("author", Role.CUSTOMER_SERVICE))
    draft = policies.write_policy(content={**DEFAULT, "pay_days": 3}, note="x", by=author)
    together(*[lambda: policies.approve_policy(number=draft.number, by=SYSTEM)] * 3)
    assert policies.policy_in_force().number == draft.number
    assert Entry.objects.filter(kind="policy.approved").count() == 1
    changes = [
        lambda days=days: policies.write_policy(
            content={**DEFAULT, "pay_days": days}, note="x", by=author, expected_number=draft.number
        )
        for days in (4, 5, 6)
    ]
    answers = together(*changes)
    assert [type(answer).__name__ for answer in answers].count("ChangedMeanwhile") == 2


def test_it_takes_two_taps_as_one_choice_and_one_answer(late):
    run = operations.prepare_notice(reference=REFERENCE, template="delay", by=SYSTEM)
    operations.launch_notice(notice_id=run.pk, by=SYSTEM)
    recipient = NoticeRecipient.objects.get(order_id=late.pk)
    together(*[lambda: choose(recipient=recipient, order_id=late.pk, kind="refund")] * 4)
    assert Choice.objects.get().version == 1
    together(*[lambda score=score: survey.answer_survey(recipient=recipient, score=score) for score in (1, 3, 5)])
    assert Satisfaction.objects.count() == 1
    Order.objects.update(state="delivered", delivered_at=clock.now())
    now = clock.now()
    row = SurveyRound.objects.create(reference=REFERENCE, proposed_by=str(SYSTEM), proposed_at=now, send_at=now)
    by_hand = [lambda: survey.send_survey(reference=REFERENCE, by=SYSTEM)] * 3
    answers = together(*by_hand, *[lambda: proposing.send_proposed_survey(survey_id=row.pk)] * 3)
    assert {type(answer).__name__ for answer in answers} <= {"SurveyRound", "NobodyToAsk"}
    assert SurveyRound.objects.get().asked == 2
    assert Message.objects.filter(key__startswith="survey:").count() == 2


def test_it_takes_one_complaint_and_finds_it_overdue_once(late, fast_forward):
    together(*[lambda: desk.open_complaint(order_id=late.pk, words_of_customer="慢", by=SYSTEM)] * 4)
    complaint = Complaint.objects.get()
    fast_forward(days=8)
    assert sum(together(*[desk.find_overdue] * 4)) == 1
    together(*[lambda: desk.answer_complaint(complaint_id=complaint.pk, answer="好", by=SYSTEM)] * 3)
    assert Entry.objects.filter(kind="complaint.answered").count() == 1


def test_it_lets_no_more_through_however_many_ask(db):
    answers = together(*[lambda: [pace.allow("test", "somebody", 10) for _ in range(5)]] * 6)
    assert sum(sum(answer) for answer in answers) == 10
