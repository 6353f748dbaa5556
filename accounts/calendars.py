"""Addresses of calendars: signed, so that no log-in is needed, and worthless once their owner made new ones."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from accounts.models import User
from accounts.roles import Post

SALT = "accounts.calendar"


@dataclass(frozen=True)
class Feed:
    """Whose calendar it is; with a post, that post's, as its owner may see it."""

    user: User
    post: str = ""
    region_code: str = ""


def token_of(user: User, post: str = "", region_code: str = "") -> str:
    parts = [str(user.pk), str(user.calendar_serial), *([post, region_code] if post else [])]
    return Signer(salt=SALT, sep="~").sign(".".join(parts))


def address_of(user: User) -> str:
    """Where a person's own duties are read by a calendar program."""
    return settings.PUBLIC_URL + reverse("calendar_feed", args=[token_of(user)])


def post_address(user: User, post: str, region_code: str = "") -> str:
    """Where everybody's duties on a post are read, for as long as this person may see the roster."""
    return settings.PUBLIC_URL + reverse("calendar_feed", args=[token_of(user, post, region_code)])


def feed_of(token: str) -> Feed | None:
    """What a token opens; None for one that is not genuine, was reset, or whose owner has left."""
    try:
        key, serial, *rest = Signer(salt=SALT, sep="~").unsign(token).split(".")
    except (BadSignature, ValueError):
        return None
    user = User.objects.prefetch_related("grants").filter(pk=int(key), is_active=True).first()
    if user is None or str(user.calendar_serial) != serial:
        return None
    if not rest:
        return Feed(user)
    post, region_code = (*rest, "")[:2]
    return Feed(user, post, region_code) if post in Post.values else None
