"""Claiming rows that are jobs: the one helper behind every leased table."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

from django.db import transaction
from django.db.models import F, Min, Q, QuerySet

from journal.clock import Now
from journal.models import Leased

Row = TypeVar("Row", bound=Leased)


def due(rows: QuerySet[Row]) -> QuerySet[Row]:
    """Those of `rows` that are due and under no living lease."""
    return rows.filter(Q(lease_until__isnull=True) | Q(lease_until__lte=Now()), due_at__lte=Now())


def claim(rows: QuerySet[Row], *, lease: timedelta, limit: int = 1) -> list[Row]:
    """Lease up to `limit` due rows, earliest first, in a transaction of its own, and return them as they now stand.

    `attempts` is the fence: whoever finishes a row filters on the attempt it was handed, so that a worker whose lease
    ran out cannot overwrite its successor's result.
    """
    with transaction.atomic():
        ids = list(
            due(rows)
            .order_by("due_at", "pk")
            .select_for_update(skip_locked=True, no_key=True)
            .values_list("pk", flat=True)[:limit]
        )
        if not ids:
            return []
        rows.model._default_manager.filter(pk__in=ids).update(lease_until=Now() + lease, attempts=F("attempts") + 1)
        return list(rows.model._default_manager.filter(pk__in=ids).order_by("due_at", "pk"))


def next_due(rows: QuerySet[Row]) -> object:
    """When the next of `rows` can be claimed: its due time, or the end of its lease when it has one."""
    waiting = rows.filter(lease_until__isnull=True).aggregate(at=Min("due_at"))["at"]
    leased = rows.filter(lease_until__isnull=False).aggregate(at=Min("lease_until"))["at"]
    return min((at for at in (waiting, leased) if at is not None), default=None)
