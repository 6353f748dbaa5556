"""Drill time and real time, as arithmetic."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidents.timemap import BadFactor, TimeMap

ORIGIN = datetime(2026, 2, 28, 23, 0, tzinfo=UTC)
calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
factors = st.floats(0.5, 5000)
steps = st.lists(st.tuples(st.floats(0.1, 5000), factors), max_size=5)


def build(first, changes):
    times, at = TimeMap.start(ORIGIN, first), 0.0
    for wait, factor in changes:
        at += wait
        times = times.changed(ORIGIN + timedelta(seconds=at), factor)
    return times


def test_a_real_incident_runs_at_one():
    times = TimeMap.from_json({})
    assert times.due(ORIGIN, 30) == ORIGIN + timedelta(minutes=30)
    assert times.between(ORIGIN, ORIGIN + timedelta(hours=2)) == timedelta(hours=2)
    assert times.to_json() == {}


def test_thirty_minutes_are_thirty_seconds_at_sixty_times():
    times = TimeMap.start(ORIGIN, 60)
    assert times.due(ORIGIN, 30) == ORIGIN + timedelta(seconds=30)
    faster = times.changed(ORIGIN + timedelta(seconds=10), 600)
    assert faster.due(ORIGIN, 30) == ORIGIN + timedelta(seconds=12)
    assert faster.due(ORIGIN, 10) == ORIGIN + timedelta(seconds=10)


@calm
@given(factors, steps, st.floats(0, 10**7))
def test_real_and_drill_time_are_inverse(first, changes, drill):
    times = build(first, changes)
    assert times.drill_seconds(times.real_moment(drill)) == pytest.approx(drill, rel=1e-6, abs=0.02)


@calm
@given(factors, steps, st.floats(0, 10**5), st.floats(0, 10**5))
def test_later_is_later(first, changes, one, other):
    times = build(first, changes)
    early, late = sorted([one, other])
    assert times.due(ORIGIN, early) <= times.due(ORIGIN, late)


@calm
@given(factors, steps)
def test_json_keeps_it(first, changes):
    times = build(first, changes)
    assert TimeMap.from_json(times.to_json()) == times


@calm
@given(factors, steps, st.floats(0, 5000), factors)
def test_a_change_leaves_the_past_alone(first, changes, at, factor):
    times = build(first, changes)
    moment = ORIGIN + timedelta(seconds=at + sum(wait for wait, _factor in changes))
    assert times.changed(moment, factor).drill_seconds(moment) == pytest.approx(times.drill_seconds(moment), rel=1e-9)


@pytest.mark.parametrize("factor", [0, -1, float("nan"), float("inf"), 200_000])
def test_it_refuses_a_factor_that_cannot_be(factor):
    with pytest.raises(BadFactor):
        TimeMap.start(ORIGIN, factor)
