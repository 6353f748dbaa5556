"""A notice goes out once, with the approvals its size needs."""

import pytest

from accounts.actors import SYSTEM, NotAllowed, user_actor
from accounts.roles import Role
from customers import links, operations, queries
from customers.models import NoticePolicy, NoticeRun
from notifications.models import Batch, Message
from tests.customers.conftest import REFERENCE, freeze

pytestmark = pytest.mark.django_db


def prepare(by, **extra):
    return operations.prepare_notice(reference=REFERENCE, template="delay", by=by, **extra)


def test_it_makes_one_message_per_recipient(order, commander, settings):
    order(1)
    order(2, customer_ref="C1")
    order(3, language="en")
    order(4, phone="")
    freeze(commander)
    run = prepare(commander, cause="台风利奇马", cause_en="Typhoon Lekima")
    run = operations.launch_notice(notice_id=run.pk, by=commander)
    assert run.state == "launched"
    messages = {message.destination: message for message in Message.objects.all()}
    assert set(messages) == {"13800000001", "13800000003"}
    assert messages["13800000001"].variables["no"] == "A00001等2单"
    assert messages["13800000003"].variables["cause"] == "Typhoon Lekima"
    url = messages["13800000001"].variables["url"]
    token = url.removeprefix(f"{settings.PUBLIC_URL}/s/").rstrip("/")
    recipient = links.read_token(token, links.link_key(settings.SECRET_KEY))
    assert run.recipients.get(pk=recipient).customer_ref == "C1"
    assert "1380000" not in url


def test_it_launches_once(order, commander):
    order(1)
    freeze(commander)
    run = prepare(commander)
    operations.launch_notice(notice_id=run.pk, by=commander)
    operations.launch_notice(notice_id=run.pk, by=commander)
    operations.fill_notice(notice_id=run.pk)
    assert (Batch.objects.count(), Message.objects.count()) == (1, 1)


def test_it_needs_a_second_person_above_the_limit(order, chief, deputy):
    NoticePolicy.objects.create(second_approval_above=1)
    order(1)
    order(2)
    freeze(SYSTEM)
    run = prepare(chief)
    with pytest.raises(operations.SecondApprovalNeeded):
        operations.launch_notice(notice_id=run.pk, by=chief)
    for _twice in range(2):
        assert operations.approve_notice(notice_id=run.pk, by=chief).state == "draft"
    with pytest.raises(operations.SecondApprovalNeeded):
        operations.launch_notice(notice_id=run.pk, by=chief)
    assert operations.launch_notice(notice_id=run.pk, by=deputy).state == "launched"


def test_it_asks_again_after_the_words_changed(order, chief, deputy):
    NoticePolicy.objects.create(second_approval_above=1)
    order(1)
    order(2)
    freeze(SYSTEM)
    run = prepare(chief)
    operations.approve_notice(notice_id=run.pk, by=chief)
    assert operations.approve_notice(notice_id=run.pk, by=deputy).state == "approved"
    run = operations.edit_notice(notice_id=run.pk, by=chief, cause="洪水")
    assert (run.state, run.approvals.count()) == ("draft", 0)


def test_it_lets_a_worker_fill_a_large_one(order, commander, monkeypatch, run_clock):
    monkeypatch.setattr(operations.waves, "AT_ONCE", 1)
    order(1)
    order(2)
    freeze(commander)
    run = operations.launch_notice(notice_id=prepare(commander).pk, by=commander)
    assert (run.state, run.batch) == ("launched", None)
    with pytest.raises(operations.StillPreparing):
        operations.pause_notice(notice_id=run.pk, by=commander)
    run = operations.fill_notice(notice_id=run.pk)
    assert Batch.objects.get(pk=run.batch).total == 2
    assert run.fill_due_at is None


def test_it_pauses_resumes_and_cancels(order, commander):
    order(1)
    freeze(commander)
    run = operations.launch_notice(notice_id=prepare(commander).pk, by=commander)
    operations.pause_notice(notice_id=run.pk, by=commander)
    assert queries.notice_progress(REFERENCE).state == "paused"
    operations.resume_notice(notice_id=run.pk, by=commander)
    assert queries.notice_progress(REFERENCE).state == "launched"
    operations.cancel_notice(notice_id=run.pk, by=commander)
    assert NoticeRun.objects.get(pk=run.pk).state == "cancelled"
    with pytest.raises(operations.NoticeMoved) as refused:
        operations.launch_notice(notice_id=run.pk, by=commander)
    assert refused.value.extra["state"] == "cancelled"


def test_it_lets_a_cancelled_draft_be_prepared_anew(order, commander):
    order(1)
    freeze(commander)
    run = prepare(commander)
    operations.cancel_notice(notice_id=run.pk, by=commander)
    again = prepare(commander)
    assert (again.pk != run.pk, again.audience) == (True, 1)


def test_it_is_refused_to_those_who_may_not(order, commander, make_user):
    order(1)
    freeze(commander)
    guest = user_actor(make_user("cang", Role.WAREHOUSE))
    with pytest.raises(NotAllowed):
        prepare(guest)
    run = prepare(commander)
    with pytest.raises(NotAllowed):
        operations.launch_notice(notice_id=run.pk, by=guest)
