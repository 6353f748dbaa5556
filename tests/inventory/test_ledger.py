"""Every movement is booked once and never below zero."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.actors import NotAllowed, user_actor
from accounts.roles import Role
from inventory import operations as ops
from inventory.models import Movement, Stock
from journal import clock
from journal.models import Entry

pytestmark = pytest.mark.django_db


def on_hand(code="GEN30", warehouse="W01"):
    return Stock.objects.get(item__code=code, warehouse_code=warehouse).quantity


def move(kind, quantity, by, key="k1", **extra):
    fields = {"item": "GEN30", "warehouse": "W01"} | extra
    return ops.log_movement(kind=kind, quantity=quantity, by=by, key=key, **fields)


@pytest.mark.parametrize(
    ("kind", "quantity", "left"),
    [("receive", 2, 5), ("issue", 2, 1), ("issue", 3, 0), ("write_off", 1, 2), ("count", 7, 7), ("count", 0, 0)],
)
def test_it_moves_the_balance(stock, hand, kind, quantity, left):
    stock("GEN30", 3)
    movement = move(kind, quantity, hand)
    assert (on_hand(), movement.after) == (left, left)
    assert Entry.objects.filter(subject="stock:W01").count() == 1


def test_it_makes_the_row_of_a_first_receipt(stock, hand):
    stock("GEN30", 3, warehouse="W02")
    assert move("receive", 2, hand).after == 2
    assert on_hand() == 2


def test_it_never_goes_below_zero(stock, hand):
    stock("GEN30", 3)
    with pytest.raises(ops.NotEnough) as refused:
        move("issue", 4, hand)
    assert refused.value.extra == {"on_hand": "3"}
    assert (on_hand(), Movement.objects.count()) == (3, 0)
    with pytest.raises(IntegrityError, match="stock_is_never_negative"), transaction.atomic():
        Stock.objects.update(quantity=-1)


def test_it_books_a_key_once(stock, hand):
    stock("GEN30", 3)
    first = move("issue", 2, hand)
    assert move("issue", 2, hand).pk == first.pk
    assert on_hand() == 1
    with pytest.raises(ops.KeyReused):
        move("issue", 1, hand)
    stock("RADIO", 5)
    with pytest.raises(ops.KeyReused):
        move("issue", 2, hand, item="RADIO")
    assert on_hand("RADIO") == 5


@pytest.mark.parametrize("quantity", ["-1", "0", "1.5", "NaN", "inf", "x", "", None, True, "1e9", 10**9, "１２３四"])
def test_it_refuses_a_bad_quantity(stock, hand, quantity):
    stock("GEN30", 3)
    with pytest.raises(ops.BadQuantity):
        move("issue", quantity, hand)


def test_it_measures_what_is_not_counted(stock, hand):
    stock("DIESEL", 400, whole=False)
    assert move("issue", "12.5", hand, item="DIESEL").after == Decimal("387.5")
    with pytest.raises(ops.BadQuantity):
        move("issue", "0.0001", hand, item="DIESEL", key="k2")


@pytest.mark.parametrize(
    ("extra", "error"),
    [
        ({"item": "NOPE"}, ops.UnknownItem),
        ({"item": "\x00"}, ops.UnknownItem),
        ({"warehouse": "W09"}, NotAllowed),
        ({"key": ""}, ops.BadKey),
        ({"key": "x" * 101}, ops.BadKey),
        ({"key": "a\nb"}, ops.BadKey),
    ],
)
def test_it_refuses_what_it_does_not_know(stock, hand, extra, error):
    stock("GEN30", 3)
    with pytest.raises(error):
        move("issue", 1, hand, **extra)


def test_it_refuses_an_unknown_warehouse(stock, commander):
    stock("GEN30", 3)
    for code in ("W09", "\x00", ""):
        with pytest.raises(ops.UnknownWarehouse):
            move("receive", 1, commander, warehouse=code)


def test_it_is_for_those_who_may_log(stock, make_user):
    stock("GEN30", 3)
    with pytest.raises(NotAllowed):
        move("issue", 1, user_actor(make_user("kefu", Role.CUSTOMER_SERVICE)))


def test_it_takes_back_at_most_what_was_issued(stock, hand):
    stock("GEN30", 3)
    move("issue", 2, hand, reference="incident:1")
    with pytest.raises(ops.MoreThanIssued):
        move("return", 3, hand, key="k2", reference="incident:1")
    move("return", 2, hand, key="k3", reference="incident:1")
    assert on_hand() == 3


def test_it_keeps_what_moved_after_a_count_taken_offline(stock, hand):
    stock("GEN30", 5)
    counted_at = clock.now() - timedelta(minutes=10)
    move("issue", 2, hand)  # after the count, before its arrival
    move("count", 6, hand, key="k2", occurred_at=counted_at)
    assert on_hand() == 4
    entry = Entry.objects.get(kind="inventory.counted")
    assert (entry.backfilled, entry.occurred_at) == (True, counted_at)


def test_it_keeps_the_ledger_as_it_is(stock, hand):
    stock("GEN30", 3)
    movement = move("issue", 2, hand)
    for change in (lambda: Movement.objects.update(quantity=1), movement.delete):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()


def test_it_balances_with_its_ledger(stock, hand):
    stock("GEN30", 0)
    for number, (kind, quantity) in enumerate([("receive", 9), ("issue", 4), ("count", 3), ("write_off", 1)]):
        move(kind, quantity, hand, key=f"k{number}")
    assert sum(movement.delta for movement in Movement.objects.all()) == on_hand() == 2
