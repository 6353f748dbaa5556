"""Telling staff: which people, on which channel, in their own language and time zone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import ngettext

from accounts.actors import Actor
from accounts.models import Channel, User
from accounts.queries import on_duty, zone_of
from accounts.roles import Post, Role
from incidents.models import Incident, Level, PostSeat
from incidents.queries.rows import post_label
from notifications.operations import tell_people

NAMED = 3  # of several overdue things that one message tells


def local_time(moment: datetime, user: User) -> str:
    """Time of day as that person's watch shows it."""
    return f"{timezone.localtime(moment, zone_of(user)):%H:%M}"


def room_url(incident: Incident) -> str:
    try:
        return settings.PUBLIC_URL + reverse("incident_room", args=[incident.pk])
    except NoReverseMatch:
        return f"{settings.PUBLIC_URL}/incidents/{incident.pk}/"


def holders(incident: Incident, post: str, now: datetime) -> list[User]:
    """Whoever answers for a post: who sits there, else the first on duty for it, else nobody."""
    seats = PostSeat.objects.filter(command_post__incident=incident, post=post, shift=1, holder__isnull=False)
    seat = seats.select_related("holder").first()
    if seat and seat.holder:
        return [seat.holder]
    return on_duty(post=post, at=now, region_code=incident.region_code)[:1]


def last_resort() -> list[User]:
    """When no commander is on duty: everybody who may command, at most five."""
    return list(User.objects.filter(grants__role=Role.COMMANDER, is_active=True).distinct().order_by("id")[:5]) or list(
        User.objects.filter(grants__role=Role.ADMINISTRATOR, is_active=True).distinct().order_by("id")[:5]
    )


def answerable(incident: Incident, posts: Iterable[str], now: datetime) -> list[User]:
    """The people behind these posts, nobody twice; never empty as long as anybody may command."""
    people: dict[int, User] = {}
    for post in posts:
        if post:
            people.update({user.pk: user for user in holders(incident, post, now)})
    return list(people.values()) or last_resort()


def send(
    incident: Incident,
    users: Iterable[User],
    *,
    template: str,
    variables: Mapping[str, object],
    key: str,
    by: Actor,
    channels: Iterable[str] = (Channel.IN_APP, Channel.SMS),
) -> int:
    """Queue one message per person and channel with the key `key:user:channel`; returns how many.

    Robots are kept for call-outs: they take twenty texts a minute, and a storm of misses would shut them out.
    See `notifications.operations.tell_people`.
    """
    return tell_people(
        users,
        template=template,
        variables=variables,
        channels=channels,
        key=key,
        by=by,
        reference=incident.reference,
        exercise=incident.exercise,
    )


@dataclass(frozen=True)
class Overdue:
    """Something late or missing, and the posts that answer for it. `entry` is what the journal is to say of it."""

    what: Callable[[], object]
    due_at: datetime
    key: str
    posts: tuple[str, ...]
    by: Actor
    entry: dict[str, Any] = field(default_factory=dict)


def escalate(incident: Incident, overdue: Sequence[Overdue], now: datetime) -> None:
    """Tell whoever answers for any of it: what happened at the same moment reaches each person in one message.

    The first one's key stands for all, since each is told once. Each one's `entry` gets "messages": how many tell it.
    """
    behind = {one.posts: answerable(incident, one.posts, now) for one in overdue}
    people = {user.pk: user for users in behind.values() for user in users}
    for pk, user in people.items():
        theirs = [one for one in overdue if any(other.pk == pk for other in behind[one.posts])]
        first = min(theirs, key=lambda one: one.due_at)
        sent = send(
            incident,
            [user],
            template="escalation",
            variables={
                "event": incident.title,
                "what": lambda _user, theirs=theirs: named([str(one.what()) for one in theirs]),
                "time": lambda user, first=first: local_time(first.due_at, user),
                "url": room_url(incident),
            },
            key=f"escalation:{theirs[0].key}",
            by=theirs[0].by,
        )
        for one in theirs:
            one.entry["messages"] = one.entry.get("messages", 0) + sent


def named(things: list[str]) -> str:
    """The first of them by name, and how many more there are."""
    names, more = ", ".join(things[:NAMED]), len(things) - NAMED
    if more <= 0:
        return names
    return ngettext("%(names)s and %(count)s more", "%(names)s and %(count)s more", more) % {
        "names": names,
        "count": more,
    }


def level_text(incident: Incident) -> str:
    return str(Level(incident.response_level or Level.IV).label)


def role_text(post: str) -> object:
    """A callable that names a post in the recipient's language."""
    return lambda user: post_label(Post(post))
