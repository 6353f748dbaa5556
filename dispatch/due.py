"""What the clock does for dispatch: remind the workers of reroutes whose hint was lost or whose worker died."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Min, Q, QuerySet
from django.db.models.functions import Coalesce, Greatest

from dispatch import tasks, telling
from dispatch.models import RerouteRun, RunState, WarehouseOpening
from dispatch.models.reroute import AT_WORK
from dispatch.operations.openings import tell_openings
from dispatch.operations.runs import HINT_AGAIN
from journal import hints
from journal.clock import Now, Source

BATCH = 50


def unattended() -> QuerySet[RerouteRun]:
    """Runs with work to do that no living lease covers and that nobody was reminded of just now."""
    free = Q(lease_until=None) | Q(lease_until__lte=Now())
    return RerouteRun.objects.filter(free, state__in=AT_WORK, hint_at__lte=Now())


def remind_workers() -> int:
    """Hint at unattended runs again, each once per HINT_AGAIN however many clocks run. The hints are published after
    the commit; a broker that is away costs one more round."""
    with transaction.atomic():
        runs = list(unattended().select_for_update(skip_locked=True).order_by("hint_at")[:BATCH])
        RerouteRun.objects.filter(pk__in=[run.pk for run in runs]).update(hint_at=Now() + HINT_AGAIN)
    for run in runs:
        solving = run.state in (RunState.QUEUED, RunState.SOLVING)
        hints.publish(tasks.solve_run if solving else tasks.apply_waves, run_id=run.pk)
    return len(runs)


def next_reminder() -> datetime | None:
    due = Greatest("hint_at", Coalesce("lease_until", "hint_at"))
    return RerouteRun.objects.filter(state__in=AT_WORK).aggregate(at=Min(due))["at"]


def next_opening() -> datetime | None:
    """When an opened warehouse can first be used, or an opening is over."""
    waiting = WarehouseOpening.objects.filter(ended_at=None)
    times = waiting.aggregate(usable=Min("usable_from", filter=Q(told_at=None)), over=Min("until"))
    return min((at for at in times.values() if at), default=None)


SOURCES = [
    Source(name="reroute reminders", run=remind_workers, next_due=next_reminder),
    Source(name="warehouse openings", run=tell_openings, next_due=next_opening),
    telling.reader.source(),
]
