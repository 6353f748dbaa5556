"""How many messages fit into sliding windows of time. Pure.

A provider counts a message when it arrives, some time between the beginning and the end of our call. So a call counts
from its beginning until its end plus the window: then no window of the provider's, wherever it is laid, holds more than
the limit. While a call is under way its end is taken for the latest it can be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)


@dataclass(frozen=True)
class Window:
    """At most `most` messages in any span of this `length`."""

    length: timedelta
    most: int


@dataclass(frozen=True)
class Use:
    """A call that carried `count` messages and was over at `until`."""

    until: datetime
    count: int


def windows(per_second: int | None, per_minute: int | None) -> list[Window]:
    found = ((SECOND, per_second), (MINUTE, per_minute))
    return [Window(length, most) for length, most in found if most]


def room(uses: Iterable[Use], limits: Sequence[Window], moment: datetime) -> int:
    """How many messages may leave at `moment`; `limits` must hold at least one."""
    known = list(uses)
    return max(
        0,
        min(limit.most - sum(use.count for use in known if use.until + limit.length > moment) for limit in limits),
    )


def room_at(uses: Iterable[Use], limits: Sequence[Window], moment: datetime, wanted: int = 1) -> datetime:
    """The first moment, not before `moment`, at which `wanted` messages may leave, if nothing else leaves until then.

    More than a window ever takes is asked of it as what it takes at most.
    """
    known = sorted(uses, key=lambda use: use.until)
    found = moment
    for limit in limits:
        free = limit.most - sum(use.count for use in known if use.until + limit.length > moment)
        for use in known:
            end = use.until + limit.length
            if free >= min(wanted, limit.most):
                break
            if end > moment:
                free += use.count
                found = max(found, end)
    return found


def quiet_until(moment: datetime, start: time, end: time) -> datetime | None:
    """When quiet hours from `start` to `end` (over midnight, if `end` is earlier) are over, in `moment`'s zone; None
    outside of them."""
    clock = moment.time().replace(tzinfo=None)
    inside = start <= clock < end if start < end else clock >= start or clock < end
    if not inside:
        return None
    day = moment.date() + (timedelta(days=1) if clock >= end else timedelta())
    return datetime.combine(day, end, tzinfo=moment.tzinfo)
