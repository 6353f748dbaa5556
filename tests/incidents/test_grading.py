"""The severity matrix, as arithmetic."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidents.defaults.rules import INDICATORS
from incidents.grading import BadIndicator, Row, grade

MATRIX = [
    Row(code, unit, {level: Decimal(limit) for level, limit in limits.items()}, name_en)
    for code, _group, _name, name_en, unit, _measured, limits in INDICATORS
]
figures = st.dictionaries(
    st.sampled_from([row.code for row in MATRIX]),
    st.one_of(st.none(), st.integers(0, 10**9), st.sampled_from([0.019, 0.05, 0.151, 0.3])),
)

calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(
    ("known", "level", "indicator"),
    [
        ({}, 4, None),
        ({"lane_share": 0.0199}, 4, None),
        ({"lane_share": 0.02}, 4, "lane_share"),
        ({"lane_share": 0.17}, 2, "lane_share"),
        ({"cities": 3}, 2, "cities"),
        ({"provinces": 2}, 1, "provinces"),
        ({"outage_it": 30, "order_share": 0.01}, 3, "outage_it"),
        ({"deaths": 1, "loss": 20_000_000}, 1, "loss"),
        ({"hospitalised": 1, "deaths": None}, 4, "hospitalised"),
    ],
)
def test_it_grades_by_the_highest_indicator(known, level, indicator):
    result = grade(MATRIX, known)
    assert (result.level, result.indicator) == (level, indicator)


def test_it_says_what_decided():
    assert grade(MATRIX, {"lane_share": 0.17, "cities": 1}).sentence == "Ⅱ: active lanes blocked 17 % ≥ 15 %"
    assert grade(MATRIX, {"loss": 612_000}).sentence == "Ⅲ: direct loss ¥612,000 ≥ ¥500,000"


@pytest.mark.parametrize("value", ["many", -1, True, float("nan"), float("inf"), [1], 1e30])
def test_it_refuses_what_is_no_figure(value):
    with pytest.raises(BadIndicator):
        grade(MATRIX, {"cities": value})


def test_it_refuses_an_unknown_indicator():
    with pytest.raises(BadIndicator, match="moons"):
        grade(MATRIX, {"moons": 1})


@calm
@given(figures, figures)
def test_knowing_more_never_makes_it_milder(known, more):
    both = {**known, **{code: value for code, value in more.items() if known.get(code) is None}}
    assert grade(MATRIX, both).level <= grade(MATRIX, known).level


@calm
@given(figures, st.sampled_from([row.code for row in MATRIX]), st.integers(0, 10**6))
def test_a_worse_figure_never_makes_it_milder(known, code, more):
    value = known.get(code) or 0
    assert grade(MATRIX, {**known, code: value + more}).level <= grade(MATRIX, {**known, code: value}).level


@calm
@given(figures)
def test_the_indicator_named_reaches_its_threshold(known):
    result = grade(MATRIX, known)
    if result.indicator is not None:
        assert result.value >= result.threshold
        assert next(row for row in MATRIX if row.code == result.indicator).at_least[result.level] == result.threshold
