"""A mistake can be taken back for ten seconds, by a reversal."""

import pytest

from accounts.actors import user_actor
from accounts.roles import Role
from inventory import operations as ops
from inventory.models import Movement, Stock

pytestmark = pytest.mark.django_db


def take(by, quantity=2, kind="issue"):
    return ops.log_movement(kind=kind, item="GEN30", warehouse="W01", quantity=quantity, by=by, key=f"{kind}{quantity}")


def test_it_reverses_once(stock, hand):
    row = stock("GEN30", 3)
    movement = take(hand)
    first = ops.undo_movement(movement_id=movement.pk, by=hand)
    assert ops.undo_movement(movement_id=movement.pk, by=hand).pk == first.pk
    row.refresh_from_db()
    assert (row.quantity, Movement.objects.count()) == (3, 2)


def test_it_is_too_late_after_a_while(stock, hand, fast_forward):
    stock("GEN30", 3)
    movement = take(hand)
    fast_forward(seconds=16)
    with pytest.raises(ops.TooLateToUndo):
        ops.undo_movement(movement_id=movement.pk, by=hand)


def test_it_is_for_the_one_who_logged_it(stock, hand, commander):
    stock("GEN30", 3)
    movement = take(hand)
    with pytest.raises(ops.NotYours):
        ops.undo_movement(movement_id=movement.pk, by=commander)


def test_it_does_not_undo_an_undo(stock, hand):
    stock("GEN30", 3)
    reversal = ops.undo_movement(movement_id=take(hand).pk, by=hand)
    with pytest.raises(ops.NotYours):
        ops.undo_movement(movement_id=reversal.pk, by=hand)


def test_it_refuses_when_the_goods_are_gone(stock, hand, make_user):
    stock("GEN30", 0)
    movement = take(hand, kind="receive")
    other = user_actor(make_user("cang2", Role.WAREHOUSE))
    take(other)
    with pytest.raises(ops.NotEnough):
        ops.undo_movement(movement_id=movement.pk, by=hand)


def test_it_takes_back_the_check_of_an_undone_count(stock, hand):
    row = stock("GEN30", 3)
    movement = take(hand, 5, "count")
    ops.undo_movement(movement_id=movement.pk, by=hand)
    assert Stock.objects.get(pk=row.pk).checked_at is None
