"""People and how they are reached."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable

from django.conf import settings
from django.db.models import Q, QuerySet

from accounts.models import Channel, ContactPoint, User
from accounts.roles import GRANTS, Permission


def able(permission: Permission, *, region_code: str = "") -> QuerySet[User]:
    """Everybody active whose roles grant a permission in that region, without one anywhere; the oldest account first,
    superusers among them."""
    roles = [role for role, permissions in GRANTS.items() if permission in permissions]
    granted = Q(grants__role__in=roles)
    if region_code:
        granted &= Q(grants__region_code__in=["", *(region_code[:digits] for digits in (2, 4, 6))])
    return User.objects.filter(granted | Q(is_superuser=True), is_active=True).distinct().order_by("id")


def zone_of(user: User) -> zoneinfo.ZoneInfo:
    """That person's time zone; the organisation's when theirs is unknown."""
    try:
        return zoneinfo.ZoneInfo(user.time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo(settings.TIME_ZONE)


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


def people(words: str = "", *, role: str = "", inactive: bool = False) -> QuerySet[User]:
    """Staff whose name, number, title or user name holds `words`; active ones unless `inactive`."""
    found = User.objects.filter(is_active=not inactive).prefetch_related("grants", "contact_points")
    if role:
        found = found.filter(grants__role=role).distinct()
    for word in words.split():
        found = found.filter(
            Q(name__icontains=word)
            | Q(name_en__icontains=word)
            | Q(staff_no__icontains=word)
            | Q(job_title__icontains=word)
            | Q(username__icontains=word)
        )
    return found.order_by("staff_no", "username")
