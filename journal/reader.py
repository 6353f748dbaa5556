"""Following the journal: facts come up by reading."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q

from journal.clock import Source
from journal.models import Entry, ReaderCursor


def horizon() -> int:
    """Entries below this position are surely all committed: none can appear there later."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT fenghuo_horizon()")
        return cursor.fetchone()[0]


class Reader:
    """A named reader that hands every entry of the wanted kinds to `handle` exactly once, in commit order.

    The cursor moves in the transaction that handled the entries; `handle` must do its work in the database only.
    """

    def __init__(self, name: str, kinds: Sequence[str], handle: Callable[[Entry], None]) -> None:
        self.name, self.kinds, self.handle = name, list(kinds), handle

    def waiting(self, cursor: ReaderCursor):
        after = Q(position__gt=cursor.position) | Q(position=cursor.position, id__gt=cursor.entry)
        return Entry.objects.filter(after, kind__in=self.kinds).order_by("position", "id")

    def run(self, limit: int = 200) -> int:
        with transaction.atomic():
            ReaderCursor.objects.get_or_create(name=self.name)
            cursor = ReaderCursor.objects.select_for_update(skip_locked=True).filter(name=self.name).first()
            if cursor is None:
                return 0
            entries = list(self.waiting(cursor).filter(position__lt=horizon())[:limit])
            for entry in entries:
                self.handle(entry)
            if entries:
                cursor.position, cursor.entry = entries[-1].position, entries[-1].id
                cursor.save(update_fields=["position", "entry"])
            return len(entries)

    def next_due(self) -> datetime | None:
        cursor = ReaderCursor.objects.filter(name=self.name).first() or ReaderCursor(name=self.name)
        entry = self.waiting(cursor).filter(position__lt=horizon()).first()
        return entry.recorded_at if entry else None

    def source(self) -> Source:
        return Source(name=f"reader {self.name}", run=self.run, next_due=self.next_due)
