"""Answers kept for calls that are sent again."""

from __future__ import annotations

from datetime import timedelta

from accounts.models import IdempotentCall
from journal import clock

KEPT = timedelta(days=7)


def forget_idempotent_calls() -> int:
    """Answers may name people: they are forgotten after a week. Returns how many. Journals nothing."""
    return IdempotentCall.objects.filter(made_at__lt=clock.now() - KEPT).delete()[0]
