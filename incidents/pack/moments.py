"""Times as paper shows them: in the reader's zone, with the date where it matters."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone


def full(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S}" if moment else ""


def brief(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%m-%d %H:%M:%S}" if moment else ""


def minute(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%m-%d %H:%M}" if moment else ""


def span(lasted: timedelta) -> str:
    seconds = max(0, int(lasted.total_seconds()))
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
