"""The arithmetic of rotations."""

import itertools
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.holidays import day_off, holiday_name, judge, known_years
from accounts.rotating import Piece, Shape, from_now_on, turns

SHANGHAI = "Asia/Shanghai"


def shape(**parts):
    return Shape(
        **{
            "people": (1, 2, 3),
            "length": 7,
            "in_days": True,
            "hand_over": time(8),
            "zone": SHANGHAI,
            "first_day": date(2026, 1, 5),
            **parts,
        }
    )


def at(day: date, hour: int = 0) -> datetime:
    """08:00 in Shanghai is midnight UTC."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


@settings(max_examples=60)
@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=5),
    st.sampled_from([(1, True), (7, True), (31, True), (1, False), (8, False), (40, False)]),
    st.integers(0, 400),
    st.sampled_from([SHANGHAI, "America/New_York"]),
    st.sampled_from([(), (10,), (10, 11)]),
)
def test_every_moment_belongs_to_exactly_one_person(people, turn, offset, zone, rest):
    rotation = shape(people=tuple(people), length=turn[0], in_days=turn[1], zone=zone, rest_people=rest)
    since = at(date(2026, 1, 6)) + timedelta(days=offset)
    until = since + timedelta(days=30)
    found = turns(rotation, since, until, judge("weekends", {}))
    assert found[0].starts_at <= since
    assert found[-1].ends_at >= until
    assert all(first.ends_at == second.starts_at for first, second in itertools.pairwise(found))


@settings(max_examples=30)
@given(st.integers(0, 60), st.integers(1, 50))
def test_the_same_turns_whatever_window_is_asked(start, days):
    """Eight weeks made at once and day by day are the same."""
    rotation = shape(rest_people=(8, 9))
    whole = turns(rotation, at(date(2026, 1, 5)), at(date(2026, 6, 1)), judge("holidays", {}))
    since = at(date(2026, 1, 6)) + timedelta(days=start)
    part = turns(rotation, since, since + timedelta(days=days), judge("holidays", {}))
    assert set(part) <= set(whole)


def test_a_leap_day_is_a_day_like_others():
    rotation = shape(length=1, first_day=date(2028, 2, 28))
    found = turns(rotation, at(date(2028, 2, 28)), at(date(2028, 3, 2)), judge("same", {}))
    assert [piece.user_id for piece in found] == [1, 2, 3]
    assert found[1].starts_at == at(date(2028, 2, 29))


def test_turns_in_days_keep_their_hour_when_a_zone_changes_its_clock():
    rotation = shape(zone="America/New_York", length=1, first_day=date(2026, 3, 6))
    found = turns(rotation, at(date(2026, 3, 6), 13), at(date(2026, 3, 10), 13), judge("same", {}))
    assert {piece.starts_at.hour for piece in found} == {12, 13}


def test_the_last_day_ends_it():
    rotation = shape(last_day=date(2026, 1, 14))
    found = turns(rotation, at(date(2026, 1, 5)), at(date(2026, 3, 1)), judge("same", {}))
    assert found[-1] == Piece(2, at(date(2026, 1, 12)), at(date(2026, 1, 15)))


def test_others_hold_the_days_off():
    rotation = shape(rest_people=(8, 9))
    found = turns(rotation, at(date(2026, 1, 5)), at(date(2026, 1, 19)), judge("weekends", {}))
    weekend = Piece(8, at(date(2026, 1, 10)), at(date(2026, 1, 12)))
    assert weekend in found
    assert Piece(1, at(date(2026, 1, 5)), at(date(2026, 1, 10))) in found
    assert Piece(9, at(date(2026, 1, 17)), at(date(2026, 1, 19))) in found


def test_the_statutory_calendar_knows_holidays_and_moved_working_days():
    assert day_off(date(2026, 10, 1), {})
    assert holiday_name(date(2026, 10, 1)) == ("国庆节", "National Day")
    assert not day_off(date(2026, 10, 10), {}), "a Saturday on which people work"
    assert day_off(date(2026, 10, 10), {date(2026, 10, 10): True}), "the house's own word goes first"
    assert 2026 in known_years()


def test_an_unknown_year_is_judged_by_its_weekdays():
    year = known_years()[-1] + 1
    monday = next(day for day in (date(year, 10, n) for n in range(1, 8)) if day.weekday() == 0)
    assert not day_off(monday, {})
    assert day_off(monday + timedelta(days=5), {})
    assert holiday_name(monday) == ("", "")


def test_what_goes_before_a_rotation_cuts_it():
    piece = Piece(1, at(date(2026, 1, 5)), at(date(2026, 1, 12)))
    taken = [(at(date(2026, 1, 8)), at(date(2026, 1, 9)))]
    left = from_now_on([piece], taken, at(date(2026, 1, 6)))
    assert left == [
        Piece(1, at(date(2026, 1, 6)), at(date(2026, 1, 8))),
        Piece(1, at(date(2026, 1, 9)), at(date(2026, 1, 12))),
    ]
