"""A notice goes out province by province, and waits for the morning where it may."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from accounts.actors import SYSTEM
from customers import operations
from customers.models import NoticePolicy, NoticeRecipient, NoticeRun
from customers.operations.waves import quiet_until
from dispatch.models import Region
from dispatch.operations import freeze_affected
from dispatch.scope import Scope
from journal.refusal import AlreadyDone
from notifications import operations as notifications
from notifications.models import Batch, Message
from tests.customers.conftest import REFERENCE
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(order, lane):
    Region.objects.create(code="310000", name="上海市", level="province")
    shanghai = Region.objects.create(code="310100", name="上海市区", level="city", parent_id="310000", core=True)
    order(1)
    order(2)
    order(3, region=shanghai)
    freeze_affected(reference=REFERENCE, scope=Scope(regions=("33", "31")), by=SYSTEM)
    run = operations.prepare_notice(reference=REFERENCE, template="delay", by=SYSTEM)
    return operations.edit_notice(notice_id=run.pk, by=SYSTEM, by_zone=True)


def test_it_goes_province_by_province_core_first(run):
    run = operations.launch_notice(notice_id=run.pk, by=SYSTEM)
    assert [(wave.zone, wave.recipients) for wave in run.waves.all()] == [("310000", 1), ("330000", 2)]
    assert list(Message.objects.values_list("destination", flat=True)) == ["13800000003"]
    assert operations.end_notice(batch=run.batch).state == "launched"
    operations.release_wave(notice_id=run.pk, number=2, by=SYSTEM)
    assert Message.objects.count() == 3
    with pytest.raises(AlreadyDone):
        operations.release_wave(notice_id=run.pk, number=2, by=SYSTEM)


@pytest.mark.parametrize("urgent", [True, False])
def test_its_messages_are_as_urgent_as_itself(run, urgent, monkeypatch):
    monkeypatch.setattr("customers.operations.waves.quiet_until", lambda rules, moment: None)
    operations.edit_notice(notice_id=run.pk, by=SYSTEM, urgent=urgent, by_zone=False)
    run = operations.launch_notice(notice_id=run.pk, by=SYSTEM)
    assert Batch.objects.get(pk=run.batch).urgent is urgent


def test_it_releases_a_province_once(run):
    run = operations.launch_notice(notice_id=run.pk, by=SYSTEM)
    together(*[lambda: operations.release_wave(notice_id=run.pk, number=2, by=SYSTEM)] * 4)
    assert Message.objects.count() == 3


def test_it_frees_the_provinces_to_come_when_cancelled(run):
    run = operations.launch_notice(notice_id=run.pk, by=SYSTEM)
    operations.cancel_notice(notice_id=run.pk, by=SYSTEM)
    assert list(NoticeRecipient.objects.values_list("zone", flat=True)) == ["310000"]
    assert operations.prepare_notice(reference=REFERENCE, template="delay", by=SYSTEM).audience == 2


def test_it_finishes_when_the_last_province_is_told(run):
    run = operations.launch_notice(notice_id=run.pk, by=SYSTEM)
    run = operations.release_wave(notice_id=run.pk, number=2, by=SYSTEM)
    for wave in run.waves.all():
        notifications.cancel_batch(batch_id=wave.batch, by=SYSTEM)
        operations.end_notice(batch=wave.batch)
    assert NoticeRun.objects.get(pk=run.pk).state == "cancelled"


@pytest.mark.parametrize(
    ("hour", "begin", "end", "expected"),
    [(23, 22, 8, "02 08"), (3, 22, 8, "01 08"), (8, 22, 8, None), (13, 12, 14, "01 14"), (5, 0, 0, None)],
)
def test_it_knows_when_the_quiet_ends(hour, begin, end, expected):
    moment = datetime(2026, 9, 1, hour, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
    found = quiet_until(NoticePolicy(quiet_from=begin, quiet_until=end), moment)
    assert (found.strftime("%d %H") if found else None) == expected


def test_it_leaves_what_is_not_urgent_for_the_morning(run, fast_forward, monkeypatch):
    from datetime import timedelta

    from journal import clock

    morning = clock.now() + timedelta(hours=3)
    monkeypatch.setattr("customers.operations.waves.quiet_until", lambda _rules, _moment: morning)
    operations.edit_notice(notice_id=run.pk, by=SYSTEM, urgent=False, by_zone=False)
    run = operations.launch_notice(notice_id=run.pk, by=SYSTEM)
    assert (run.fill_due_at, Message.objects.count()) == (morning, 0)
    operations.fill_notice(notice_id=run.pk)
    assert Message.objects.count() == 0
    fast_forward(hours=3, seconds=1)
    run = operations.fill_notice(notice_id=run.pk)
    assert (run.fill_due_at, Message.objects.count()) == (None, 3)
