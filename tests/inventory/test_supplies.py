"""Supplies for a matter: what there is, is issued; what is short, is told."""

from decimal import Decimal

import pytest

from inventory import operations as ops
from inventory import queries
from inventory.models import Movement, Stock
from journal.models import Entry

pytestmark = pytest.mark.django_db


def supply(by, *lines, key="s1", exercise=None, reference="incident:42"):
    return ops.issue_supplies(reference=reference, lines=lines, by=by, key=key, exercise=exercise)


def test_it_issues_what_there_is(stock, commander):
    stock("GEN30", 3)
    stock("RADIO", 1)
    result = supply(commander, ("GEN30", "W01", 2), ("RADIO", "W01", 4), ("GEN30", "W02", 1))
    assert [(row.item, row.quantity) for row in result.issued] == [("GEN30", 2), ("RADIO", 1)]
    assert [(row.item, row.warehouse, row.missing) for row in result.shortages] == [
        ("RADIO", "W01", 3),
        ("GEN30", "W02", 1),
    ]
    assert not result.complete
    entry = Entry.objects.get(kind="inventory.supplies_short")
    assert (entry.reference, entry.payload["missing"]) == ("incident:42", {"W01/RADIO": "3", "W02/GEN30": "1"})


def test_it_answers_the_same_key_alike(stock, commander):
    stock("GEN30", 3)
    first = supply(commander, ("GEN30", "W01", 2))
    assert supply(commander, ("GEN30", "W01", 2)) == first
    assert Stock.objects.get().quantity == 1
    with pytest.raises(ops.KeyReused):
        supply(commander, ("GEN30", "W01", 2), reference="incident:43")


def test_it_folds_equal_lines(stock, commander):
    stock("GEN30", 3)
    result = supply(commander, ("GEN30", "W01", 2), ("GEN30", "W01", 2))
    assert [(row.quantity) for row in result.issued] == [3]
    assert [(row.asked, row.missing) for row in result.shortages] == [(4, 1)]


def test_it_moves_nothing_when_a_line_is_wrong(stock, commander):
    stock("GEN30", 3)
    for lines in ([("GEN30", "W01", 1), ("NOPE", "W01", 1)], [("GEN30", "W01", 0)], []):
        with pytest.raises((ops.UnknownItem, ops.BadQuantity)):
            supply(commander, *lines)
    with pytest.raises(ops.UnknownWarehouse):
        supply(commander, ("GEN30", "W01", 1), ("GEN30", "W77", 1))


def test_it_never_posts_an_exercise_to_real_stock(stock, commander):
    row = stock("GEN30", 3)
    supply(commander, ("GEN30", "W01", 2), exercise=7)
    again = supply(commander, ("GEN30", "W01", 2), exercise=7, key="s2")
    assert [(line.item, line.missing) for line in again.shortages] == [("GEN30", 1)]
    other = supply(commander, ("GEN30", "W01", 3), exercise=8, key="s3")
    assert other.complete
    row.refresh_from_db()
    assert row.quantity == 3
    assert supply(commander, ("GEN30", "W01", 3), key="s4").complete


def test_it_shows_an_exercise_real_stock_less_its_own_issues(stock, commander, hand):
    stock("GEN30", 3)
    supply(commander, ("GEN30", "W01", 2), exercise=7)
    ops.issue(item="GEN30", warehouse="W01", quantity=2, by=hand, key="k")  # really
    late = supply(commander, ("GEN30", "W01", 1), exercise=7, key="s2")
    assert late.issued == []
    assert Stock.objects.get().quantity == 1


def test_it_tells_what_a_matter_got(stock, commander, hand):
    stock("GEN30", 3)
    supply(commander, ("GEN30", "W01", 5))
    ops.return_(item="GEN30", warehouse="W01", quantity=1, by=hand, key="k", reference="incident:42")
    (line,) = queries.supplies_of("incident:42")
    assert (line.asked, line.issued, line.returned, line.missing) == (5, 3, 1, 2)
    assert Movement.objects.filter(reference="incident:42").count() == 2


def test_it_makes_up_for_what_was_short(stock, commander, hand):
    stock("GEN30", 3)
    supply(commander, ("GEN30", "W01", 5))
    stock("RADIO", 0)
    supply(commander, ("RADIO", "W01", 1), key="s2")
    ops.receive(item="GEN30", warehouse="W01", quantity=9, by=hand, key="k")
    result = ops.issue_missing(reference="incident:42", by=commander, key="m1")
    assert [(row.item, row.quantity) for row in result.issued] == [("GEN30", 2)]
    assert [(row.item, row.missing) for row in result.shortages] == [("RADIO", 1)]
    assert ops.issue_missing(reference="incident:42", by=commander, key="m1") == result
    ops.receive(item="RADIO", warehouse="W01", quantity=1, by=hand, key="k2")
    assert ops.issue_missing(reference="incident:42", by=commander, key="m2").complete
    with pytest.raises(ops.NothingMissing):
        ops.issue_missing(reference="incident:42", by=commander, key="m3")
    assert [(line.asked, line.issued, line.missing) for line in queries.supplies_of("incident:42")] == [
        (5, 5, 0),
        (1, 1, 0),
    ]


def test_it_lists_shortages_emptiest_first(stock):
    stock("GEN30", 1, par=2)
    stock("RADIO", 1, par=20)
    stock("PUMP", 4, par=4)
    rows = queries.shortages(["W01"])
    assert [(row.item.code, row.missing) for row in rows] == [("RADIO", Decimal(19)), ("GEN30", Decimal(1))]
    assert queries.shortages(["W02"]) == []
