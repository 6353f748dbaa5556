"""The forecast's arithmetic: bounds, conservation, honesty."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from dispatch.forecast import (
    RECOVERED,
    WEEK,
    Situation,
    back_test,
    demand,
    level,
    normal,
    normal_before,
    project,
    recovery,
    ways,
)

quick = settings(max_examples=60, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate], derandomize=True)
HOURS = 96


def week_of(seed: int = 1) -> np.ndarray:
    hour = np.arange(WEEK)
    return 1000 + 400 * np.sin(hour / 24 * 2 * np.pi) + 50 * (hour // 24) + seed


def weeks(count: int, noise: float = 0.0, seed: int = 7) -> np.ndarray:
    chance = np.random.default_rng(seed)
    return np.tile(week_of(), count) * np.exp(chance.normal(0, noise, count * WEEK))


def all_of(history: np.ndarray) -> np.ndarray:
    return np.ones(len(history), np.bool_)


def test_a_regular_week_is_forecast_exactly():
    history = weeks(5)
    assert demand(history, all_of(history), 200) == pytest.approx(np.tile(week_of(), 2)[:200])
    assert normal_before(history, all_of(history))[3 * WEEK :] == pytest.approx(np.tile(week_of(), 2))


def test_too_little_history_says_so():
    history = weeks(1)
    assert np.isnan(normal(history, all_of(history), 48)).all()
    assert back_test(history, all_of(history)) is None
    assert level(history, all_of(history)) == 1.0


def test_unusable_hours_do_not_count():
    """A promotion three times as strong leaves the forecast as it was."""
    history = weeks(6)
    usable = all_of(history)
    history[4 * WEEK : 4 * WEEK + 48] *= 3
    usable[4 * WEEK : 4 * WEEK + 48] = False
    assert demand(history, usable, WEEK) == pytest.approx(week_of())


def test_the_median_beats_the_same_hour_of_last_week_on_a_noisy_past():
    history = weeks(9, noise=0.1)
    found = back_test(history, all_of(history))
    assert found is not None
    assert found.hours > 28 * 24
    assert found.error < found.naive
    assert 0.05 < found.error < 0.12


def test_a_lasting_rise_is_half_believed():
    history = weeks(6)
    history[5 * WEEK :] *= 1.2
    assert level(history, all_of(history)) == pytest.approx(1.1)


situations = st.builds(
    lambda start, now, lost, applied, routable, lag, capacity, reopened: Situation(
        start=start,
        now=start + now,
        lost=lost,
        applied=None if applied is None else start + applied,
        routable=routable,
        lag=lag,
        capacity=capacity,
        reopened=None if reopened is None else start + reopened,
    ),
    st.integers(0, 20),
    st.integers(0, 30),
    st.floats(0, 1),
    st.none() | st.integers(0, 40),
    st.floats(0, 1),
    st.floats(0, 24),
    st.sampled_from([12_000.0, 24_000.0, 30_000.0, np.inf]),
    st.none() | st.integers(0, 60),
)


def arrays(situation: Situation, seed: int) -> tuple[np.ndarray, np.ndarray]:
    wanted = np.tile(week_of(), 1)[:HOURS]
    actual = np.full(HOURS, np.nan)
    chance = np.random.default_rng(seed)
    actual[: situation.now] = wanted[: situation.now] * chance.uniform(0.2, 1.1, situation.now)
    return wanted, actual


@given(situations, st.integers(0, 99))
@quick
def test_no_order_appears_or_vanishes(situation, seed):
    wanted, actual = arrays(situation, seed)
    found = project(wanted, wanted, actual, situation)
    assert (found.served >= 0).all()
    assert (found.backlog >= -1e-6).all()
    assert (found.stuck <= found.backlog + 1e-6).all()
    before = found.backlog[situation.now - 1] if situation.now > situation.start else 0.0
    ahead = slice(max(situation.now, situation.start), HOURS)
    came, done = wanted[ahead].sum(), found.served[ahead].sum()
    assert before + came == pytest.approx(done + found.backlog[-1])
    assert found.served[: situation.now] == pytest.approx(actual[: situation.now])
    pace = situation.capacity / 24 * wanted / wanted.mean()
    assert (found.served[ahead] <= pace[ahead] + 1e-6).all()
    assert np.array_equal(found.served, project(wanted, wanted, actual, situation).served)


@given(situations)
@quick
def test_more_ways_never_recover_later(situation):
    wanted = week_of()[:HOURS]
    unknown = np.full(HOURS, np.nan)
    better = Situation(**{**vars(situation), "routable": min(1.0, situation.routable + 0.3)})
    now = project(wanted, wanted, unknown, situation).recovered
    then = project(wanted, wanted, unknown, better).recovered
    assert now is None or (then is not None and then <= now)


@given(situations, st.integers(0, 99))
@quick
def test_recovered_means_four_fifths_held_for_two_hours(situation, seed):
    wanted, actual = arrays(situation, seed)
    found = project(wanted, wanted, actual, situation)
    share = found.served / wanted
    well = [hour for hour in range(situation.start, HOURS - 1) if min(share[hour], share[hour + 1]) >= RECOVERED - 1e-9]
    assert found.recovered == (well[0] if well else None)


def test_nothing_lost_is_nothing_changed():
    wanted = week_of()[:HOURS]
    unknown = np.full(HOURS, np.nan)
    found = project(wanted, wanted, unknown, Situation(start=10, now=10, lost=0.0))
    assert found.served == pytest.approx(wanted)
    assert (found.recovered, found.backlog.max()) == (10, 0)


def test_a_reroute_brings_it_back_and_the_backlog_is_worked_off():
    wanted = np.full(HOURS, 100.0)
    unknown = np.full(HOURS, np.nan)
    stood = Situation(start=0, now=0, lost=0.5, capacity=3_600)
    moved = Situation(start=0, now=0, lost=0.5, applied=10, routable=1.0, lag=4, capacity=3_600)
    assert project(wanted, wanted, unknown, stood).recovered is None
    found = project(wanted, wanted, unknown, moved)
    assert found.recovered == 10 or (found.recovered is not None and found.recovered <= 14)
    assert found.backlog[9] == pytest.approx(500)
    assert found.backlog[-1] == pytest.approx(0)


def test_what_is_seen_corrects_what_was_believed():
    wanted = np.full(HOURS, 100.0)
    actual = np.full(HOURS, np.nan)
    actual[:8] = 70
    found = project(wanted, wanted, actual, Situation(start=0, now=8, lost=0.5))
    assert found.lost == pytest.approx(0.3)
    assert found.served[20] == pytest.approx(70)


def test_ways_open_once_and_stay():
    share = ways(Situation(start=0, now=0, lost=1, applied=3, routable=0.5, lag=4, reopened=10), np.ones(12))
    assert share[:3].max() == 0
    assert list(share[3:7]) == pytest.approx([0.125, 0.25, 0.375, 0.5])
    assert list(share[10:]) == [1, 1]
    assert recovery(np.array([0.0, 80, 80]), np.array([100.0, 100, 100]), 0) == 1
