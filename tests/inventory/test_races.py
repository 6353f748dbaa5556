"""Two hands reach for the last one."""

import pytest

from accounts.actors import SYSTEM
from inventory import operations as ops
from inventory.models import Movement, Stock, SupplyIssue
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)


def issue(key):
    return lambda: ops.issue(item="GEN30", warehouse="W01", quantity=1, by=SYSTEM, key=key)


def test_it_hands_the_last_one_out_once(stock):
    stock("GEN30", 1)
    answers = together(*(issue(f"k{number}") for number in range(6)))
    assert sorted(type(answer).__name__ for answer in answers) == ["Movement"] + ["NotEnough"] * 5
    assert Stock.objects.get().quantity == 0


def test_it_books_a_double_click_once(stock):
    stock("GEN30", 9)
    answers = together(*(issue("same") for _ in range(6)))
    assert len({answer.pk for answer in answers}) == 1
    assert (Stock.objects.get().quantity, Movement.objects.count()) == (8, 1)


def test_it_gives_one_key_to_one_item(stock):
    stock("GEN30", 9)
    stock("RADIO", 9)
    answers = together(
        issue("same"), lambda: ops.issue(item="RADIO", warehouse="W01", quantity=1, by=SYSTEM, key="same")
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["KeyReused", "Movement"]
    assert Movement.objects.count() == 1


def test_it_serves_crossing_calls_without_a_deadlock(stock):
    stock("GEN30", 5)
    stock("RADIO", 5)
    lines = [("GEN30", "W01", 3), ("RADIO", "W01", 3)]
    answers = together(
        *(
            lambda n=number: ops.issue_supplies(
                reference="incident:1", lines=lines if n % 2 else lines[::-1], by=SYSTEM, key=f"s{n}"
            )
            for number in range(4)
        )
    )
    assert all(isinstance(answer, ops.IssueResult) for answer in answers), answers
    assert {stock.quantity for stock in Stock.objects.all()} == {0}


def test_it_answers_one_supply_call_sent_twice(stock):
    stock("GEN30", 5)
    call = lambda: ops.issue_supplies(  # noqa: E731
        reference="incident:1", lines=[("GEN30", "W01", 3)], by=SYSTEM, key="s"
    )
    first, *rest = together(call, call, call)
    assert all(answer == first for answer in rest)
    assert (SupplyIssue.objects.count(), Stock.objects.get().quantity) == (1, 2)


def test_it_makes_a_first_row_once(stock):
    stock("GEN30", 0, warehouse="W02")
    answers = together(
        *(
            lambda n=number: ops.receive(item="GEN30", warehouse="W01", quantity=1, by=SYSTEM, key=f"r{n}")
            for number in range(4)
        )
    )
    assert all(isinstance(answer, Movement) for answer in answers), answers
    assert Stock.objects.get(warehouse_code="W01").quantity == 4


def test_it_undoes_once(stock, commander):
    stock("GEN30", 5)
    movement = ops.issue(item="GEN30", warehouse="W01", quantity=1, by=commander, key="k")
    undo = lambda: ops.undo_movement(movement_id=movement.pk, by=commander)  # noqa: E731
    answers = together(undo, undo, undo)
    assert len({answer.pk for answer in answers}) == 1
    assert Stock.objects.get().quantity == 5
