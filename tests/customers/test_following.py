"""A notice follows its batch to the end, with or without a broker."""

import pytest

from accounts.actors import SYSTEM
from customers import due, operations, queries
from customers.models import NoticeRun
from notifications import operations as notifications
from tests.customers.conftest import REFERENCE, freeze

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def launched(order):
    order(1)
    freeze(SYSTEM)
    run = operations.prepare_notice(reference=REFERENCE, template="delay", by=SYSTEM)
    return operations.launch_notice(notice_id=run.pk, by=SYSTEM)


def follow():
    for source in due.SOURCES:
        source.run()


def test_it_is_cancelled_with_its_batch(launched):
    notifications.cancel_batch(batch_id=launched.batch, by=SYSTEM)
    assert queries.notice_progress(REFERENCE).state == "cancelled"
    follow()
    assert NoticeRun.objects.get().state == "cancelled"


def test_it_leaves_a_running_batch_alone(launched):
    follow()
    assert NoticeRun.objects.get().state == "launched"


def test_it_hints_again_while_the_messages_are_not_made(order, monkeypatch, fast_forward):
    monkeypatch.setattr("customers.operations.waves.AT_ONCE", 0)
    hinted = []
    monkeypatch.setattr("customers.due.publish", lambda _task, **ids: hinted.append(ids) or True)
    fill = next(source for source in due.SOURCES if source.name == "notices to fill")
    order(1)
    freeze(SYSTEM)
    run = operations.prepare_notice(reference=REFERENCE, template="delay", by=SYSTEM)
    run = operations.launch_notice(notice_id=run.pk, by=SYSTEM)
    assert fill.run() == 0
    fast_forward(seconds=11)
    assert fill.run() == 1
    assert fill.run() == 0
    assert hinted == [{"notice_id": run.pk}]
    operations.fill_notice(notice_id=run.pk)
    assert fill.next_due() is None


def test_it_takes_an_estimate_that_has_passed_as_none(order, fast_forward):
    from datetime import timedelta

    from journal import clock

    order(1)
    freeze(SYSTEM)
    past = clock.now() - timedelta(hours=1)
    run = operations.prepare_notice(reference=REFERENCE, template="delay", by=SYSTEM, eta=past)
    assert run.eta > clock.now()
