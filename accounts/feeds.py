"""A roster as iCalendar (RFC 5545)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import icalendar
from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import Duty
from accounts.roles import Post, rank_name

REFRESH = timedelta(hours=1)
REMINDED = timedelta(minutes=30)


def calendar_of(duties: Iterable[Duty], *, title: str, with_names: bool, place_names: dict[str, str]) -> bytes:
    """Turns as events in the active language. A turn keeps its UID however its times are changed; a person's own
    calendar reminds of a turn half an hour before."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Fenghuo//Duty roster//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", title)
    calendar.add("x-wr-timezone", settings.TIME_ZONE)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", REFRESH)
    for duty in duties:
        calendar.add_component(event_of(duty, with_names=with_names, place_names=place_names))
    return calendar.to_ical()


def event_of(duty: Duty, *, with_names: bool, place_names: dict[str, str]) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", uid_of(duty))
    # What a program shows as "changed" must not move while nothing changes.
    event.add("dtstamp", utc(duty.starts_at))
    event.add("dtstart", utc(duty.starts_at))
    event.add("dtend", utc(duty.ends_at))
    event.add("summary", summary_of(duty, with_names=with_names, place_names=place_names))
    event.add("url", f"{settings.PUBLIC_URL}/roster/")
    event.add("transp", "TRANSPARENT")
    if not with_names:
        alarm = icalendar.Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", event["summary"])
        alarm.add("trigger", -REMINDED)
        event.add_component(alarm)
    return event


def uid_of(duty: Duty) -> str:
    """The same for as long as it is the same turn: a rotation may shorten one, a swap may cut it."""
    slot = f"{duty.post}-{duty.region_code or 'hq'}-{duty.rank}"
    return f"{slot}-{duty.user_id}-{utc(duty.starts_at):%Y%m%dT%H%M%SZ}@fenghuo"


def summary_of(duty: Duty, *, with_names: bool, place_names: dict[str, str]) -> str:
    parts = [str(Post(duty.post).label)]
    if duty.region_code:
        parts.append(place_names.get(duty.region_code, duty.region_code))
    parts.append(duty.user.label if with_names else _("on duty"))
    if duty.rank:
        parts.append(rank_name(duty.rank))
    return " · ".join(parts)


def utc(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)
