"""Signed links for people who are called out: no log-in, one call-out each."""

from __future__ import annotations

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
