"""Signed links to a customer's public page. Pure.

A token is the recipient's id in hex and twelve characters (72 bits) of its HMAC-SHA-256: it names nobody, cannot be
guessed, and needs no column. PostgreSQL makes the same token from the two padded keys, so that a million links are
one statement.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

BLOCK = 64
SIGNED_BYTES = 9

# The HMAC of RFC 2104, with the pads given: %(inner)s and %(outer)s are bytea, r.id the recipient.
TOKEN_SQL = """to_hex(r.id) || '-' || translate(encode(substring(sha256(%(outer)s || sha256(%(inner)s ||
    convert_to(to_hex(r.id), 'UTF8'))) FROM 1 FOR 9), 'base64'), '+/', '-_')"""


def link_key(secret: str) -> bytes:
    return hashlib.sha256(b"fenghuo customer link " + secret.encode()).digest()


def pads(key: bytes) -> dict[str, bytes]:
    """The inner and outer padded key of HMAC-SHA-256."""
    block = key.ljust(BLOCK, b"\0")
    return {"inner": bytes(byte ^ 0x36 for byte in block), "outer": bytes(byte ^ 0x5C for byte in block)}


def make_token(recipient: int, key: bytes) -> str:
    name = f"{recipient:x}"
    digest = hmac.new(key, name.encode(), hashlib.sha256).digest()
    return f"{name}-{base64.urlsafe_b64encode(digest[:SIGNED_BYTES]).decode()}"


def read_token(token: str, key: bytes) -> int | None:
    """The recipient a genuine token names, else None."""
    name, _dash, _signature = token.partition("-")
    try:
        recipient = int(name, 16)
    except ValueError:
        return None
    genuine = make_token(recipient, key) if 0 < recipient < 1 << 63 else ""
    return recipient if hmac.compare_digest(genuine.encode(), token.encode()) else None
