"""What the clock looks after: hints that were lost, retries whose time has come, questions to providers.

The workers do the sending; the clock only asks them again, at most once a second. While the broker is away it sends
staff messages itself, in a thread of its own so that no gateway can hold up a deadline.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import structlog
from amqp.exceptions import ChannelError
from celery import Task
from django.db import connection, transaction
from django.db.models import Min, QuerySet
from kombu.exceptions import OperationalError

from accounts.models import RosterWatch
from journal import claims
from journal.clock import Now, Source, now
from journal.hints import publish
from notifications import progress, queries, tasks
from notifications.engine import asking, due_chunks, next_room
from notifications.engine import webhooks as sending
from notifications.models import Registration
from notifications.operations import privacy, send_due_staff, warn_of_roster_gaps

log = structlog.get_logger()

PATIENCE = timedelta(seconds=1)  # what a published hint may take before it counts as lost
HINTS_AT_ONCE = 4
WORDS_AT_ONCE = 20


def hints_waiting(task: Task) -> bool:
    """Whether the task's queue still holds something: then the workers are busy, not uninformed.

    Raises OperationalError or OSError when the broker is away.
    """
    queue = task.app.amqp.router.route({}, task.name)["queue"].name
    with task.app.connection_for_read() as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=1)
        try:
            return broker.default_channel.queue_declare(queue, passive=True).message_count > 0  # type: ignore[attr-defined]
        except ChannelError:  # an empty list does not exist in Redis
            return False


class Sweep:
    """Publishes hints for rows that are due for longer than a hint takes. The `fallback` does the work here while the
    broker is away; with `impatient` also while the workers have their hands full with a long queue. `later` tells when
    rows that `rows` leaves out for now can be claimed: no hint of that is under way, so it is not waited for."""

    def __init__(
        self,
        name: str,
        rows: Callable[[], QuerySet],
        task: Task,
        *,
        fallback: Callable[[], int] | None = None,
        impatient: bool = False,
        later: Callable[[], datetime | None] = lambda: None,
    ) -> None:
        self.name, self.rows, self.task, self.fallback = name, rows, task, fallback
        self.impatient, self.later = impatient, later
        self.rest_until = 0.0
        self.thread: threading.Thread | None = None

    def next_due(self) -> datetime | None:
        """When somebody must look: PATIENCE after the oldest row fell due, or when this process may ask again."""
        due = claims.next_due(self.rows())
        due = due + PATIENCE if isinstance(due, datetime) else None
        due = min((at for at in (due, self.later()) if at), default=None)
        if due is None or queries.send_held():
            return None
        rest = self.rest_until - time.monotonic()
        return max(due, now() + timedelta(seconds=rest)) if rest > 0 else due

    def run(self) -> int:
        """Always 0: the rows are for the workers, and the clock must not spin on them, nor wait for a broker."""
        due = self.next_due()
        if due is None or due > now() or (self.thread and self.thread.is_alive()):
            return 0
        self.rest_until = time.monotonic() + PATIENCE.total_seconds()
        rows = claims.due(self.rows()).values_list("pk")[:HINTS_AT_ONCE].count()
        self.thread = threading.Thread(target=self.hint, args=(rows,), name=self.name, daemon=True)
        self.thread.start()
        return 0

    def hint(self, rows: int) -> None:
        try:
            if not hints_waiting(self.task):
                for _row in range(rows):
                    publish(self.task)
            elif self.impatient:
                self.fall_back()
        except (OperationalError, OSError):
            self.fall_back()

    def fall_back(self) -> None:
        try:
            while self.fallback and self.fallback():
                pass
        except Exception:
            log.exception("sending without a broker failed", source=self.name)
        finally:
            connection.close()

    def source(self, *, red_after: float | None) -> Source:
        return Source(name=self.name, run=self.run, next_due=self.next_due, red_after=red_after)


staff = Sweep(
    "staff messages",
    partial(due_chunks, urgent=True),
    tasks.send_staff_messages,
    fallback=send_due_staff,
    later=partial(next_room, urgent=True),
)
notices = Sweep(
    "notice chunks", partial(due_chunks, urgent=False), tasks.send_chunk, later=partial(next_room, urgent=False)
)
questions = Sweep("unclear calls", asking.due_questions, tasks.ask_provider)
webhooks = Sweep("webhooks", sending.due_deliveries, tasks.send_webhooks, fallback=sending.send_due, impatient=True)


def hint_words() -> int:
    """Have a worker ask providers about words whose time has come; asked for again in a minute, should the hint get
    lost."""
    with transaction.atomic():
        due = Registration.objects.filter(ask_at__lte=Now()).select_for_update(skip_locked=True, no_key=True)
        ids = list(due.order_by("ask_at").values_list("pk", flat=True)[:WORDS_AT_ONCE])
        Registration.objects.filter(pk__in=ids).update(ask_at=Now() + timedelta(minutes=1))
    for pk in ids:
        publish(tasks.ask_about_words, registration_id=pk)
    return len(ids)


def next_words() -> datetime | None:
    return None if queries.send_held() else Registration.objects.aggregate(at=Min("ask_at"))["at"]


def next_look() -> datetime | None:
    return RosterWatch.objects.filter(pk=1).values_list("look_at", flat=True).first()


SOURCES = [
    staff.source(red_after=60.0),
    notices.source(red_after=None),
    questions.source(red_after=None),
    webhooks.source(red_after=None),
    Source(name="progress of batches", run=progress.show, next_due=progress.next_shown, red_after=60.0),
    Source(name="retention of messages", run=privacy.purge_messages, next_due=privacy.next_purge, red_after=None),
    Source(name="words at providers", run=hint_words, next_due=next_words, red_after=None),
    Source(name="roster gaps", run=warn_of_roster_gaps, next_due=next_look, red_after=3600.0),
]
