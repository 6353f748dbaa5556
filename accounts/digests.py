"""How a key's secret is kept: as a digest."""

from __future__ import annotations

import hashlib


def digest(key: str) -> str:
    """Keys have 256 bits of chance in them, so one SHA-256 is enough; a slow hash would only slow every call."""
    return hashlib.sha256(key.encode()).hexdigest()
