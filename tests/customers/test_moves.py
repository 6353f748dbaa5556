"""Grants and choices go from state to state as their tables say, and no other way."""

from decimal import Decimal

import pytest

from customers.models import Choice, ChoiceState, CompensationRun, Grant, GrantState
from customers.moves import CHOICE_MOVES, GRANT_MOVES, move
from customers.operations.policies import policy_in_force
from journal import clock
from tests.customers.conftest import REFERENCE

pytestmark = pytest.mark.django_db


def a_grant_in_each_state(first=0):
    run = CompensationRun.objects.create(
        reference=REFERENCE, policy=policy_in_force(), affected_set=1, scope="all", assessed_at=clock.now()
    )
    grants = [
        Grant(run=run, reference=REFERENCE, order_id=first + number, band="late24", late_hours=30, exempt_hours=0,
              amount=Decimal(5), state=state)
        for number, state in enumerate(GrantState.values)
    ]  # fmt: skip
    Grant.objects.bulk_create(grants)


def a_choice_in_each_state():
    moment = clock.now()
    rows = [
        Choice(order_id=number, reference=REFERENCE, recipient_id=1, kind="claim", state=state, asked_at=moment,
               changed_at=moment)
        for number, state in enumerate(ChoiceState.values)
    ]  # fmt: skip
    Choice.objects.bulk_create(rows)


@pytest.mark.parametrize(
    ("model", "moves", "fill"),
    [(Grant, GRANT_MOVES, a_grant_in_each_state), (Choice, CHOICE_MOVES, a_choice_in_each_state)],
)
def test_it_moves_only_where_the_table_leads(model, moves, fill):
    assert set(moves) == set(GrantState if model is Grant else ChoiceState)
    for target in moves:
        model.objects.all().delete()
        fill()
        before = dict(model.objects.values_list("order_id", "state"))
        assert move(model.objects.all(), moves, target) == sum(target in moves[state] for state in before.values())
        for number, state in model.objects.values_list("order_id", "state"):
            assert state == (target if target in moves[before[number]] else before[number])


def test_it_pays_what_was_granted_and_nothing_else(order, api):
    orders = [order(number) for number in range(1, 7)]
    a_grant_in_each_state(first=orders[0].pk)
    rows = [{"order": f"A{number:05}", "reference": REFERENCE} for number in range(1, 7)]
    paid = api("order_system").post("/api/v1/compensation/paid", {"rows": rows}).json()["paid"]
    may_be_paid = [state for state, targets in GRANT_MOVES.items() if GrantState.PAID in targets]
    assert paid == len(may_be_paid) == 2
    states = list(Grant.objects.values_list("state", flat=True))
    assert {state: states.count(state) for state in states} == {"paid": 3, "proposed": 1, "approved": 1, "rejected": 1}
