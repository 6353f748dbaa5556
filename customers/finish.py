"""When a notice will be out under its gateways' limits. Pure but for reading the gateways."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F, Sum

from notifications import limits, routes
from notifications.models import Chunk, Gateway
from notifications.states import ChunkState

MOST_DAYS = 60


@dataclass(frozen=True)
class Pace:
    """What a channel's gateway takes. `per_minute` None: no limit is set. `ahead` messages wait for it already."""

    gateway: str
    per_minute: int | None
    quiet: tuple[time, time] | None
    ahead: int


def pace_of(channel: str, moment: datetime) -> Pace:
    """The channel's first gateway that can send now."""
    rows = Gateway.objects.filter(channel=channel).order_by("priority", "id")
    row = next((row for row in rows if routes.usable(row, moment)), None)
    done = F("sent") + F("delivered") + F("failed") + F("ambiguous") + F("cancelled")
    due = Chunk.objects.filter(channel=channel, state=ChunkState.DUE, drill=False)
    ahead = due.aggregate(number=Sum(F("size") - done))["number"] or 0
    if row is None:
        return Pace("", None, None, ahead)
    rates = [row.per_minute, row.per_second * 60 if row.per_second else None]
    quiet = (row.quiet_from, row.quiet_until) if row.quiet_from and row.quiet_until else None
    return Pace(row.label, min((rate for rate in rates if rate), default=None), quiet, ahead)


def finish_at(start: datetime, messages: int, pace: Pace, *, urgent: bool) -> datetime | None:
    """When so many messages are out that begin at `start`, with those ahead of them; quiet hours hold back what is not
    urgent. None without a limit: then it is as fast as the provider takes them. At most 60 days ahead."""
    if pace.per_minute is None:
        return None
    left = timedelta(minutes=-(-(messages + pace.ahead) // pace.per_minute))
    at = start.astimezone(ZoneInfo(settings.TIME_ZONE))
    last = at + timedelta(days=MOST_DAYS)
    while at < last:
        if pace.quiet is None or urgent:
            return min(at + left, last)
        at = limits.quiet_until(at, *pace.quiet) or at
        begin = at.replace(hour=pace.quiet[0].hour, minute=pace.quiet[0].minute, second=0, microsecond=0)
        if begin <= at:
            begin += timedelta(days=1)
        if at + left <= begin:
            return at + left
        left -= begin - at
        at = begin
    return last
