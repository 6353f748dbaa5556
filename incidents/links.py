"""Signed links for people who are called out: no log-in, one call-out each."""

from __future__ import annotations

from urllib.parse import quote

from django.conf import settings
from django.core import signing
from django.urls import NoReverseMatch, reverse

SIGNER = signing.Signer(salt="incidents.callout", sep=".")


def token_of(call_out_id: int) -> str:
    """The token that opens one call-out's page."""
    return SIGNER.sign(str(call_out_id))


def call_out_of(token: str) -> int | None:
    """The call-out id a token was made for; None when it is forged or cut off."""
    try:
        return int(SIGNER.unsign(token))
    except (signing.BadSignature, ValueError):
        return None


def call_out_url(call_out_id: int) -> str:
    """The absolute address to send; the page lives in this room's urls."""
    token = token_of(call_out_id)
    try:
        path = reverse("callout_link", args=[token])
    except NoReverseMatch:
        path = f"/c/{token}/"
    return settings.PUBLIC_URL + path


# Opened only when somebody taps it: nothing is sent to the map's provider before.
MAP_SEARCH = "https://uri.amap.com/search?keyword={place}"


def map_url(place: str) -> str:
    """A plain map search for a place; "" without one."""
    return MAP_SEARCH.format(place=quote(place)) if place.strip() else ""


COOKIE = "fenghuo_call"  # on a phone that opened a call-out's page: whose call it was
COOKIE_SALT = "incidents.callout.cookie"
COOKIE_DAYS = 30
COOKIE_PATH = "/d/"


def door_url(code: str) -> str:
    """What the door's code says: the absolute address of the page for who scans it."""
    return settings.PUBLIC_URL + reverse("door_scan", args=[code])
