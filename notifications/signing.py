"""Signatures of Standard Webhooks 1.0 (https://www.standardwebhooks.com): symmetric, version "v1".

Signed is "{webhook-id}.{webhook-timestamp}.{body}" by HMAC-SHA256 under the bytes that a secret "whsec_<base64>"
stands for. The header lists one signature per secret, separated by spaces, so that a secret can be rotated without a
gap: a receiver accepts the message when any of them is right.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable

PREFIX = "whsec_"
KEY_BYTES = 32
TOLERANCE = 300  # seconds that the two clocks may differ


class BadSignature(ValueError):
    """The message is not from who it says it is, or too old to tell."""


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def key_of(secret: str) -> bytes:
    """Raises ValueError for anything that is no secret of 24 to 64 bytes."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if not 24 <= len(key) <= 64:
        raise ValueError("24 to 64 bytes are wanted")
    return key


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key_of(secret), signed, hashlib.sha256).digest()).decode()


def headers(secrets_in_use: Iterable[str], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers that prove a message."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(secret, message_id, timestamp, body) for secret in secrets_in_use),
    }


def verify(secret: str, given: dict[str, str], body: bytes, *, now: float) -> None:
    """Raises BadSignature unless one of the signatures is right and the timestamp within the tolerance of `now`."""
    message_id, timestamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not (timestamp.isascii() and timestamp.isdigit()) or abs(now - int(timestamp)) > TOLERANCE:
        raise BadSignature("timestamp")
    right = signature(secret, message_id, int(timestamp), body)
    if not any(hmac.compare_digest(right, one) for one in given.get("webhook-signature", "").split()):
        raise BadSignature("signature")
