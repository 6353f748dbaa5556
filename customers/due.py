"""What the clock does for customer care: hints again for notices whose messages are not made, and follows batches."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Min

from customers import operations, tasks
from customers.models import NoticeRun
from customers.operations import HINT_AGAIN
from journal.clock import Now, Source
from journal.hints import publish
from journal.models import Entry
from journal.reader import Reader

ENDINGS = ["notice.batch_finished", "notice.batch_cancelled"]


def hint_fills() -> int:
    """Ask a worker again to make the messages of a notice; the row stays until one has."""
    waiting = NoticeRun.objects.filter(fill_due_at__lte=Now())
    with transaction.atomic():
        ids = list(waiting.select_for_update(skip_locked=True).values_list("pk", flat=True)[:10])
        NoticeRun.objects.filter(pk__in=ids).update(fill_due_at=Now() + HINT_AGAIN)
    for notice_id in ids:
        publish(tasks.fill_notice, notice_id=notice_id)
    return len(ids)


def next_fill() -> datetime | None:
    return NoticeRun.objects.filter(fill_due_at__isnull=False).aggregate(at=Min("fill_due_at"))["at"]


def end_notice(entry: Entry) -> None:
    """A batch came to its end: so does its notice."""
    prefix, _colon, key = entry.subject.partition(":")
    if prefix == "batch" and key.isdigit():
        operations.end_notice(batch=int(key))


SOURCES = [
    Source(name="notices to fill", run=hint_fills, next_due=next_fill),
    Reader("customers.batches", ENDINGS, end_notice).source(),
]
