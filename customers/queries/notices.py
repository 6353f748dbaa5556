"""Reads of notices."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from customers import texts
from customers.filters import CHANNELS
from customers.models import NoticeRun, NoticeState, NoticeWave, WaveKind
from dispatch.models import AffectedSet, Region
from notifications.defaults import SINGLE, STAFF
from notifications.models import Template
from notifications.queries import BatchProgress, batch_progress
from notifications.variables import kind_of, name_of


@dataclass(frozen=True)
class NoticeProgress:
    """How far a notice is. `state` is the run's, or "paused" while its batch is. Counts are people.

    `sent` are those a provider took, delivered ones among them; `waiting` those not yet handed over.
    `again` are messages to people whom the one before did not reach.
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
    again: int = 0

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
    """Its waves together. Whoever was tried again counts with the newest try only."""
    waves = list(run.waves.all())
    parts = [batch_progress(wave.batch) for wave in waves if wave.batch]
    to_come = sum(wave.recipients for wave in waves if wave.batch is None)
    refused, silent = sum(wave.after_failure for wave in waves), sum(wave.after_silence for wave in waves)
    started = [part.first_sent_at for part in parts if part.first_sent_at]
    return NoticeProgress(
        notice_id=run.pk,
        template=run.template,
        state=state_of(run, parts),
        audience=run.audience,
        by_channel=run.by_channel,
        unreachable=run.audience - run.reachable,
        waiting=sum(part.queued for part in parts) + to_come if waves else run.reachable,
        sent=max(0, sum(part.accepted for part in parts) - silent),
        delivered=sum(part.delivered for part in parts),
        failed=max(0, sum(part.failed for part in parts) - refused),
        ambiguous=sum(part.ambiguous for part in parts),
        cancelled=sum(part.cancelled for part in parts),
        first_sent_at=min(started, default=None),
        finished_at=run.finished_at,
        again=sum(wave.recipients for wave in waves if wave.kind in {WaveKind.FALLBACK, WaveKind.RETRY}),
    )


def state_of(run: NoticeRun, parts: list[BatchProgress]) -> str:
    """The run's state; its batches know sooner that it is paused, over, or under way again."""
    states = {part.state for part in parts}
    if run.state == NoticeState.FINISHED:
        return next((str(state) for state in ("paused", "launched") if state in states), str(run.state))
    if run.state != NoticeState.LAUNCHED or not parts:
        return run.state
    if "paused" in states:
        return "paused"
    over = states <= {"finished", "cancelled"} and not run.waves.filter(batch=None).exists()
    return ("finished" if "finished" in states else "cancelled") if over else run.state


def exercise_of(reference: str) -> int | None:
    """The exercise that a matter belongs to, as its affected orders say; None when it is real."""
    frozen = AffectedSet.objects.filter(reference=reference).order_by("-id").first()
    return frozen.exercise if frozen else None


def newest_set(run: NoticeRun) -> AffectedSet | None:
    """The newest affected set of the run's matter, if it is newer than the run's own."""
    sets = AffectedSet.objects.filter(reference=run.reference, exercise=run.exercise, pk__gt=run.affected_set)
    return sets.order_by("-version").first()


def sendable_templates() -> list[tuple[str, str]]:
    """(code, label) of every approved purpose whose texts an affected order and a person can fill."""
    found: dict[str, list[Template]] = {}
    for template in Template.objects.filter(state="approved", channel__in=CHANNELS).order_by("id"):
        found.setdefault(template.code, []).append(template)
    return [
        (code, versions[-1].label)
        for code, versions in found.items()
        if code not in STAFF | SINGLE and not texts.asked_of(versions)[1]
    ]


FAILURES = """
SELECT m.code, count(*)
FROM customers_noticewave w
JOIN notifications_chunk c ON c.batch_id = w.batch AND (c.failed > 0 OR c.ambiguous > 0)
JOIN notifications_message m ON m.id BETWEEN c.first AND c.last AND m.batch_id = c.batch_id
    AND m.template_id = c.template_id AND m.state IN ('failed', 'ambiguous')
WHERE w.notice_id = %s GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 8
"""


def failures(run: NoticeRun) -> list[tuple[str, int]]:
    """(provider's code, messages) of those that failed or are unclear, most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(FAILURES, [run.pk])
        return cursor.fetchall()


def has_affected(reference: str) -> bool:
    """Whether affected orders are frozen for a matter."""
    return AffectedSet.objects.filter(reference=reference).exists()


@dataclass(frozen=True)
class Wave:
    """A wave of a launched notice with its batch's state; `name` is the province's."""

    wave: NoticeWave
    name: str
    state: str
    sent: int
    failed: int


def waves_of(run: NoticeRun) -> list[Wave]:
    """The waves of a run in their order; one alone says nothing that the run does not."""
    waves = list(run.waves.all())
    if len(waves) < 2:
        return []
    regions = Region.objects.in_bulk([wave.zone for wave in waves if wave.zone])
    found = []
    for wave in waves:
        part = batch_progress(wave.batch) if wave.batch else None
        name = regions[wave.zone].label if wave.zone in regions else str(wave.get_kind_display())
        state = part.state if part else "released" if wave.released_at else "waiting"
        found.append(Wave(wave, name, state, part.accepted if part else 0, part.failed if part else 0))
    return found


@dataclass(frozen=True)
class Value:
    """A variable that a person gives, as it stands in Chinese and in English."""

    name: str
    longest: int
    fields: list[tuple[str, str]]

    @property
    def label(self) -> str:
        return name_of(self.name)


def values_of(run: NoticeRun) -> list[Value]:
    templates = list(Template.objects.filter(code=run.template, state="approved").order_by("-version"))
    asked, _lacking = texts.asked_of(templates)
    found = []
    for name in asked:
        variable = next(kind_of(row, name) for row in templates if name in row.variables)
        pair = run.values.get(name) or ["", ""]
        found.append(Value(name, variable.longest, list(zip(texts.LANGUAGES, pair, strict=True))))
    return found
