"""A notice can be for a part of the affected, and leaves out who was written to enough."""

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from accounts.actors import SYSTEM
from customers import audience, operations, queries
from customers.filters import BadFilter, Filters, read_filters
from customers.models import CustomerTier, NoticePolicy, NoticeRecipient
from customers.operations.drafts import policy
from customers.preview import preview_of
from dispatch.models import Region
from dispatch.operations import freeze_affected
from dispatch.scope import Scope
from journal import clock
from notifications.models import Message
from tests.customers.conftest import REFERENCE, freeze

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(order, lane):
    soon, late = clock.now() + timedelta(hours=5), clock.now() + timedelta(days=9)
    taizhou = Region.objects.create(code="331000", name="台州市", level="city", parent_id="330000")
    order(1, promise_at=soon, value=Decimal("50"), priority=2, email="one@example.com")
    order(2, promise_at=late, value=Decimal("500"), region=taizhou)
    order(3, promise_at=soon, phone="", email="three@example.com")
    order(4, customer_ref="C1", promise_at=late, value=Decimal("900"))
    CustomerTier.objects.create(customer_ref="C2", tier="plus")
    freeze(SYSTEM)
    return operations.prepare_notice(reference=REFERENCE, template="delay", by=SYSTEM)


def told(run):
    return set(run.recipients.values_list("customer_ref", flat=True))


@pytest.mark.parametrize(
    ("filters", "people"),
    [
        ({}, {"C1", "C2", "C3"}),
        ({"regions": ["331000"]}, {"C2"}),
        ({"regions": ["330000"]}, {"C1", "C2", "C3"}),
        ({"regions": ["440000"]}, set()),
        ({"at_risk": True}, {"C1", "C3"}),
        ({"tiers": ["plus"]}, {"C2"}),
        ({"priority": 1}, {"C1"}),
        ({"channels": ["email"]}, {"C3"}),
        ({"value_from": "100"}, {"C1", "C2"}),
        ({"value_from": "100", "value_to": "600"}, {"C2"}),
    ],
)
def test_it_tells_a_part(run, filters, people):
    counted = audience.count(run, read_filters(filters), policy())
    assert counted.people == len(people)
    run = operations.edit_notice(notice_id=run.pk, by=SYSTEM, filters=filters)
    assert told(run) == people
    assert (run.audience, run.reachable) == (len(people), len(people))


def test_it_counts_by_province_and_only_the_orders_that_pass(run):
    run = operations.edit_notice(notice_id=run.pk, by=SYSTEM, filters={"value_from": "100"})
    assert NoticeRecipient.objects.get(customer_ref="C1").orders == 1
    assert dict(audience.count(run, Filters(), policy()).zones) == {"330000": 3}


@pytest.mark.parametrize(
    "filters",
    [
        {"x": 1},
        {"regions": "33"},
        {"channels": ["pigeon"]},
        {"priority": "2"},
        {"value_from": "NaN"},
        {"value_from": "5", "value_to": "4"},
        {"regions": ["'); DROP TABLE x; --\x00"]},
    ],
)
def test_it_refuses_a_senseless_filter(run, filters):
    with pytest.raises(BadFilter):
        operations.edit_notice(notice_id=run.pk, by=SYSTEM, filters=filters)


def test_it_tells_the_rest_after_a_part(run, order, fast_forward):
    run = operations.edit_notice(notice_id=run.pk, by=SYSTEM, filters={"regions": ["331000"]})
    run = operations.launch_notice(notice_id=run.pk, by=SYSTEM)
    run.finish()
    run.save()
    rest = operations.prepare_notice(reference=REFERENCE, template="delay", by=SYSTEM)
    assert (rest.pk != run.pk, told(rest), rest.left_out) == (True, {"C1", "C3"}, {"told": 1})


def elsewhere(**extra):
    """Another matter hits the same customers."""
    freeze_affected(reference="incident:7", scope=Scope(regions=("33",)), by=SYSTEM)
    return operations.prepare_notice(reference="incident:7", template="delay", by=SYSTEM, **extra)


def test_it_shows_who_was_told_of_another_matter_and_can_skip_them(run, fast_forward):
    operations.launch_notice(notice_id=run.pk, by=SYSTEM)
    other = elsewhere()
    counted = audience.count(other, Filters(), policy())
    assert (counted.reachable, counted.elsewhere) == (3, 3)
    skipped = audience.count(other, Filters(skip_told=True), policy())
    assert (skipped.reachable, dict(skipped.reasons)) == (0, {"told_elsewhere": 3})
    fast_forward(hours=13)
    assert audience.count(other, Filters(skip_told=True), policy()).reachable == 3


