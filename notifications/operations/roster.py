"""Telling those in charge a week ahead that nobody will be on duty."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from datetime import datetime

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation

from accounts.actors import CLOCK
from accounts.models import Channel, RosterGap, RosterWatch, User
from accounts.operations import next_morning
from accounts.queries import Gap, addresses, coming_gaps, on_duty
from accounts.roles import GRANTS, Permission, Post
from journal import operations as journal
from journal.clock import now
from journal.refusal import Refusal
from notifications.operations.messages import queue_message

log = structlog.get_logger()

LISTED = 6
MOST_TOLD = 20


@transaction.atomic
def warn_of_roster_gaps() -> int:
    """Once a morning, tell who manages the roster and who is duty officer of times within a week when a required post
    has no primary: one message a person and channel, and each gap once, however it moves or grows.

    Journals roster.gaps_found when there is a new one. Returns 1 when it was time to look, else 0.
    """
    moment = now()
    watch = RosterWatch.objects.select_for_update(skip_locked=True).filter(pk=1, look_at__lte=moment).first()
    if watch is None:
        return 0
    watch.look_at = next_morning(moment)
    watch.save(update_fields=["look_at"])
    new = [gap for gap in coming_gaps(moment) if not told(gap)]
    if new:
        RosterGap.objects.bulk_create(
            RosterGap(
                post=gap.post,
                region_code=gap.region_code,
                starts_at=gap.starts_at,
                ends_at=gap.ends_at,
                told_at=moment,
            )
            for gap in new
        )
        people = in_charge(moment)
        day = f"{timezone.localtime(moment, zoneinfo.ZoneInfo(settings.TIME_ZONE)):%Y%m%d}"
        for user in people:
            tell(user, new, key=f"roster-gaps:{day}")
        payload = {
            "count": len(new),
            "posts": sorted({f"post:{gap.post}" for gap in new}),
            "told": [f"user:{user.pk}" for user in people],
        }
        journal.write(kind="roster.gaps_found", subject="roster", by=CLOCK, payload=payload)
    return 1


def told(gap: Gap) -> bool:
    """Whether people were told of this gap, or of a part of it, before."""
    known = RosterGap.objects.filter(
        post=gap.post, region_code=gap.region_code, starts_at__lte=gap.ends_at, ends_at__gte=gap.starts_at
    ).first()
    if known is None:
        return False
    if gap.ends_at > known.ends_at:
        RosterGap.objects.filter(pk=known.pk).update(ends_at=gap.ends_at)
    return True


def in_charge(moment: datetime) -> list[User]:
    """Who may change the roster, and the duty officer; nobody twice."""
    roles = [role for role, permissions in GRANTS.items() if Permission.MANAGE_ACCOUNTS in permissions]
    managers = User.objects.filter(Q(grants__role__in=roles) | Q(is_superuser=True), is_active=True).distinct()
    officers = on_duty(post=Post.DUTY_OFFICER, at=moment)[:1]
    return list(dict.fromkeys([*officers, *managers.order_by("id")[:MOST_TOLD]]))


def tell(user: User, gaps: Sequence[Gap], *, key: str) -> None:
    for channel in (Channel.IN_APP, Channel.EMAIL):
        destination = str(user.pk) if channel == Channel.IN_APP else addresses([user.pk], channel).get(user.pk)
        if not destination:
            continue
        with translation.override(user.language):
            variables = {
                "count": len(gaps),
                "gaps": listed(gaps, zone_of(user)),
                "url": f"{settings.PUBLIC_URL}/roster/",
            }
        try:
            queue_message(
                template="roster_gap",
                channel=channel,
                language=user.language,
                destination=destination,
                variables=variables,
                key=f"{key}:{user.pk}:{channel}",
                by=CLOCK,
                user_id=user.pk,
                urgent=False,
            )
        except Refusal as refusal:
            log.warning("message refused", template="roster_gap", channel=channel, reason=str(refusal))


def listed(gaps: Sequence[Gap], zone: zoneinfo.ZoneInfo) -> str:
    """ "安全官 11-23 08:00 – 11-24 08:00；…", in the active language and that zone."""

    def shown(at: datetime) -> str:
        return f"{timezone.localtime(at, zone):%m-%d %H:%M}"

    texts = [
        f"{gap.label}{f' ({gap.region_code})' if gap.region_code else ''} {shown(gap.starts_at)} – {shown(gap.ends_at)}"
        for gap in gaps[:LISTED]
    ]
    return "; ".join(texts) + (" …" if len(gaps) > LISTED else "")


def zone_of(user: User) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(user.time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo(settings.TIME_ZONE)
