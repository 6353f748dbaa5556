"""The second shift: who relieves whom, and when. They are told at once, and called by nobody: no time to arrive runs.

Shift 1 of a post is on duty, shift 2 is its relief. Relief is whoever the roster has on duty for the post twelve hours
after the seat was opened; when those are the people of the first shift, the first of today's alternates who was not
called. When somebody named as relief is called for the first shift after all, the next one is named. At the hand-over
the two change places, so that there is always a relief to come.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from accounts.actors import CLOCK
from accounts.models import User
from accounts.queries import on_duty
from incidents import staff
from incidents.models import CallOut, PostSeat
from incidents.operations import crews
from incidents.operations.change import Change

SHIFT_MINUTES = 12 * 60
BUSY = (CallOut.State.CALLED, CallOut.State.ACKNOWLEDGED, CallOut.State.ON_POST, CallOut.State.UNREACHABLE)


def plan(change: Change, seats: Iterable[PostSeat]) -> None:
    """Name the relief of these seats of the second shift and tell them; the first of those who are free.

    Journals post.relief per person, and post.no_relief once with every post that has none.
    """
    without = []
    for seat in seats:
        seat.starts_at = seat.starts_at or change.times.due(change.now, SHIFT_MINUTES)
        name(change, seat, first_free(change, seat, seat.starts_at))
        if seat.holder is None:
            without.append(f"post:{seat.post}")
    if without:
        change.tell("post.no_relief", {"posts": without})


def first_free(change: Change, seat: PostSeat, at: datetime) -> User | None:
    """Who could relieve a seat at that time: nobody of its first shift, and if possible nobody who is another post's
    relief or has said today that they cannot come."""
    post = seat.command_post_id
    calls = CallOut.objects.filter(seat__command_post=post, seat__post=seat.post, state__in=BUSY)
    busy = set(calls.values_list("user_id", flat=True))
    busy |= set(
        PostSeat.objects.filter(command_post=post, post=seat.post, shift=1).values_list("attendances__user", flat=True)
    )
    taken = set(PostSeat.objects.filter(command_post=post, shift=2).values_list("holder_id", flat=True))
    declined = CallOut.objects.filter(seat__command_post=post, state=CallOut.State.DECLINED)
    taken |= set(declined.values_list("user_id", flat=True))
    region = change.incident.region_code
    people = [
        *on_duty(post=seat.post, at=at, region_code=region, limit=crews.MOST),
        *on_duty(post=seat.post, at=change.now, region_code=region, limit=crews.MOST),
    ]
    free = [person for person in people if person.pk not in busy]
    return next((person for person in free if person.pk not in taken), next(iter(free), None))


def name(change: Change, seat: PostSeat, user: User | None) -> None:
    """Make somebody the relief of a seat and tell them when to be ready."""
    seat.holder = user
    seat.version += 1
    seat.save()
    if user is None or seat.starts_at is None:
        return
    starts_at = seat.starts_at
    minutes = round(change.times.between(change.now, starts_at).total_seconds() / 60)
    change.tell("post.relief", {"post": f"post:{seat.post}", "user": f"user:{user.pk}", "minutes": minutes})
    staff.send(
        change.incident,
        [user],
        template="relief",
        variables={
            "lv": staff.level_text(change.incident),
            "event": change.incident.title,
            "role": staff.role_text(seat.post),
            "time": lambda person: staff.local_time(starts_at, person),
            "url": staff.room_url(change.incident),
        },
        key=f"relief:{seat.pk}:{seat.version}",
        by=CLOCK,
    )


def replace(change: Change, seat: PostSeat, user: User) -> None:
    """Somebody is called for the first shift: if they were its relief, another is named."""
    if seat.shift != 1:
        return
    later = PostSeat.objects.filter(command_post=seat.command_post_id, post=seat.post, shift=2, holder=user)
    plan(change, later.select_for_update())


def change_places(change: Change, seat: PostSeat, gone: User, come: User) -> None:
    """At a hand-over to the relief, whoever leaves is the next relief."""
    later = (
        PostSeat.objects.select_for_update()
        .filter(command_post=seat.command_post_id, post=seat.post, shift=2, holder=come)
        .first()
    )
    if later is not None:
        later.starts_at = change.times.due(change.now, SHIFT_MINUTES)
        name(change, later, gone)


def call_off(change: Change, seats: Iterable[PostSeat]) -> None:
    """The level asks for one shift only: nobody is relief any more."""
    for seat in seats:
        if seat.holder_id is not None or seat.starts_at is not None:
            seat.starts_at = None
            name(change, seat, None)
