"""Arithmetic of who covers when: no database, no clock, no Django."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

Span = tuple[datetime, datetime]


def gaps(turns: Iterable[Span], since: datetime, until: datetime) -> list[Span]:
    """The parts of [since, until) that no turn covers, in order.

    >>> gaps([(2, 4), (3, 5)], 1, 7)
    [(1, 2), (5, 7)]
    """
    found: list[Span] = []
    reached = since
    for start, end in sorted(turns):
        if end <= reached:
            continue
        if start >= until:
            break
        if start > reached:
            found.append((reached, start))
        reached = end
    if reached < until:
        found.append((reached, until))
    return found