def test_it_does_not_count_what_was_stopped_before_it_left(run):
    operations.launch_notice(notice_id=run.pk, by=SYSTEM)
    operations.cancel_notice(notice_id=run.pk, by=SYSTEM)
    assert audience.count(elsewhere(), Filters(), policy()).elsewhere == 0


def test_it_keeps_the_cap_of_a_day(run, fast_forward):
    NoticePolicy.objects.create(cap_per_day=1)
    operations.launch_notice(notice_id=run.pk, by=SYSTEM)
    other = elsewhere()
    assert (other.audience, other.reachable) == (3, 0)
    assert set(other.recipients.values_list("reason", flat=True)) == {"capped"}
    fast_forward(days=1)
    assert operations.edit_notice(notice_id=other.pk, by=SYSTEM, refresh=True).reachable == 3


def test_it_keeps_the_cap_when_another_notice_left_meanwhile(run):
    NoticePolicy.objects.create(cap_per_day=1)
    other = elsewhere()
    assert other.reachable == 3
    operations.launch_notice(notice_id=run.pk, by=SYSTEM)
    other = operations.launch_notice(notice_id=other.pk, by=SYSTEM)
    assert (other.reachable, other.by_channel, other.recipients.filter(reason="capped").count()) == (0, {}, 3)
    assert Message.objects.count() == 3
    assert queries.progress_of(other).unreachable == 3


def at(day, hour):
    return clock.now().astimezone(ZoneInfo("Asia/Shanghai")).replace(hour=hour) + timedelta(days=day)


def test_it_keeps_the_cap_on_the_day_a_held_notice_goes(run, fast_forward, monkeypatch):
    """Held past midnight it counts on the morning, and so do those that went before it then."""
    monkeypatch.setattr("customers.operations.waves.quiet_until", lambda _rules, _moment: at(1, 8))
    NoticePolicy.objects.create(cap_per_day=1)
    other = elsewhere()
    operations.edit_notice(notice_id=run.pk, by=SYSTEM, urgent=False)
    operations.launch_notice(notice_id=run.pk, by=SYSTEM)
    fast_forward(seconds=(at(1, 9) - clock.now()).total_seconds())
    assert audience.count(other, Filters(), policy()).reasons == {"capped": 3}
    operations.fill_notice(notice_id=run.pk)
    assert operations.launch_notice(notice_id=other.pk, by=SYSTEM).reachable == 0
    assert Message.objects.count() == 3


def test_a_held_notice_leaves_out_who_was_told_that_morning(run, fast_forward, monkeypatch):
    monkeypatch.setattr("customers.operations.waves.quiet_until", lambda _rules, _moment: at(1, 8))
    NoticePolicy.objects.create(cap_per_day=1)
    other = elsewhere()
    operations.edit_notice(notice_id=run.pk, by=SYSTEM, urgent=False)
    operations.launch_notice(notice_id=run.pk, by=SYSTEM)
    fast_forward(seconds=(at(1, 7) - clock.now()).total_seconds())
    assert operations.launch_notice(notice_id=other.pk, by=SYSTEM).reachable == 3
    fast_forward(hours=2)
    assert operations.fill_notice(notice_id=run.pk).reachable == 0
    assert Message.objects.count() == 3


def test_what_a_stopped_notice_had_sent_counts(run):
    NoticePolicy.objects.create(cap_per_day=1)
    other = elsewhere()
    operations.launch_notice(notice_id=run.pk, by=SYSTEM)
    Message.objects.filter(destination="13800000002").update(state="sent")
    operations.cancel_notice(notice_id=run.pk, by=SYSTEM)
    assert operations.launch_notice(notice_id=other.pk, by=SYSTEM).reachable == 2


def test_it_says_who_is_blocked_by_words_that_nobody_approved(run):
    from notifications.models import Template

    Template.objects.filter(code="delay", channel="email").delete()
    run = operations.edit_notice(notice_id=run.pk, by=SYSTEM, refresh=True)
    assert run.recipients.get(customer_ref="C3").reason == "no_words"
    assert run.by_channel == {"sms": 2}
    Template.objects.filter(code="delay", channel="sms", language="en").delete()
    Template.objects.filter(code="delay", channel="sms").update(channel="voice")
    Template.objects.filter(code="suspension", channel="email").update(code="delay")
    assert [(row.channel, row.people) for row in preview_of(run, policy()).stuck] == [("sms", 2)]
    with pytest.raises(operations.ChannelBlocked):
        operations.launch_notice(notice_id=run.pk, by=SYSTEM)
