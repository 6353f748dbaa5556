"""Whom notices wrote to lately: what the cap of a day and "told of another matter" count.

A notice counts on the day it is let go: not on that of its launch where quiet hours hold it past midnight or a province
comes later. What a provider's own quiet hours or a pause then hold up counts on that same day.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Coalesce

from customers.models import NoticeWave, WaveKind

# A further try of a notice is no other notice.
FIRST = [WaveKind.ALL, WaveKind.ZONE]

# The people r of the notices n with one of the %(waves)s. What a cancelled notice never sent does not count.
WRITTEN_TO = """
    FROM customers_noticewave w
    JOIN customers_noticerun n ON n.id = w.notice_id
    JOIN customers_noticerecipient r ON r.notice_id = n.id AND r.channel <> '' AND (w.kind = 'all' OR r.zone = w.zone)
    WHERE w.id = ANY(%(waves)s) AND NOT (n.state = 'cancelled' AND NOT EXISTS (SELECT FROM notifications_message m
        WHERE m.key = 'notice:' || r.id AND m.state NOT IN ('queued', 'cancelled')))
"""


def waves_since(moment: datetime, exercise: int | None, *, before: NoticeWave | None = None) -> list[int]:
    """First waves that went or go at `moment` or later; one that was not let go yet as if with its launch.

    `before`: only those of other notices that go before this one. Two that go at the same moment are in an order, so
    that one of them reaches a person.
    """
    goes_at = Coalesce("not_before", "released_at", "notice__launched_at")
    waves = NoticeWave.objects.filter(kind__in=FIRST, notice__exercise=exercise).annotate(goes_at=goes_at)
    if before is not None:
        turn = before.not_before or before.released_at
        earlier = Q(goes_at__lt=turn) | Q(goes_at=turn, notice_id__lt=before.notice_id)
        waves = waves.exclude(notice=before.notice_id).filter(earlier)
    return list(waves.filter(goes_at__gte=moment).values_list("pk", flat=True))


def midnight(moment: datetime) -> datetime:
    """When the day of a moment began, in the house's zone."""
    return moment.astimezone(ZoneInfo(settings.TIME_ZONE)).replace(hour=0, minute=0, second=0, microsecond=0)
