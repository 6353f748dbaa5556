"""Days off in mainland China: the statutory calendar (State Council notices), with the house's own corrections."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import cache

import chinese_calendar

SATURDAY = 5


@cache
def known_years() -> range:
    """The years that the installed calendar covers. A coming year is announced in the November before it."""
    years = {day.year for day in chinese_calendar.holidays}
    return range(min(years), max(years) + 1)


def day_off(day: date, own: Mapping[date, bool]) -> bool:
    """Whether nobody regularly works: the house's word first, then the statutory calendar. A day of a year that the
    calendar does not know is judged by its weekday alone."""
    if day in own:
        return own[day]
    if day.year in known_years():
        return bool(chinese_calendar.is_holiday(day))
    return weekend(day, own)


def weekend(day: date, own: Mapping[date, bool]) -> bool:
    return day.weekday() >= SATURDAY


def judge(handling: str, own: Mapping[date, bool]) -> Callable[[date], bool]:
    """The question that a rotation asks of a day, by its handling ("same", "weekends", "holidays")."""
    if handling == "holidays":
        return lambda day: day_off(day, own)
    if handling == "weekends":
        return lambda day: weekend(day, own)
    return lambda day: False


def holiday_name(day: date) -> tuple[str, str]:
    """A statutory holiday's Chinese and English name; blank for other days and unknown years."""
    if day.year not in known_years():
        return "", ""
    _rests, name = chinese_calendar.get_holiday_detail(day)
    if not name:
        return "", ""
    try:
        holiday = chinese_calendar.Holiday(name)
    except ValueError:
        return "", ""
    return holiday.chinese, holiday.value
