"""Telling those in charge a week ahead that nobody will be on duty."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.actors import CLOCK
from accounts.models import Channel, RosterGap, RosterWatch, User
from accounts.operations import next_morning
from accounts.queries import Gap, able, coming_gaps, on_duty, zone_of
from accounts.roles import Permission, Post
from journal import operations as journal
from journal.clock import now
from notifications.operations.telling import tell_people

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
        tell_people(
            people,
            template="roster_gap",
            variables={
                "count": len(new),
                "gaps": lambda user: listed(new, zone_of(user)),
                "url": f"{settings.PUBLIC_URL}/roster/",
            },
            channels=[Channel.IN_APP, Channel.EMAIL],
            key=f"roster-gaps:{day}",
            by=CLOCK,
            urgent=False,
        )
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
    officers = on_duty(post=Post.DUTY_OFFICER, at=moment)[:1]
    return list(dict.fromkeys([*officers, *able(Permission.MANAGE_ACCOUNTS)[:MOST_TOLD]]))


def listed(gaps: Sequence[Gap], zone: zoneinfo.ZoneInfo) -> str:
    """ "安全官 11-23 08:00 – 11-24 08:00；…", in the active language and that zone."""

    def shown(at: datetime) -> str:
        return f"{timezone.localtime(at, zone):%m-%d %H:%M}"

    texts = [
        f"{gap.label}{f' ({gap.region_code})' if gap.region_code else ''} {shown(gap.starts_at)} – {shown(gap.ends_at)}"
        for gap in gaps[:LISTED]
    ]
    return "; ".join(texts) + (" …" if len(gaps) > LISTED else "")
