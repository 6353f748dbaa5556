"""The weighted checklist."""

import pytest

from drills.scoring import EXCELLENT, FAIR, GOOD, POOR, Item, score


def items(*marks, critical=()):
    return [Item(str(number), 10, mark, critical=number in critical) for number, mark in enumerate(marks)]


@pytest.mark.parametrize(
    ("passed", "grade"), [(10, EXCELLENT), (9, EXCELLENT), (8, GOOD), (7, FAIR), (6, POOR), (0, POOR)]
)
def test_it_grades_by_the_weight_of_what_passed(passed, grade):
    found = score(items(*[True] * passed, *[False] * (10 - passed)))
    assert (found.points, found.grade, found.passed) == (passed * 10, grade, grade != POOR)


def test_it_does_not_count_what_could_not_be_observed():
    assert score(items(True, None, None)).points == 100
    assert score(items(None)) is None
    assert score([]) is None


def test_it_is_poor_when_a_critical_item_failed():
    found = score(items(*[True] * 9, False, critical={9}))
    assert (found.points, found.grade, found.passed) == (90, POOR, False)
