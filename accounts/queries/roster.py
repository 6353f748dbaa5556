"""Who is on duty: now, on a day, in a week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from accounts.coverage import gaps
from accounts.models import Duty, User
from accounts.roles import Post


def on_duty(*, post: str, at: datetime, region_code: str = "", limit: int = 3) -> list[User]:
    """Who holds `post` at that moment: primary first, then the alternates; at most `limit`, nobody twice.

    A roster of the region (or of the region around it) goes before the headquarters' one.
    """
    rows = Duty.objects.filter(post=post, starts_at__lte=at, ends_at__gt=at, user__is_active=True)
    rows = rows.select_related("user").order_by("rank", "id")
    wanted = [code for code in (region_code, region_code[:2], "") if code or code == ""]
    for code in dict.fromkeys(wanted):
        people = list(dict.fromkeys(row.user for row in rows if row.region_code == code))
        if people:
            return people[:limit]
    return []


@dataclass(frozen=True)
class Turn:
    """One person's turn, cut to the part that is looked at."""

    user: User
    rank: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class PostNow:
    """Who holds a post at a moment; `missing` are the ranks that nobody holds (0 primary, 1 and 2 alternates)."""

    post: str
    label: str
    region_code: str
    turns: list[Turn]
    missing: list[int]

    @property
    def vacant(self) -> bool:
        return 0 in self.missing


@dataclass(frozen=True)
class PostDay:
    """A post on one day: its primaries' turns, and the spans without any."""

    day: date
    turns: list[Turn]
    gaps: list[tuple[datetime, datetime]]


@dataclass(frozen=True)
class PostWeek:
    post: str
    label: str
    region_code: str
    days: list[PostDay]

    @property
    def has_gap(self) -> bool:
        return any(day.gaps for day in self.days)


def roster_now(at: datetime) -> list[PostNow]:
    """Every post of the headquarters, and every post that a region rosters, with who holds it at that moment."""
    rows = Duty.objects.filter(starts_at__lte=at, ends_at__gt=at, user__is_active=True).select_related("user")
    held: dict[tuple[str, str], list[Turn]] = {("", post): [] for post in Post.values}
    for region_code, post in Duty.objects.exclude(region_code="").values_list("region_code", "post").distinct():
        held[region_code, post] = []
    for duty in rows.order_by("rank", "id"):
        turn = Turn(duty.user, duty.rank, duty.starts_at, duty.ends_at)
        held.setdefault((duty.region_code, duty.post), []).append(turn)
    order = {post: place for place, post in enumerate(Post.values)}
    return [
        PostNow(
            *(post, str(Post(post).label), region_code, turns),
            missing=sorted({0, 1, 2} - {turn.rank for turn in turns}),
        )
        for (region_code, post), turns in sorted(held.items(), key=lambda item: (item[0][0], order[item[0][1]]))
    ]


def roster_week(monday: datetime, region_code: str = "") -> list[PostWeek]:
    """Seven days from `monday` (midnight in the reader's zone): each post's primaries and the gaps between them.

    Of a region only the posts it rosters itself are shown; the headquarters must cover every post.
    """
    until = monday + timedelta(days=7)
    rows = Duty.objects.filter(region_code=region_code, rank=0, starts_at__lt=until, ends_at__gt=monday)
    duties = list(rows.filter(user__is_active=True).select_related("user").order_by("starts_at", "id"))
    own = Duty.objects.filter(region_code=region_code).values_list("post", flat=True).distinct()
    weeks = []
    for post in [post for post in Post.values if not region_code or post in set(own)]:
        days = []
        for number in range(7):
            # Midnights are counted in the reader's zone, where a day may have 23 or 25 hours.
            start, end = (monday + timedelta(days=number + extra) for extra in (0, 1))
            turns = [
                Turn(duty.user, 0, max(duty.starts_at, start), min(duty.ends_at, end))
                for duty in duties
                if duty.post == post and duty.starts_at < end and duty.ends_at > start
            ]
            missing = gaps([(turn.starts_at, turn.ends_at) for turn in turns], start, end)
            days.append(PostDay(start.date(), turns, missing))
        weeks.append(PostWeek(post, str(Post(post).label), region_code, days))
    return weeks


def rostered_regions() -> list[str]:
    """Region codes that have a roster of their own."""
    return list(Duty.objects.exclude(region_code="").values_list("region_code", flat=True).distinct().order_by())
