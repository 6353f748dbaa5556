"""The roster as a picture: a lane for each post and rank, with its turns and gaps as parts of the time shown."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max
from django.utils import timezone

from accounts.coverage import gaps
from accounts.holidays import day_off, holiday_name
from accounts.models import Duty
from accounts.naming import in_language
from accounts.queries.rotations import own_days
from accounts.roles import Post


@dataclass(frozen=True)
class Segment:
    """A part of a lane: somebody's turn, or (without a duty) time that nobody holds. Places are in percent."""

    starts_at: datetime
    ends_at: datetime
    left: float
    width: float
    duty: Duty | None = None
    colour: int = 0
    over: bool = False

    @property
    def gap(self) -> bool:
        return self.duty is None


@dataclass(frozen=True)
class Lane:
    post: str
    label: str
    region_code: str
    rank: int
    segments: list[Segment]

    @property
    def has_gap(self) -> bool:
        return any(segment.gap and not segment.over for segment in self.segments)


@dataclass(frozen=True)
class Day:
    """A day's heading. `off` on days when nobody regularly works; `holiday` is the holiday's name."""

    starts_at: datetime
    left: float
    width: float
    off: bool
    holiday: str
    today: bool


def roster_days(since: datetime, days: int, at: datetime) -> list[Day]:
    """Days from `since` (a midnight of the reader's zone) as parts of the whole."""
    begins = [since + timedelta(days=number) for number in range(days + 1)]
    own, today = own_days(), timezone.localtime(at).date()
    found = []
    for start, end in itertools.pairwise(begins):
        day = start.date()
        left, width = part(start, end, begins[0], begins[-1])
        found.append(Day(start, left, width, day_off(day, own), in_language(*holiday_name(day)), day == today))
    return found


def part(start: datetime, end: datetime, since: datetime, until: datetime) -> tuple[float, float]:
    whole = (until - since).total_seconds()
    return (
        round(100 * (start - since).total_seconds() / whole, 3),
        round(100 * (end - start).total_seconds() / whole, 3),
    )


def roster_lanes(since: datetime, days: int, at: datetime, *, region_code: str = "", rank: int = 0) -> list[Lane]:
    """Turns of a rank between `since` and some days later, by post, in two queries.

    Of a region only the posts it rosters itself are shown; the headquarters must cover every post.
    """
    until = since + timedelta(days=days)
    rows = Duty.objects.filter(region_code=region_code, rank=rank, starts_at__lt=until, ends_at__gt=since)
    by_post: dict[str, list[Duty]] = {post: [] for post in Post.values}
    for duty in rows.filter(user__is_active=True).select_related("user", "rotation").order_by("starts_at", "id"):
        by_post[duty.post].append(duty)
    own = set(Duty.objects.filter(region_code=region_code).values_list("post", flat=True).distinct().order_by())
    posts = [post for post in Post.values if post in own or (not region_code and rank == 0)]
    return [
        Lane(post, str(Post(post).label), region_code, rank, segments(by_post[post], since, until, at))
        for post in posts
    ]


def segments(duties: list[Duty], since: datetime, until: datetime, at: datetime) -> list[Segment]:
    found = []
    for duty in duties:
        start, end = max(duty.starts_at, since), min(duty.ends_at, until)
        colour = duty.rotation.colour if duty.rotation else 0
        places = part(start, end, since, until)
        found.append(Segment(duty.starts_at, duty.ends_at, *places, duty, colour, over=duty.ends_at <= at))
    for start, end in gaps([(duty.starts_at, duty.ends_at) for duty in duties], since, until):
        found.append(Segment(start, end, *part(start, end, since, until), over=end <= at))
    return sorted(found, key=lambda segment: segment.starts_at)


def highest_rank(region_code: str = "") -> int:
    """The highest rank that anybody holds there."""
    return Duty.objects.filter(region_code=region_code).aggregate(rank=Max("rank"))["rank"] or 0
