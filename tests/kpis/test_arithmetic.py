"""The definitions of the figures, each on a handful of numbers one can check by hand."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpis.arithmetic import CurvePoint, lapse, lowest, mean, middle, muster_rate, share, time_to_recover, within

START = datetime(2026, 8, 9, 22, tzinfo=UTC)


def curve(*shares, first=START):
    return [CurvePoint(first + timedelta(hours=n), round(value * 1000), 1000.0) for n, value in enumerate(shares)]


def minutes(number):
    return timedelta(minutes=number)


def hours(number):
    return timedelta(hours=number)


def test_it_has_no_share_of_nothing():
    assert share(3, 0) is None
    assert share(3, None) is None
    assert share(3, 4) == 0.75


def test_it_has_no_lapse_to_what_did_not_happen():
    assert lapse(START, None) is None
    assert lapse(None, START) is None
    assert lapse(START, START + minutes(28)) == minutes(28)


@pytest.mark.parametrize(("duration", "kept"), [(None, None), (minutes(30), True), (minutes(31), False)])
def test_it_counts_the_target_itself_as_kept(duration, kept):
    assert within(duration, minutes(30)) is kept


def test_it_counts_those_who_never_came_as_called():
    assert muster_rate([minutes(4), minutes(15), minutes(16), None], minutes(15)) == 0.5
    assert muster_rate([], minutes(15)) is None


def test_it_takes_means_over_what_is_known():
    assert mean([minutes(2), None, minutes(4)]) == minutes(3)
    assert middle([minutes(2), minutes(9), minutes(4)]) == minutes(4)
    assert mean([None]) is None
    assert middle([]) is None


def test_it_finds_the_first_hour_of_two_at_eighty_percent():
    assert time_to_recover(curve(0.4, 0.5, 0.82, 0.6, 0.8, 0.9, 0.95), START) == hours(4)


def test_it_has_not_recovered_when_the_second_hour_is_still_missing():
    assert time_to_recover(curve(0.4, 0.9), START) is None


def test_it_does_not_bridge_a_gap_in_the_figures():
    points = [*curve(0.4, 0.9), *curve(0.9, 0.9, first=START + hours(5))]
    assert time_to_recover(points, START) == hours(5)


def test_it_treats_an_hour_without_baseline_as_unknown_not_as_recovered():
    points = curve(0.4, 0.9, 0.9)
    points[1] = CurvePoint(points[1].hour, 900, None)
    assert time_to_recover(points, START) is None


def test_it_ignores_what_was_before_the_response():
    assert time_to_recover(curve(1, 1, 0.5, 0.9, 0.9), START + hours(2)) == hours(1)


def test_it_needs_no_time_when_it_never_fell():
    assert time_to_recover(curve(1, 1, 1), START + minutes(20)) == timedelta()
    assert time_to_recover([], START) is None


def test_it_does_not_take_the_hours_before_the_fall_for_recovery():
    assert time_to_recover(curve(1, 0.9, 0.5, 0.6, 0.9, 0.9), START) == hours(4)
    assert time_to_recover(curve(1, 0.9, 0.5), START) is None


def test_it_finds_the_lowest_share():
    assert lowest(curve(0.9, 0.31, 0.5)) == pytest.approx(0.31)
    assert lowest([]) is None


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.floats(0, 1.5), max_size=60))
def test_it_recovers_only_where_two_hours_in_a_row_hold(shares):
    points = curve(*shares)
    found = time_to_recover(points, START)
    if found is None:
        held = [point.share >= 0.8 for point in points]
        held = held[held.index(False) :] if False in held else []
        assert not any(one and two for one, two in pairwise(held))
    elif found or min(shares) < 0.8:
        at = int(found / timedelta(hours=1))
        assert points[at].share >= 0.8
        assert points[at + 1].share >= 0.8
