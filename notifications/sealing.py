"""Secrets that we must be able to use, encrypted at rest with a key derived from SECRET_KEY.

A database dump alone opens none of them. With another SECRET_KEY they are lost: whoever owns them makes new ones.
"""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PURPOSE = b"fenghuo: secrets of webhooks"


class Unreadable(Exception):
    """It was sealed under a SECRET_KEY that this installation does not know."""


def box() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(derive(key))) for key in keys])


def derive(key: str | bytes) -> bytes:
    raw = key.encode() if isinstance(key, str) else key
    return HKDF(SHA256(), 32, salt=None, info=PURPOSE).derive(raw)


def seal(secret: str) -> str:
    return box().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """The secret in clear. Raises Unreadable."""
    try:
        return box().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise Unreadable from error
