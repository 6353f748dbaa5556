"""Numbers that come in as texts."""

from __future__ import annotations


def whole(text: str, *, digits: int = 18) -> int | None:
    """A whole number as a form or an address writes it. None for anything else: a sign, a blank, foreign digits, or
    more of them than `digits`, which neither a column nor Python's int() would take."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None
