"""What each order gets, and the way from a proposal to finance."""

from contextlib import nullcontext
from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.actors import NotAllowed, user_actor
from accounts.roles import Role
from customers.assessment import assess_orders, simulate
from customers.models import Choice, CompensationRun, CustomerTier, ExemptSpan, Grant
from customers.operations import compensation, compensation_out, exemptions, policies
from customers.policy import DEFAULT, checked_policy
from customers.refusals import BadPolicy, BadSpan, ChangedMeanwhile, IllegalGrantStep, NothingToGrant, OwnWork
from dispatch.models import Order
from journal import clock
from journal.models import Entry
from notifications.models import Message
from tests.customers.conftest import REFERENCE, freeze

pytestmark = pytest.mark.django_db


def deliver(order, late_hours, **fields):
    """The order arrived so many hours after its promise."""
    now = clock.now()
    Order.objects.filter(pk=order.pk).update(
        state="delivered",
        delivered_at=now,
        ordered_at=now - timedelta(days=9),
        first_promise_at=now - timedelta(hours=late_hours),
        **fields,
    )


@pytest.fixture
def late(order, commander):
    """Seven orders: 100, 30 (twice, one of a Plus member), 3 and −5 hours late, one cancelled, one still on its way."""
    for number, _hours in enumerate((100, 30, 30, 3, -5), start=1):
        order(number)
    order(6)
    order(7)
    freeze(commander)
    rows = {row.external_id: row for row in Order.objects.all()}
    for number, hours in enumerate((100, 30, 30, 3, -5), start=1):
        deliver(rows[f"A{number:05}"], hours)
    now = clock.now()
    Order.objects.filter(external_id="A00006").update(state="cancelled", cancelled_at=now)
    Order.objects.filter(external_id="A00007").update(first_promise_at=now - timedelta(hours=50))
    CustomerTier.objects.create(customer_ref="C3", tier="plus")
    return {number: rows[f"A{number:05}"] for number in range(1, 8)}


@pytest.fixture
def finance(make_user):
    return user_actor(make_user("caiwu", Role.SECTION_CHIEF, name="财务"))


def propose(by, scope="delivered"):
    return compensation.propose_compensation(reference=REFERENCE, scope=scope, by=by)


def test_it_simulates_by_band_tier_and_reason(late, chief):
    found = simulate(policies.policy_in_force(), REFERENCE, "all", clock.now())
    assert (found.looked_at, found.orders, found.open) == (7, 4, 1)
    assert found.amount == Decimal("27.50")  # 10 + 5 + 5 × 1.5 + 5
    assert {line.code: (line.orders, line.amount) for line in found.bands} == {
        "late24": (3, Decimal("17.50")),
        "late72": (1, Decimal(10)),
    }
    assert {line.code: line.orders for line in found.tiers} == {"": 3, "plus": 1}
    assert {line.code: line.orders for line in found.others} == {"cancelled": 1, "early": 1, "in_time": 1}
    assert not Grant.objects.exists()


def add_span(by, **fields):
    values = {
        "reference": REFERENCE,
        "title": "台风封路",
        "issuer": "浙江省交通运输厅",
        "document": "浙交〔2026〕7号",
        "starts_at": clock.now() - timedelta(hours=200),
        "ends_at": clock.now() - timedelta(hours=20),
        **fields,
    }
    return exemptions.add_exempt_span(by=by, **values)


def test_it_excuses_only_what_force_majeure_covers(late, chief, finance):
    span = add_span(chief)
    before = assess_orders(policies.policy_in_force(), REFERENCE, [late[1].pk], clock.now())
    assert before[late[1].pk].verdict == "payable"  # nobody confirmed it yet
    with pytest.raises(NotAllowed):
        exemptions.confirm_exempt_span(span_id=span.pk, by=chief)
    exemptions.confirm_exempt_span(span_id=span.pk, by=finance)
    rows = assess_orders(policies.policy_in_force(), REFERENCE, [row.pk for row in late.values()], clock.now())
    assert rows[late[1].pk].verdict == "exempt"
    assert rows[late[1].pk].spans == [span.pk]
    found = simulate(policies.policy_in_force(), REFERENCE, "delivered", clock.now())
    assert (found.orders, found.excused) == (0, [((span.pk,), 3)])
    exemptions.withdraw_exempt_span(span_id=span.pk, by=chief)
    assert simulate(policies.policy_in_force(), REFERENCE, "delivered", clock.now()).orders == 3


