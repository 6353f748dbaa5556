"""What the order system refuses goes back to where it was, and is not asked of it again in the same way."""

from __future__ import annotations

import pytest

from accounts.actors import SYSTEM
from dispatch.models import AnswerCount, Assignment, Lane, LaneRate, Order, RefusedLane
from dispatch.operations import (
    Answer,
    answer_assignments,
    apply_waves,
    approve_run,
    freeze_affected,
    request_reroute,
    roll_back_run,
    solve_run,
)
from dispatch.operations.answers import RefusedBefore
from dispatch.queries.explanations import explain_order
from dispatch.queries.handover import hand_over, refused_orders
from journal.models import Entry
from tests.dispatch.conftest import ORDER_SYSTEM
from tests.dispatch.rerouting import W01, applied_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def applied(make_orders):
    make_orders(3)
    return applied_run()


def assignment(order: str) -> Assignment:
    return Assignment.objects.filter(order__external_id=order).order_by("id").last()


def refuse(*orders: str, reason: str = "on the truck already") -> int:
    answers = [Answer(assignment(order).pk, accepted=False, reason=reason) for order in orders]
    return answer_assignments(answers=answers, by=ORDER_SYSTEM)


def accept(*orders: str) -> int:
    answers = [Answer(assignment(order).pk, accepted=True) for order in orders]
    return answer_assignments(answers=answers, by=ORDER_SYSTEM)


def way(order: str) -> tuple[str | None, int | None]:
    found = Order.objects.get(external_id=order)
    return found.warehouse_id, found.lane_id


def test_a_refused_order_goes_back_and_is_counted(applied):
    before = applied.affected_set.rows.get(order__external_id="A0")
    accept("A1")
    assert refuse("A0") == 1
    assert way("A0") == (before.warehouse_id, before.lane_id)
    assert way("A1")[0] == "W02"
    found = hand_over(applied)
    assert (found.told, found.accepted, found.refused, found.waiting, found.back) == (3, 1, 1, 1, 1)
    (row,) = refused_orders(applied)
    assert (row.order, row.reason, row.back, row.warehouse) == ("A0", "on the truck already", True, "W02")
    entry = Entry.objects.filter(kind="dispatch.assignments_answered").last()
    assert (entry.payload["refused"], entry.payload["restored"], entry.payload["runs"]) == (1, 1, [applied.pk])


def test_repeating_changes_nothing_and_a_refusal_is_final(applied):
    assert [refuse("A0"), refuse("A0")] == [1, 0]
    assert refuse("A0", reason="a better reason") == 1
    with pytest.raises(RefusedBefore):
        accept("A0")
    assert (hand_over(applied).refused, RefusedLane.objects.get().reason) == (1, "a better reason")


def test_an_acceptance_may_be_taken_back(applied):
    accept("A0")
    refuse("A0")
    count = AnswerCount.objects.get(pk=applied.pk)
    assert (count.accepted, count.refused, way("A0")[0]) == (0, 1, "W01")


def test_an_order_that_moved_on_is_left_where_it_is(applied, send, order_row):
    send(order_row("A0", 2, warehouse="W02"))
    refuse("A0")
    assert way("A0")[0] == "W02"
    assert (RefusedLane.objects.get().restored, hand_over(applied).next_time) == (False, 0)


def test_a_refused_rollback_leaves_the_order_where_the_run_sent_it(applied):
    sent = way("A0")
    roll_back_run(run_id=applied.pk, by=SYSTEM)
    assert way("A0")[0] == "W01"
    refuse("A0")
    assert way("A0") == sent


def again(run):
    frozen = freeze_affected(reference=run.reference, scope=W01, by=SYSTEM, refresh=True)
    following = request_reroute(reference=run.reference, affected_set_id=frozen.pk, by=SYSTEM)
    return solve_run(run_id=following.pk)


def test_the_next_run_takes_it_up(applied):
    refuse("A0")
    following = again(applied)
    assert following.orders == 1
    assert following.proposals.get().order.external_id == "A0"


def test_a_rolled_back_run_restores_nothing_that_was_refused(applied):
    refuse("A0")
    roll_back_run(run_id=applied.pk, by=SYSTEM)
    applied.refresh_from_db()
    assert applied.restored == 2


def test_the_refused_way_is_not_proposed_again(applied):
    refused = way("A0")[1]
    assert refused is not None
    refuse("A0")
    following = again(applied)
    assert following.proposals.get().lane_id != refused
    approve_run(run_id=following.pk, by=SYSTEM)
    apply_waves(run_id=following.pk, by=SYSTEM)
    refuse("A0", reason="no dock either")
    last = again(following)
    assert (last.assigned, last.by_reason) == (0, {"refused": 1}), "both lanes of the other warehouse were refused"


def test_another_version_may_be_offered_the_way_again(applied, send, order_row):
    refused = way("A0")[1]
    refuse("A0")
    send(order_row("A0", 2, weight=1.6))
    following = again(applied)
    assert following.proposals.get().lane_id == refused


def test_a_refusal_binds_its_own_order_only(applied, make_orders):
    refused = way("A0")[1]
    refuse("A0")
    make_orders(2, prefix="B")
    LaneRate.objects.exclude(lane_id=refused).update(minimum=9)
    following = again(applied)
    lanes = dict(following.proposals.values_list("order__external_id", "lane_id"))
    assert lanes.pop("A0") != refused
    assert set(lanes.values()) == {refused}


def test_it_is_explained_why_the_refused_way_is_not_taken(applied):
    refused = way("A0")[1]
    refuse("A0")
    following = again(applied)
    found = explain_order(following, "A0")
    assert [choice.verdict for choice in found.choices if not choice.chosen].count("refused") == 1
    assert Lane.objects.get(pk=refused).carrier.label in {c.detail for c in found.choices if c.verdict == "refused"}
