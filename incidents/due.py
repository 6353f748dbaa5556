"""What the clock does for command. See journal.clock for how sources are run."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Model, QuerySet

from accounts.actors import CLOCK
from incidents import escalation, firing, reading, refreshing
from incidents.models import CallOut, Deadline, DeadlineState, Incident, MeasureJob
from incidents.operations import callouts
from incidents.operations.change import Change, changing
from journal import clock, hints
from journal.clock import Now, Source

CANDIDATES = 400
BUDGET = 0.02  # seconds a source may take in one round: deadlines of all incidents come first
HINT_AGAIN = timedelta(seconds=15)
JOBS_A_ROUND = 100


def per_incident(rows: QuerySet[Model], field: str, work: Callable[[Change], int]) -> Source:
    """A source whose due rows are worked off incident by incident, each in a transaction that holds its incident.

    An incident that somebody else holds right now is passed over and looked at again in a moment.
    """

    def run() -> int:
        wanted = rows.filter(**{f"{field}__lte": Now()}).order_by(field).values_list("incident_id", flat=True)
        done = 0
        until = time.monotonic() + BUDGET
        for incident_id in dict.fromkeys(wanted[:CANDIDATES]):
            with transaction.atomic():
                free = (
                    Incident.objects.select_for_update(skip_locked=True, no_key=True)
                    .filter(pk=incident_id)
                    .values("pk")
                    .first()
                )
                if free is None:
                    continue
                with changing(incident_id, by=CLOCK) as change:
                    done += work(change)
            if time.monotonic() > until:
                break
        return done

    def next_due() -> datetime | None:
        return rows.order_by(field).values_list(field, flat=True).first()

    return Source(name=f"incidents {work.__name__}", run=run, next_due=next_due)


def hint_jobs() -> int:
    """Remind the workers of measures whose work is due: the row is the job, the hint only makes it start sooner."""
    from incidents.tasks import run_measure

    with transaction.atomic():
        due = MeasureJob.objects.select_for_update(skip_locked=True).filter(hint_at__lte=Now())
        ids = list(due.order_by("hint_at").values_list("pk", flat=True)[:JOBS_A_ROUND])
        MeasureJob.objects.filter(pk__in=ids).update(hint_at=Now() + HINT_AGAIN)
    for pk in ids:
        hints.leave(functools.partial(hints.publish, run_measure, job_id=pk))
    return len(ids)


def next_hint() -> datetime | None:
    return MeasureJob.objects.order_by("hint_at").values_list("hint_at", flat=True).first()


class GradeHints:
    """Asks a worker to read measured figures again when an incident's turn has come, every few seconds at most.

    The figures of a large network take too long for a clock. While the broker is away, a thread beside it does them.
    """

    AGAIN = 5.0

    def __init__(self) -> None:
        self.rests_until = 0.0

    def run(self) -> int:
        self.rests_until = time.monotonic() + self.AGAIN
        hints.leave(self.ask)
        return 1

    @staticmethod
    def ask() -> None:
        from incidents.tasks import refresh_grades

        if not hints.publish(refresh_grades):
            refreshing.refresh_due()

    def next_due(self) -> datetime | None:
        rest = self.rests_until - time.monotonic()
        at = Incident.objects.filter(check_at__isnull=False).order_by("check_at").values_list("check_at", flat=True)
        first = at.first()
        if first is None or rest <= 0:
            return first
        return max(first, clock.now() + timedelta(seconds=rest))


GRADES = GradeHints()
# While an incident is suspended, nobody is tried again or reminded.
EXPECTED = CallOut.objects.exclude(incident__state=Incident.State.SUSPENDED)

SOURCES = [
    firing.DEADLINES,
    per_incident(EXPECTED.filter(remind_at__isnull=False), "remind_at", escalation.remind_arrivals),
    per_incident(EXPECTED.filter(next_rung_at__isnull=False), "next_rung_at", callouts.climb),
    per_incident(
        Deadline.objects.filter(escalate_at__isnull=False, state=DeadlineState.MISSED),
        "escalate_at",
        escalation.escalate_missed,
    ),
    per_incident(
        Deadline.objects.filter(remind_at__isnull=False, state=DeadlineState.OPEN), "remind_at", escalation.remind
    ),
    Source(name="incidents measure jobs", run=hint_jobs, next_due=next_hint),
    Source(name="incidents grades", run=GRADES.run, next_due=GRADES.next_due, red_after=120.0),
    reading.READER.source(),
]
