"""What the clock does for notices: hints for those whose messages are not made or may need another channel, and
follows batches."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from celery import Task
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


def hint(column: str, task: Task) -> int:
    """Ask a worker again about notices due by `column`; the row stays until one has looked."""
    waiting = NoticeRun.objects.filter(**{f"{column}__lte": Now()})
    with transaction.atomic():
        rows = waiting.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)
        ids = list(rows[:10])
        NoticeRun.objects.filter(pk__in=ids).update(**{column: Now() + HINT_AGAIN})
    for notice_id in ids:
        publish(task, notice_id=notice_id)
    return len(ids)


def next_due(column: str) -> datetime | None:
    return NoticeRun.objects.filter(**{f"{column}__isnull": False}).aggregate(at=Min(column))["at"]


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
    Source(name="compensation to tell", run=hint_told, next_due=next_told),
    Source(name="overdue complaints", run=desk.find_overdue, next_due=desk.next_overdue),
    Source(name="purge of care", run=rules.purge_care, next_due=rules.next_purge, red_after=None),
    telling.reader.source(),
    Source(
        name="notices to fill",
        run=partial(hint, "fill_due_at", tasks.fill_notice),
        next_due=partial(next_due, "fill_due_at"),
    ),
    Source(
        name="notices to look after",
        run=partial(hint, "look_at", tasks.fall_back),
        next_due=partial(next_due, "look_at"),
        red_after=None,
    ),
    Reader("customers.batches", ENDINGS, end_notice).source(),
]
