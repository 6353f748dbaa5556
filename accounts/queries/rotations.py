"""What rotations make: their shape, the turns ahead, the days off, and where nobody is on duty."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import QuerySet

from accounts.coverage import Span, gaps
from accounts.holidays import judge, known_years
from accounts.models import CalendarDay, DayHandling, Duty, MemberDays, Rotation, Swap, TurnUnit, User
from accounts.roles import Post
from accounts.rotating import Piece, Shape, from_now_on, turns

AHEAD = timedelta(weeks=8)
PREVIEWED = timedelta(weeks=4)
WARNED_AHEAD = timedelta(days=7)
LONGEST_TURN = timedelta(days=32)


def rotations() -> QuerySet[Rotation]:
    """Those in force."""
    return Rotation.objects.filter(retired_at=None).prefetch_related("members__user")


def shape_of(rotation: Rotation) -> Shape:
    """A saved rotation's arithmetic."""
    people = {days: [m.user_id for m in rotation.members.all() if m.days == days] for days in MemberDays.values}
    return Shape(
        people=tuple(people[MemberDays.WORKING]),
        rest_people=tuple(people[MemberDays.REST]) if rotation.calendar != DayHandling.SAME else (),
        length=rotation.length,
        in_days=rotation.unit == TurnUnit.DAYS,
        hand_over=rotation.hand_over,
        zone=rotation.zone,
        first_day=rotation.starts_on,
        last_day=rotation.ends_on,
    )


def own_days() -> dict[date, bool]:
    """The house's own corrections of the calendar: day → whether it is one off."""
    return dict(CalendarDay.objects.values_list("day", "rests"))


def unknown_years(since: date, until: date) -> list[int]:
    """Years in that span whose statutory days off nobody has told us: neither the calendar nor the house."""
    told = {row.day.year for row in CalendarDay.objects.filter(day__year__in=range(since.year, until.year + 1))}
    return [year for year in range(since.year, until.year + 1) if year not in known_years() and year not in told]


def turns_ahead(shape: Shape, handling: str, taken: Iterable[Span], since: datetime, until: datetime) -> list[Piece]:
    """What a rotation of this shape makes between these moments, where nothing with precedence is `taken`."""
    return from_now_on(turns(shape, since, until, judge(handling, own_days())), taken, since)


def taken_from(*, post: str, region_code: str, rank: int, since: datetime, rotation_id: int | None) -> list[Span]:
    """Where turns lie that go before a rotation's: swaps and turns made by hand."""
    rows = Duty.objects.filter(post=post, region_code=region_code, rank=rank, ends_at__gt=since)
    rows = rows.exclude(rotation_id=rotation_id) if rotation_id else rows.filter(rotation=None)
    return list(rows.values_list("starts_at", "ends_at"))


@dataclass(frozen=True)
class PreviewTurn:
    """A turn that a rotation would make."""

    user: User
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class RotationPreview:
    """Four weeks of a rotation before it is saved. `unknown_years` are judged by weekdays alone."""

    turns: list[PreviewTurn]
    gaps: list[Span]
    blocked: int
    unknown_years: list[int]
    hours: list[tuple[User, float]]


def preview_rotation(
    shape: Shape,
    *,
    handling: str,
    post: str,
    region_code: str,
    rank: int,
    rotation_id: int | None,
    since: datetime,
) -> RotationPreview:
    """The next four weeks as this rotation would make them; `blocked` counts turns with precedence within them."""
    until = since + PREVIEWED
    taken = taken_from(post=post, region_code=region_code, rank=rank, since=since, rotation_id=rotation_id)
    pieces = [p for p in turns_ahead(shape, handling, taken, since, until) if p.starts_at < until]
    people = User.objects.in_bulk({piece.user_id for piece in pieces})
    held = [(piece.starts_at, piece.ends_at) for piece in pieces] + taken
    hours: dict[int, float] = {}
    for piece in pieces:
        share = (min(piece.ends_at, until) - piece.starts_at).total_seconds() / 3600
        hours[piece.user_id] = hours.get(piece.user_id, 0.0) + share
    return RotationPreview(
        turns=[PreviewTurn(people[p.user_id], p.starts_at, p.ends_at) for p in pieces if p.user_id in people],
        gaps=gaps(held, since, until),
        blocked=sum(start < until for start, _end in taken),
        unknown_years=unknown_years(since.date(), until.date()) if handling == DayHandling.HOLIDAYS else [],
        hours=[(people[user_id], share) for user_id, share in hours.items() if user_id in people],
    )


@dataclass(frozen=True)
class Gap:
    """A required post without a primary."""

    post: str
    region_code: str
    starts_at: datetime
    ends_at: datetime

    @property
    def label(self) -> str:
        return str(Post(self.post).label)


def coming_gaps(at: datetime, within: timedelta = WARNED_AHEAD) -> list[Gap]:
    """Where, between `at` and then, a required post has no active primary: every post of the headquarters, and every
    post that a region rosters. Empty while there is no roster at all. A gap that has begun keeps its beginning."""
    since, until = at - LONGEST_TURN, at + within
    rows = Duty.objects.filter(rank=0, ends_at__gt=since, starts_at__lt=until, user__is_active=True)
    held: dict[tuple[str, str], list[Span]] = {}
    for post, region_code, starts_at, ends_at in rows.values_list("post", "region_code", "starts_at", "ends_at"):
        held.setdefault((region_code, post), []).append((starts_at, ends_at))
    required = required_posts()
    return [
        Gap(post, region_code, starts_at, ends_at)
        for region_code, post in required
        for starts_at, ends_at in gaps(held.get((region_code, post), []), since, until)
        if ends_at > at
    ]


def required_posts() -> list[tuple[str, str]]:
    """(region, post) that must always have a primary; none before the first roster is made."""
    rostered = set(Duty.objects.values_list("region_code", "post").distinct().order_by())
    if not rostered:
        return []
    return [("", post) for post in Post.values] + sorted(pair for pair in rostered if pair[0])


def living_swaps(since: datetime) -> QuerySet[Swap]:
    """Swaps that are not over nor cancelled, the earliest first."""
    return Swap.objects.filter(cancelled_at=None, ends_at__gt=since).select_related("user").order_by("starts_at", "id")


def stand_ins(duty: Duty) -> list[User]:
    """Who could most likely take a turn: the post's other people first, nobody twice, not who holds it."""
    rotation = duty.rotation
    found: dict[int, User] = {}
    if rotation:
        found.update({member.user_id: member.user for member in rotation.members.select_related("user")})
    rows = Duty.objects.filter(post=duty.post, ends_at__gt=duty.starts_at - timedelta(weeks=4))
    rows = rows.filter(region_code__in={duty.region_code, ""}).select_related("user")
    for row in rows.order_by("rank", "starts_at")[:60]:
        found.setdefault(row.user_id, row.user)
    found.pop(duty.user_id, None)
    return [user for user in found.values() if user.is_active]
