"""Progress of batches on people's screens: told at most once a second for each, and never without its last change.

Receipts come by the thousand, in any number of processes; the note that something is to be shown is one column of the
batch, and a clock does the telling.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Min

from journal import operations as journal
from journal.clock import Now, wake
from notifications.models import Batch

SOON = timedelta(seconds=1)
AT_ONCE = 100


def show_soon(batch_ids: Iterable[int]) -> None:
    """Have browsers fetch these batches' progress within a second of this transaction's commit.

    Noted after the commit: whoever then finds a note sees it told later than his own change could be read. A process
    that dies in between costs the browser its next look of its own, half a minute later.
    """
    transaction.on_commit(partial(note, sorted(set(batch_ids))), robust=True)


def note(batch_ids: list[int]) -> None:
    for pk in batch_ids:  # one row a statement, so that two of these cannot hold each other up
        if Batch.objects.filter(pk=pk, show_at=None).update(show_at=Now() + SOON):
            wake()


@transaction.atomic
def show() -> int:
    """Tell browsers of the batches that are due; returns how many."""
    due = Batch.objects.filter(show_at__lte=Now()).select_for_update(skip_locked=True, no_key=True)
    batches = list(due.order_by("show_at")[:AT_ONCE])
    Batch.objects.filter(pk__in=[batch.pk for batch in batches]).update(show_at=None)
    topics = {topic for batch in batches for topic in (batch.reference, f"batch:{batch.pk}") if topic}
    if topics:
        journal.touch(*sorted(topics))
    return len(batches)


def next_shown() -> datetime | None:
    return Batch.objects.aggregate(at=Min("show_at"))["at"]
