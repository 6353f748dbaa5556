"""Each customer is told once, on the channel that suits them."""

import pytest

from customers import operations
from customers.models import NoticeRecipient, Preference
from dispatch.models import Order
from tests.customers.conftest import REFERENCE, freeze

pytestmark = pytest.mark.django_db


def prepare(by, template="delay", **extra):
    return operations.prepare_notice(reference=REFERENCE, template=template, by=by, **extra)


def recipients():
    return {row.customer_ref: row for row in NoticeRecipient.objects.all()}


def test_it_tells_a_customer_with_several_orders_once(order, commander):
    order(1)
    order(2, customer_ref="C1")
    order(3)
    freeze(commander)
    run = prepare(commander)
    assert (run.audience, run.reachable) == (2, 2)
    assert recipients()["C1"].orders == 2


def test_it_chooses_the_channel_by_preference_and_reach(order, commander):
    order(1, email="one@example.com")
    order(2, email="two@example.com")
    order(3, phone="", email="three@example.com")
    order(4, phone="", email="nonsense")
    order(5)
    order(6, phone="call me")
    Preference.objects.create(customer_ref="C2", channel="email", language="en")
    Preference.objects.create(customer_ref="C5", channel="none")
    freeze(commander)
    run = prepare(commander)
    found = {ref: (row.channel, row.reason) for ref, row in recipients().items()}
    assert found == {
        "C1": ("sms", ""),
        "C2": ("email", ""),
        "C3": ("email", ""),
        "C4": ("", "no_address"),
        "C5": ("", "opted_out"),
        "C6": ("", "no_address"),
    }
    assert (run.audience, run.reachable) == (6, 3)
    assert recipients()["C2"].language == "en"


def test_it_tells_people_without_a_reference_apart_by_their_number(order, commander):
    order(1, customer_ref="")
    order(2, customer_ref="", phone="13800000001")
    order(3, customer_ref="")
    order(4, customer_ref="", phone="", email="")
    freeze(commander)
    run = prepare(commander)
    assert run.audience == 3
    assert not any("1380000" in ref for ref in recipients())


def test_it_leaves_out_what_arrived_meanwhile(order, commander):
    order(1)
    gone = order(2)
    freeze(commander)
    Order.objects.filter(pk=gone.pk).update(state="cancelled")
    assert prepare(commander).audience == 1


def test_it_is_one_notice_per_matter_and_template(order, commander):
    order(1)
    freeze(commander)
    first = prepare(commander)
    assert prepare(commander).pk == first.pk
    assert prepare(commander, template="suspension").pk != first.pk


def test_it_takes_a_newer_set_into_the_draft_and_voids_the_approval(order, commander):
    order(1)
    freeze(commander)
    run = operations.approve_notice(notice_id=prepare(commander).pk, by=commander)
    assert run.state == "approved"
    order(2)
    freeze(commander, refresh=True)
    again = prepare(commander)
    assert (again.pk, again.state, again.audience) == (run.pk, "draft", 2)


def test_it_tells_only_the_new_ones_after_a_finished_notice(order, commander):
    freeze(commander)
    first = operations.launch_notice(notice_id=prepare(commander).pk, by=commander)
    assert first.state == "finished"  # nobody to tell
    order(1)
    freeze(commander, refresh=True)
    second = prepare(commander)
    assert (second.pk != first.pk, second.audience) == (True, 1)


def test_it_needs_frozen_orders(lane, commander):
    with pytest.raises(operations.NothingAffected):
        prepare(commander)


def test_it_refuses_a_template_it_cannot_fill(order, commander):
    order(1)
    freeze(commander)
    with pytest.raises(operations.CannotFill) as refused:
        prepare(commander, template="compensation")
    assert refused.value.extra == {"lacking": ["amt", "d"]}


def test_it_loads_the_sample_wishes(order):
    from customers import sample

    for number in range(200):
        order(number)
    sample.load()
    sample.load()
    wishes = list(Preference.objects.values_list("channel", flat=True))
    assert 0 < len(wishes) < 60
    assert set(wishes) <= {"email", "none"}
