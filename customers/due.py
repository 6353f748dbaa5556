"""What the clock does for customer care: hints again for notices whose messages are not made, and follows batches."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Min

from customers import operations, tasks, telling
from customers.models import CompensationRun, NoticeRun
from customers.operations import HINT_AGAIN, desk, rules
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


def hint_told() -> int:
    """Ask a worker again to make the messages of granted compensation; the row stays until one has."""
    waiting = CompensationRun.objects.filter(tell_due_at__lte=Now())
    with transaction.atomic():
        ids = list(waiting.select_for_update(skip_locked=True).values_list("pk", flat=True)[:10])
        CompensationRun.objects.filter(pk__in=ids).update(tell_due_at=Now() + HINT_AGAIN)
    for run_id in ids:
        publish(tasks.tell_compensated, run_id=run_id)
    return len(ids)


def next_told() -> datetime | None:
    return CompensationRun.objects.filter(tell_due_at__isnull=False).aggregate(at=Min("tell_due_at"))["at"]


SOURCES = [
    Source(name="notices to fill", run=hint_fills, next_due=next_fill),
    Source(name="compensation to tell", run=hint_told, next_due=next_told),
    Source(name="overdue complaints", run=desk.find_overdue, next_due=desk.next_overdue),
    Source(name="purge of care", run=rules.purge_care, next_due=rules.next_purge, red_after=None),
    telling.reader.source(),
    Reader("customers.batches", ENDINGS, end_notice).source(),
]
