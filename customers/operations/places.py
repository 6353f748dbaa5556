"""Counting how far a large notice is in each province, beside those who look at it."""

from __future__ import annotations

import time
from datetime import timedelta

from django.db import transaction

from customers.models import NoticePlaces, NoticeRun, NoticeState
from customers.queries.places import MANY, count_places
from journal import clock
from journal import operations as journal
from journal.clock import Now

OFTENEST, REST = timedelta(seconds=5), 20  # a count that took a second is followed by twenty without one
RECEIPTS_COME = timedelta(days=3)


def count_soon(run: NoticeRun) -> None:
    """Have a worker count the provinces of a large notice from now on; of a small one whoever looks counts."""
    if run.audience > MANY:
        NoticePlaces.objects.update_or_create(notice=run, defaults={"due_at": Now() + OFTENEST})


def recount_places(*, notice_id: int) -> None:
    """Count the provinces anew and tell browsers; less and less often once the notice is over, while receipts may come.

    Journals nothing: it changes nothing that anybody decided. The count is a statement outside of any transaction.
    """
    run = NoticeRun.objects.get(pk=notice_id)
    began, moment = time.perf_counter(), clock.now()
    figures = count_places(run)
    took = time.perf_counter() - began
    rest = max(OFTENEST, timedelta(seconds=REST * took))
    over = (moment - run.finished_at) if run.finished_at else timedelta(0)
    ended = run.state == NoticeState.CANCELLED or over > RECEIPTS_COME
    with transaction.atomic():
        NoticePlaces.objects.filter(notice=run).update(
            figures=figures, counted_at=moment, due_at=None if ended else Now() + max(rest, over / 10)
        )
        journal.touch(f"notice:{run.pk}")
