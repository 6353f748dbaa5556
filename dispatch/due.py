"""What the clock does for dispatch: remind the workers of reroutes whose hint was lost or whose worker died, and have
the orders counted."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, Greatest

from dispatch import tasks, telling
from dispatch.models import WAVES_AHEAD, RerouteRun, RerouteWave, RunState, WarehouseOpening, WaveState
from dispatch.models.reroute import AT_WORK
from dispatch.operations.late_rows import match_early, next_match
from dispatch.operations.loads import claim_count, next_count
from dispatch.operations.openings import tell_openings
from dispatch.operations.steps import HINT_AGAIN
from journal import hints
from journal.clock import Now, Source

BATCH = 50


def with_work() -> QuerySet[RerouteRun]:
    """Runs that a worker could bring on: to be solved, with options missing, or with a wave that waits. One whose
    waves are all held or paused waits for people; one that has none ahead was killed before its end."""
    ahead = RerouteWave.objects.filter(run=OuterRef("pk"), state__in=WAVES_AHEAD)
    stopped = Exists(ahead) & ~Exists(ahead.filter(state=WaveState.WAITING))
    lacking = Q(state=RunState.PROPOSED, options_at=None)
    return RerouteRun.objects.filter((Q(state__in=AT_WORK) & ~stopped) | lacking)


def unattended() -> QuerySet[RerouteRun]:
    """Runs with work to do that no living lease covers and that nobody was reminded of just now."""
    free = Q(lease_until=None) | Q(lease_until__lte=Now())
    return with_work().filter(free, hint_at__lte=Now())


def remind_workers() -> int:
    """Hint at unattended runs again, each once per HINT_AGAIN however many clocks run. The hints are published after
    the commit; a broker that is away costs one more round."""
    with transaction.atomic():
        runs = list(unattended().select_for_update(skip_locked=True).order_by("hint_at")[:BATCH])
        RerouteRun.objects.filter(pk__in=[run.pk for run in runs]).update(hint_at=Now() + HINT_AGAIN)
    for run in runs:
        solving = run.state in (RunState.QUEUED, RunState.SOLVING, RunState.PROPOSED)
        hints.publish(tasks.solve_run if solving else tasks.apply_waves, run_id=run.pk)
    return len(runs)


def next_reminder() -> datetime | None:
    due = Greatest("hint_at", Coalesce("lease_until", "hint_at"))
    return with_work().aggregate(at=Min(due))["at"]


def next_opening() -> datetime | None:
    """When an opened warehouse can first be used, or an opening is over."""
    waiting = WarehouseOpening.objects.filter(ended_at=None)
    times = waiting.aggregate(usable=Min("usable_from", filter=Q(told_at=None)), over=Min("until"))
    return min((at for at in times.values() if at), default=None)


def have_loads_counted() -> int:
    """Hand an attempt to count the orders to a worker; one whose hint is lost is followed by another."""
    attempt = claim_count()
    if attempt is None:
        return 0
    hints.publish(tasks.count_loads, attempt=attempt)
    return 1


SOURCES = [
    Source(name="reroute reminders", run=remind_workers, next_due=next_reminder),
    Source(name="warehouse openings", run=tell_openings, next_due=next_opening),
    telling.reader.source(),
    Source(name="network loads", run=have_loads_counted, next_due=next_count, red_after=None),
    Source(name="early statuses", run=match_early, next_due=next_match, red_after=None),
]
