"""Refusals while somebody else is at the same orders: real connections, any sequence, one outcome that makes sense."""

from __future__ import annotations

import pytest

from accounts.actors import SYSTEM
from dispatch.models import AnswerCount, Assignment, Order, RefusedLane
from dispatch.operations import Answer, answer_assignments, roll_back_run
from tests.dispatch.conftest import ORDER_SYSTEM
from tests.dispatch.rerouting import applied_run
from tests.racing import all_done

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def applied(make_orders):
    make_orders(20)
    return applied_run()


def test_a_refusal_and_a_rollback_of_the_same_orders(applied):
    ids = list(Assignment.objects.order_by("-id").values_list("pk", flat=True))
    answers = [Answer(pk, accepted=False, reason="no") for pk in ids]
    all_done(
        lambda: answer_assignments(answers=answers, by=ORDER_SYSTEM),
        lambda: roll_back_run(run_id=applied.pk, by=SYSTEM),
    )
    assert set(Order.objects.values_list("warehouse_id", flat=True)) == {"W01"}
    applied.refresh_from_db()
    # Each order was put back once, by one of the two.
    assert RefusedLane.objects.filter(restored=True).count() + applied.restored == 20


def test_the_same_refusals_sent_three_times_at_once_count_once(applied):
    ids = list(Assignment.objects.values_list("pk", flat=True))
    answers = [Answer(pk, accepted=False, reason="no") for pk in ids]
    counts: list[int] = []
    all_done(*[lambda: counts.append(answer_assignments(answers=answers, by=ORDER_SYSTEM))] * 3)
    assert sorted(counts) == [0, 0, 20]
    assert RefusedLane.objects.filter(restored=True).count() == 20
    assert AnswerCount.objects.get(pk=applied.pk).refused == 20
