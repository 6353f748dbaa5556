"""Whom a message did not reach is tried on another channel, or once more: each once."""

import pytest

from accounts.actors import SYSTEM
from customers import operations, queries
from customers.models import NoticeLeg, NoticePolicy, NoticeRun, Preference
from customers.operations.retrying import failed_now
from notifications.models import Message
from tests.customers.conftest import REFERENCE, freeze
from tests.customers.sent import failed, messages, sent, settle
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(order):
    order(1, email="one@example.com")
    order(2)
    order(3, email="three@example.com")
    freeze(SYSTEM)
    run = operations.prepare_notice(reference=REFERENCE, template="delay", by=SYSTEM)
    return operations.launch_notice(notice_id=run.pk, by=SYSTEM)


def test_it_goes_on_to_the_next_channel_when_a_message_failed(run):
    failed("13800000001")
    sent("13800000002")
    settle("13800000003", "ambiguous")
    assert operations.fall_back(notice_id=run.pk) == 1
    assert operations.fall_back(notice_id=run.pk) == 0
    assert messages()[3:] == [("email", "one@example.com", "queued")]
    assert Message.objects.get(channel="email").key == f"notice:{run.recipients.get(customer_ref='C1').pk}:1"
    found = queries.progress_of(run)
    assert (found.failed, found.waiting, found.sent, found.ambiguous, found.again) == (0, 1, 1, 1, 1)


def test_it_stops_when_no_channel_is_left(run):
    failed("13800000001")
    failed("13800000002")
    operations.fall_back(notice_id=run.pk)
    failed("one@example.com")
    assert operations.fall_back(notice_id=run.pk) == 0
    assert queries.progress_of(run).failed == 2


def test_it_waits_for_a_receipt_no_longer_than_the_policy_says(run, fast_forward):
    for number in (1, 2, 3):
        sent(f"1380000000{number}")
    settle("13800000003", "delivered")
    fast_forward(minutes=29)
    assert operations.fall_back(notice_id=run.pk) == 0
    fast_forward(minutes=2)
    assert operations.fall_back(notice_id=run.pk) == 1
    assert NoticeLeg.objects.get().because == "undelivered"
    NoticePolicy.objects.create(undelivered_minutes=0)
    assert operations.fall_back(notice_id=run.pk) == 0


def test_it_respects_who_wants_nothing_any_more(run):
    Preference.objects.create(customer_ref="C1", channel="none")
    failed("13800000001")
    assert operations.fall_back(notice_id=run.pk) == 0


def test_it_sends_again_to_the_failed_but_not_to_bad_numbers(run):
    failed("13800000001", code="isv.MOBILE_NUMBER_ILLEGAL")
    failed("13800000002")
    assert failed_now(run) == [("MK:0001", "sms", False, 1), ("isv.MOBILE_NUMBER_ILLEGAL", "sms", True, 1)]
    operations.retry_failed(notice_id=run.pk, by=SYSTEM)
    assert messages()[3:] == [("sms", "13800000002", "queued")]
    with pytest.raises(operations.NothingToRetry):
        operations.retry_failed(notice_id=run.pk, by=SYSTEM)


def test_it_holds_back_while_paused(run):
    failed("13800000001")
    operations.pause_notice(notice_id=run.pk, by=SYSTEM)
    assert operations.fall_back(notice_id=run.pk) == 0
    operations.resume_notice(notice_id=run.pk, by=SYSTEM)
    assert operations.fall_back(notice_id=run.pk) == 1


def test_it_queues_one_next_message_however_many_workers_and_clicks(run):
    for number in (1, 2, 3):
        failed(f"1380000000{number}")
    look = [lambda: operations.fall_back(notice_id=run.pk)] * 3
    click = [lambda: operations.retry_failed(notice_id=run.pk, by=SYSTEM)] * 3
    together(*look, *click)
    assert NoticeLeg.objects.count() == Message.objects.count() - 3 == 3
    assert sum(wave.recipients for wave in NoticeRun.objects.get().waves.all()) == 6


def test_it_looks_again_until_nothing_is_open(run, fast_forward):
    run.refresh_from_db()
    assert run.look_at is not None
    for number in (1, 2, 3):
        sent(f"1380000000{number}")
        settle(f"1380000000{number}", "delivered")
    Message.objects.exclude(state="delivered").delete()
    operations.fall_back(notice_id=run.pk)
    run.refresh_from_db()
    assert run.look_at is None