def test_it_excuses_nobody_who_was_late_already(late, chief, finance):
    """The order promised 100 hours ago was late when the road closed 90 hours ago; those promised later were not."""
    span = add_span(chief, starts_at=clock.now() - timedelta(hours=90))
    exemptions.confirm_exempt_span(span_id=span.pk, by=finance)
    rows = assess_orders(policies.policy_in_force(), REFERENCE, [row.pk for row in late.values()], clock.now())
    assert (rows[late[1].pk].verdict, rows[late[1].pk].band) == ("payable", "late72")
    assert (rows[late[2].pk].verdict, rows[late[2].pk].exempt_hours) == ("exempt", Decimal("30.0"))


def test_it_excuses_the_places_that_the_order_names_only(late, chief, finance):
    for places in ({"regions": ["440000"]}, {"warehouses": ["W02"]}):
        with pytest.raises(BadSpan) if "warehouses" in places else nullcontext():
            exemptions.confirm_exempt_span(span_id=add_span(chief, **places).pk, by=finance)
    assert simulate(policies.policy_in_force(), REFERENCE, "delivered", clock.now()).orders == 3
    exemptions.confirm_exempt_span(span_id=add_span(chief, regions=["330000"], warehouses=["W01"]).pk, by=finance)
    assert simulate(policies.policy_in_force(), REFERENCE, "delivered", clock.now()).orders == 0
    assert ExemptSpan.objects.get(warehouses=["W01"]).regions == ["33"]


def test_it_refuses_a_span_without_evidence(chief):
    for fields in ({"document": " "}, {"ends_at": clock.now() - timedelta(hours=300)}, {"regions": ["3"]}):
        with pytest.raises(BadSpan):
            add_span(chief, **fields)
    with pytest.raises(BadSpan):
        add_span(chief, address="javascript:alert(1)")


def test_it_gives_the_whole_price_back_for_what_is_lost(order, commander):
    """GB/T 27917: within China more than ten calendar days from the day after pickup; ¥ 88.80 were paid."""
    lost = order(1, value=Decimal("88.80"))
    freeze(commander)
    deliver(lost, 100, dispatched_at=clock.now() - timedelta(days=11))
    rows = assess_orders(policies.policy_in_force(), REFERENCE, [lost.pk], clock.now())
    assert (rows[lost.pk].band, rows[lost.pk].amount) == ("lost_city", Decimal("88.80"))  # W01 lies there
    Order.objects.filter(pk=lost.pk).update(warehouse=None)
    rows = assess_orders(policies.policy_in_force(), REFERENCE, [lost.pk], clock.now())
    assert (rows[lost.pk].band, rows[lost.pk].amount) == ("lost_domestic", Decimal("88.80"))


def test_it_goes_from_proposal_to_finance_and_paid(late, chief, api):
    Choice.objects.create(
        order_id=late[1].pk, reference=REFERENCE, recipient_id=1, kind="claim", state="asked",
        asked_at=clock.now(), changed_at=clock.now(),
    )  # fmt: skip
    run = propose(chief)
    assert (run.state, run.orders, run.amount, run.largest) == ("proposed", 3, Decimal("22.50"), Decimal(10))
    run = compensation.grant_compensation(run_id=run.pk, by=chief)
    assert (run.state, len(run.sha256), run.tell_due_at) == ("granted", 64, None)
    assert compensation.grant_compensation(run_id=run.pk, by=chief).granted_at == run.granted_at
    assert Choice.objects.get().state == "done"
    assert {message.variables["amt"] for message in Message.objects.all()} == {"10.00", "5.00", "7.50"}
    run = compensation_out.export_compensation(run_id=run.pk, by=chief)
    assert set(Grant.objects.values_list("state", flat=True)) == {"exported"}
    system = api("order_system")
    body = {"rows": [{"order": "A00001", "reference": REFERENCE}, {"order": "A00001", "reference": "incident:9"}]}
    assert system.post("/api/v1/compensation/paid", body).json() == {"paid": 1}
    assert system.post("/api/v1/compensation/paid", body).json() == {"paid": 0}
    with pytest.raises(IllegalGrantStep):
        compensation.reject_compensation(run_id=run.pk, by=chief, reason="x")
    kinds = [entry.kind for entry in Entry.objects.filter(subject=f"compensation:{run.pk}").order_by("id")]
    assert kinds == [f"compensation.{step}" for step in ("proposed", "approved", "granted", "exported", "paid")]


