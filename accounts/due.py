"""What the clock does for the roster: lets rotations make their turns some weeks ahead."""

from __future__ import annotations

from datetime import datetime

from accounts.models import RosterWatch
from accounts.operations.filling import extend_rotations
from journal.clock import Source


def next_extension() -> datetime | None:
    return RosterWatch.objects.filter(pk=1).values_list("extend_at", flat=True).first()


SOURCES = [Source(name="duty rotations", run=extend_rotations, next_due=next_extension, red_after=3600.0)]
