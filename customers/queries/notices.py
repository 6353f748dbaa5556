"""Reads of notices."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count

from customers import audience
from customers.models import NoticeRun, NoticeState
from dispatch.models import AffectedSet
from notifications.models import Message, Template
from notifications.queries import BatchProgress, batch_progress


@dataclass(frozen=True)
class NoticeProgress:
    """How far a notice is. `state` is the run's, or "paused" while its batch is. Counts are people.

    `sent` are those a provider took, delivered ones among them; `waiting` those not yet handed over.
    """

    notice_id: int
    template: str
    state: str
    audience: int
    by_channel: dict[str, int] = field(default_factory=dict)
    unreachable: int = 0
    waiting: int = 0
    sent: int = 0
    delivered: int = 0
    failed: int = 0
    ambiguous: int = 0
    cancelled: int = 0
    first_sent_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def share(self) -> float:
        """Of those who can be reached, how many have an outcome."""
        reachable = self.audience - self.unreachable
        done = self.sent + self.failed + self.ambiguous + self.cancelled
        return min(done / reachable, 1.0) if reachable else float(self.state == NoticeState.FINISHED)


def notices(reference: str) -> list[NoticeRun]:
    """All notices of a matter, newest first."""
    return list(NoticeRun.objects.filter(reference=reference))


def notice_progress(reference: str) -> NoticeProgress | None:
    """The newest notice of a matter that was launched, else the newest that was not cancelled; None without any."""
    runs = [run for run in notices(reference) if run.state != NoticeState.CANCELLED]
    launched = [run for run in runs if run.launched_at]
    newest = next(iter(launched or runs), None)
    return progress_of(newest) if newest else None


def progress_of(run: NoticeRun) -> NoticeProgress:
    batch = batch_progress(run.batch) if run.batch else None
    return NoticeProgress(
        notice_id=run.pk,
        template=run.template,
        state=state_of(run, batch),
        audience=run.audience,
        by_channel=run.by_channel,
        unreachable=run.audience - run.reachable,
        waiting=batch.queued + batch.sending if batch else run.reachable,
        sent=batch.accepted if batch else 0,
        delivered=batch.delivered if batch else 0,
        failed=batch.failed if batch else 0,
        ambiguous=batch.ambiguous if batch else 0,
        cancelled=batch.cancelled if batch else 0,
        first_sent_at=batch.first_sent_at if batch else None,
        finished_at=run.finished_at,
    )


def state_of(run: NoticeRun, batch: BatchProgress | None) -> str:
    """The run's state; while it is launched, its batch knows sooner that it is paused, finished or cancelled."""
    if run.state == NoticeState.LAUNCHED and batch and batch.state in {"paused", "finished", "cancelled"}:
        return batch.state
    return run.state


def exercise_of(reference: str) -> int | None:
    """The exercise that a matter belongs to, as its affected orders say; None when it is real."""
    frozen = AffectedSet.objects.filter(reference=reference).order_by("-id").first()
    return frozen.exercise if frozen else None


def newest_set(run: NoticeRun) -> AffectedSet | None:
    """The newest affected set of the run's matter, if it is newer than the run's own."""
    sets = AffectedSet.objects.filter(reference=run.reference, exercise=run.exercise, pk__gt=run.affected_set)
    return sets.order_by("-version").first()


def sendable_templates() -> list[tuple[str, str]]:
    """(code, label) of every approved purpose whose texts an affected order can fill."""
    found: dict[str, str] = {}
    unfit = set()
    for template in Template.objects.filter(state="approved", channel__in=["sms", "email"]).order_by("id"):
        found[template.code] = template.label
        if not set(template.variables) <= audience.FILLED:
            unfit.add(template.code)
    return [(code, label) for code, label in found.items() if code not in unfit]


def failures(run: NoticeRun) -> list[tuple[str, int]]:
    """(provider's code, messages) of those that failed or are unclear, most frequent first."""
    if run.batch is None:
        return []
    rows = Message.objects.filter(batch_id=run.batch, state__in=["failed", "ambiguous"])
    return list(rows.values_list("code").annotate(number=Count("id")).order_by("-number")[:8])


def has_affected(reference: str) -> bool:
    """Whether affected orders are frozen for a matter."""
    return AffectedSet.objects.filter(reference=reference).exists()
