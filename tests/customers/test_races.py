"""Two people press the button at the same moment."""

import pytest

from accounts.actors import SYSTEM, user_actor
from accounts.roles import Role
from customers import operations
from customers.models import NoticePolicy, NoticeRecipient, NoticeRun
from journal.models import Entry
from notifications.models import Batch, Message
from tests.customers.conftest import REFERENCE, freeze
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)


def prepare(by=SYSTEM):
    return operations.prepare_notice(reference=REFERENCE, template="delay", by=by)


def test_it_drafts_one_notice(order):
    order(1)
    freeze(SYSTEM)
    answers = together(*[prepare] * 4)
    assert {answer.pk for answer in answers} == {NoticeRun.objects.get().pk}
    assert NoticeRecipient.objects.count() == 1


def test_it_sends_a_notice_once(order):
    order(1)
    order(2)
    freeze(SYSTEM)
    run = prepare()
    answers = together(*[lambda: operations.launch_notice(notice_id=run.pk, by=SYSTEM)] * 4)
    assert {answer.state for answer in answers} == {"launched"}
    assert (Batch.objects.count(), Message.objects.count()) == (1, 2)
    assert Entry.objects.filter(kind="notice.launched").count() == 1


def test_it_makes_the_messages_once(order, monkeypatch):
    monkeypatch.setattr("customers.operations.waves.AT_ONCE", 0)
    order(1)
    freeze(SYSTEM)
    run = operations.launch_notice(notice_id=prepare().pk, by=SYSTEM)
    answers = together(*[lambda: operations.fill_notice(notice_id=run.pk)] * 4)
    assert len({answer.batch for answer in answers}) == 1
    assert Message.objects.count() == 1


def test_it_ends_in_one_of_launch_and_cancel(order):
    order(1)
    freeze(SYSTEM)
    run = prepare()
    together(
        lambda: operations.launch_notice(notice_id=run.pk, by=SYSTEM),
        lambda: operations.cancel_notice(notice_id=run.pk, by=SYSTEM),
    )
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert run.batch is None or Batch.objects.get(pk=run.batch).state == "cancelled"


def test_it_counts_two_yeses_at_once_as_two(order, make_user):
    NoticePolicy.objects.create(second_approval_above=0)
    order(1)
    freeze(SYSTEM)
    run = prepare()
    people = [user_actor(make_user(name, Role.CUSTOMER_SERVICE)) for name in ("one", "two")]
    together(*(lambda by=person: operations.approve_notice(notice_id=run.pk, by=by) for person in people))
    run.refresh_from_db()
    assert (run.state, run.approvals.count()) == ("approved", 2)
