"""What the network can take on a day, and what threatens it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from accounts.holidays import day_off
from dispatch.models import Lane, WorkCalendar
from dispatch.queries.network import rows

# %(day)s: date, %(resting)s: calendars that rest on it. A lane without a limit has NULL.
LANE_ROOMS = """
SELECT r.lane_id, CASE WHEN rests THEN 0 ELSE r.guaranteed END AS guaranteed,
    CASE WHEN rests THEN 0 ELSE r.surge END AS surge, r.surge_price, r.contract
FROM dispatch_lane_rooms(%(day)s::date) r JOIN dispatch_lane l ON l.id = r.lane_id
JOIN dispatch_carrier c ON c.code = l.carrier_id
CROSS JOIN LATERAL (
    SELECT coalesce(l.calendar_id, c.calendar_id) IS NOT NULL
        AND coalesce(l.calendar_id, c.calendar_id) = ANY(%(resting)s::varchar[]) AS rests
) calendar
"""
WAREHOUSE_ROOMS = "SELECT warehouse_id, room FROM dispatch_warehouse_rooms(%(exercise)s::bigint)"
LANE_RISKS = "SELECT lane_id, risk FROM dispatch_lane_risks(%(exercise)s::bigint)"


@dataclass(frozen=True)
class Room:
    """Orders a day that a lane takes: `guaranteed` at its own rates (None: no limit), then `surge` at `surge_price`
    CNY more each. `contract` is the number of the contract that covers it, blank when none does."""

    guaranteed: int | None
    surge: int
    surge_price: Decimal
    contract: str

    @property
    def total(self) -> int | None:
        return None if self.guaranteed is None else self.guaranteed + self.surge


def runs_on(calendar: WorkCalendar, day: date) -> bool:
    """Whether what has this calendar runs on that day."""
    for exception in calendar.days.all():
        if exception.day == day:
            return exception.works
    if calendar.holidays_off:
        # A Saturday worked in lieu is a working day, whatever the weekdays say; a statutory day off is none.
        usual = day.isoweekday() <= 5
        if day_off(day, {}) == usual:
            return not usual
    return day.isoweekday() in calendar.weekdays


def resting_calendars(day: date) -> list[str]:
    """Codes of the calendars that rest on that day."""
    found = WorkCalendar.objects.prefetch_related("days")
    return [calendar.code for calendar in found if not runs_on(calendar, day)]


def lane_rooms(day: date, lanes: Sequence[int] | None = None) -> dict[int, Room]:
    """What each lane, or each of these, takes on that day by its capacity, its carrier's contract and its calendar;
    retired ones left out. Closures are another matter."""
    named = "" if lanes is None else "WHERE r.lane_id = ANY(%(lanes)s::bigint[])"
    found = rows(f"{LANE_ROOMS} {named}", day=day, resting=resting_calendars(day), lanes=lanes)
    return {lane: Room(own, extra, price, contract or "") for lane, own, extra, price, contract in found}


def lane_risks(exercise: int | None = None) -> dict[int, float]:
    """How risky each lane is now, 0…1: its own risk or the worst of what threatens the regions it touches."""
    return dict(rows(LANE_RISKS, exercise=exercise))


def warehouse_rooms(exercise: int | None = None) -> dict[str, int]:
    """Orders a day that each warehouse takes now, were nothing closed; an opened one its opening's throughput."""
    return dict(rows(WAREHOUSE_ROOMS, exercise=exercise))


def resting_lanes(day: date) -> set[int]:
    """Ids of the lanes that do not run on that day by their calendar, or their carrier's when they have none."""
    resting = resting_calendars(day)
    own = Lane.objects.filter(calendar__in=resting)
    carriers = Lane.objects.filter(calendar=None, carrier__calendar__in=resting)
    return set(own.union(carriers).values_list("pk", flat=True))
