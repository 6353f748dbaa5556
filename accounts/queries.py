"""Reads of accounts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from accounts.models import Channel, ContactPoint, Duty, User


def on_duty(*, post: str, at: datetime, region_code: str = "") -> list[User]:
    """Who holds `post` at that moment: primary first, then the alternates; at most three, nobody twice.

    A roster of the region (or of the region around it) goes before the headquarters' one.
    """
    rows = Duty.objects.filter(post=post, starts_at__lte=at, ends_at__gt=at, user__is_active=True)
    rows = rows.select_related("user").order_by("rank", "id")
    wanted = [code for code in (region_code, region_code[:2], "") if code or code == ""]
    for code in dict.fromkeys(wanted):
        people = list(dict.fromkeys(row.user for row in rows if row.region_code == code))
        if people:
            return people[:3]
    return []


def addresses(user_ids: Iterable[int], channel: str) -> dict[int, str]:
    """The first address of each person on a channel; people without one are absent."""
    found: dict[int, str] = {}
    points = ContactPoint.objects.filter(user_id__in=list(user_ids), channel=channel).order_by("-rank", "-id")
    for point in points:
        found[point.user_id] = point.address
    return found


def reachable_channels(user: User) -> list[str]:
    """The channels on which a person can be reached; the in-app inbox always can."""
    return [Channel.IN_APP, *dict.fromkeys(user.contact_points.values_list("channel", flat=True))]
