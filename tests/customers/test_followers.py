"""The same people are told again: that an estimate changed, or that what they were told was wrong."""

from datetime import timedelta

import pytest

from accounts.actors import SYSTEM
from customers import operations
from customers.models import NoticePolicy, NoticeRun
from dispatch.models import Order
from journal import clock
from notifications.models import Message
from tests.customers.conftest import REFERENCE, freeze
from tests.customers.sent import failed, launch_to, sent, settle
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(order):
    run = launch_to(order, 4)
    sent("13800000001")
    failed("13800000002")
    settle("13800000003", "ambiguous")
    return run


def told(run):
    return set(run.recipients.values_list("customer_ref", flat=True))


def test_it_corrects_exactly_those_who_were_told(run):
    NoticePolicy.objects.create(cap_per_day=1)
    Order.objects.filter(customer_ref="C1").update(state="delivered", delivered_at=clock.now())
    wrong = operations.correct_notice(notice_id=run.pk, by=SYSTEM, text="请以此为准：不会延误。")
    assert (wrong.kind, told(wrong), wrong.reachable) == ("correction", {"C1", "C3"}, 2)
    operations.launch_notice(notice_id=wrong.pk, by=SYSTEM)
    message = Message.objects.get(batch_id=NoticeRun.objects.get(pk=wrong.pk).batch, destination="13800000001")
    assert message.variables["text"] == "请以此为准：不会延误。"
    assert operations.correct_notice(notice_id=run.pk, by=SYSTEM).pk == wrong.pk


def test_it_asks_for_the_words_of_a_correction(run):
    wrong = operations.correct_notice(notice_id=run.pk, by=SYSTEM)
    with pytest.raises(operations.WordsMissing):
        operations.launch_notice(notice_id=wrong.pk, by=SYSTEM)
    with pytest.raises(operations.BadWords):
        operations.edit_notice(notice_id=wrong.pk, by=SYSTEM, values={"text": ["长" * 61, ""]})
    with pytest.raises(operations.BadWords):
        operations.edit_notice(notice_id=wrong.pk, by=SYSTEM, values={"url": ["https://evil.example", ""]})
    operations.edit_notice(notice_id=wrong.pk, by=SYSTEM, values={"text": ["对不起，${no} $x", ""]})
    assert operations.launch_notice(notice_id=wrong.pk, by=SYSTEM).state == "launched"


def test_it_drafts_one_correction_however_often_it_is_clicked(run):
    answers = together(*[lambda: operations.correct_notice(notice_id=run.pk, by=SYSTEM, text="更正")] * 4)
    assert len({answer.pk for answer in answers}) == 1
    first = answers[0]
    together(*[lambda: operations.launch_notice(notice_id=first.pk, by=SYSTEM)] * 3)
    assert Message.objects.exclude(batch_id=run.batch).count() == 2


def test_it_follows_up_with_a_newer_estimate(run):
    Order.objects.filter(customer_ref="C1").update(state="delivered", delivered_at=clock.now())
    eta = clock.now() + timedelta(days=5)
    again = operations.propose_follow_up(reference=REFERENCE, eta=eta, by=SYSTEM)
    assert (again.kind, again.state, told(again), again.eta) == ("follow_up", "draft", {"C3"}, eta)
    later = eta + timedelta(days=1)
    assert operations.propose_follow_up(reference=REFERENCE, eta=later, by=SYSTEM).pk == again.pk
    assert NoticeRun.objects.get(pk=again.pk).eta == later
    operations.launch_notice(notice_id=again.pk, by=SYSTEM)
    sent("13800000003")
    third = operations.propose_follow_up(reference=REFERENCE, eta=later + timedelta(days=1), by=SYSTEM)
    assert (third.follows_id, told(third)) == (again.pk, {"C3"})


def test_it_proposes_nothing_when_nobody_was_told(order):
    order(1)
    freeze(SYSTEM)
    run = operations.prepare_notice(reference=REFERENCE, template="delay", by=SYSTEM)
    assert operations.propose_follow_up(reference=REFERENCE, eta=clock.now(), by=SYSTEM) is None
    with pytest.raises(operations.NothingTold):
        operations.correct_notice(notice_id=run.pk, by=SYSTEM)
    assert NoticeRun.objects.count() == 1