def test_it_tells_a_customer_of_all_their_orders_at_once(late, chief):
    Order.objects.filter(pk__in=[late[1].pk, late[2].pk]).update(customer_ref="C9")
    run = compensation.grant_compensation(run_id=propose(chief).pk, by=chief)
    told = {message.variables["no"]: message.variables["amt"] for message in Message.objects.all()}
    assert told == {"A00001等2单": "15.00", "A00003": "7.50"}
    assert run.orders == 3


def test_it_grants_an_order_once_per_matter(late, chief):
    propose(chief)
    with pytest.raises(NothingToGrant):
        propose(chief)
    again = propose(chief, "all")  # the one that is still on its way
    assert again.orders == 1
    compensation.reject_compensation(run_id=again.pk, by=chief, reason="等送达再算")
    assert propose(chief, "all").orders == 1


def test_it_asks_a_second_person_above_the_limits(late, chief, deputy, commander, finance):
    content = {**DEFAULT, "batch_limit": "20"}
    draft = policies.write_policy(content=content, note="雨季", by=chief)
    policies.approve_policy(number=draft.number, by=finance)
    run = propose(commander)
    with pytest.raises(NotAllowed):
        compensation.grant_compensation(run_id=run.pk, by=deputy)
    with pytest.raises(OwnWork):
        compensation.approve_compensation(run_id=run.pk, by=commander)
    assert compensation.approve_compensation(run_id=run.pk, by=finance).state == "approved"
    assert compensation.grant_compensation(run_id=run.pk, by=chief).state == "granted"


def test_it_takes_single_orders_out_with_a_reason(late, chief):
    run = propose(chief)
    run = compensation.reject_grants(run_id=run.pk, order_ids=[late[1].pk], by=chief, reason="客户自提")
    assert (run.state, run.orders, run.amount) == ("proposed", 2, Decimal("12.50"))
    rest = [late[2].pk, late[3].pk]
    assert compensation.reject_grants(run_id=run.pk, order_ids=rest, by=chief, reason="x").state == "rejected"


def test_it_changes_the_policy_as_a_whole(chief, finance):
    assert checked_policy(DEFAULT) == (DEFAULT, {})
    draft = policies.write_policy(content={**DEFAULT, "pay_days": 3}, note="更快", by=chief, expected_number=1)
    assert (draft.number, draft.state) == (2, "draft")
    with pytest.raises(ChangedMeanwhile):
        policies.write_policy(content={**DEFAULT, "pay_days": 4}, note="x", by=chief, expected_number=1)
    newer = policies.write_policy(content={**DEFAULT, "pay_days": 4}, note="x", by=chief, expected_number=2)
    draft.refresh_from_db()
    assert draft.state == "discarded"
    policies.approve_policy(number=newer.number, by=finance)
    assert policies.policy_in_force().content["pay_days"] == 4
    band = {**DEFAULT["bands"][0], "over": "-1", "reach": "moon", "maximum": "1", "rate": "NaN", "regions": ["x"]}
    with pytest.raises(BadPolicy) as refused:
        policies.write_policy(content={**DEFAULT, "bands": [band, DEFAULT["bands"][0]]}, note="x", by=chief)
    wrong = {f"bands.0.{name}" for name in ("over", "reach", "maximum", "rate", "regions")} | {"bands.1.code"}
    assert set(refused.value.extra["errors"]) == wrong
    for rubbish in (None, [], {}, {"bands": 7, "tiers": [1]}, {"bands": [], "tiers": []}):
        with pytest.raises(BadPolicy):
            policies.write_policy(content=rubbish, note="x", by=chief)


def test_an_author_does_not_approve_their_own_policy(commander):
    draft = policies.write_policy(content={**DEFAULT, "pay_days": 9}, note="x", by=commander)
    with pytest.raises(OwnWork):
        policies.approve_policy(number=draft.number, by=commander)


def test_a_drill_tells_nobody(order, commander, chief):
    one = order(1)
    freeze(commander, exercise=7)
    deliver(one, 30)
    run = compensation.grant_compensation(run_id=propose(chief).pk, by=chief)
    assert run.exercise == 7
    assert Message.objects.filter(exercise=None).count() == 0
    assert CompensationRun.objects.get().batch is not None
