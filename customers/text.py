"""Arithmetic of texts and addresses. Pure."""

from __future__ import annotations

FIRST, FURTHER = 70, 67  # characters: one SMS, and each part of a longer one (Chinese gateways)


def segments(text: str) -> int:
    """How many SMS a text is billed as."""
    return 1 if len(text) <= FIRST else -(-len(text) // FURTHER)


def mask(address: str) -> str:
    """An address that its owner would recognise and nobody else could use: 138****0001, l***@example.com."""
    name, at, domain = address.partition("@")
    if at:
        return f"{name[:1]}***@{domain}"
    number = address.removeprefix("+86").strip()
    return f"{number[:3]}****{number[-4:]}" if len(number) >= 9 else f"{number[:1]}****"
