"""The house's time and the engine that enforces it.

A clock is a loop with its own database connection, and a process has two of them (see `run_clocks`). It sleeps until
the next due row of any *source*, is woken by NOTIFY when an earlier one appears, and lets each source do what is due.
Any number of clocks may run; sources claim rows with SKIP LOCKED, so each effect happens once. Redis plays no part.
"""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import Error as DatabaseError
from django.db import connection, models

log = structlog.get_logger()

WAKE_CHANNEL = "fenghuo_clock"
LONGEST_SLEEP = 1.0  # seconds; what a lost wake-up costs at most
BEAT_EVERY = 5.0
# A peer holds the due rows, or they may not be done yet: look again soon, then less often.
SHORTEST_PAUSE, CONTENDED_PAUSE = 0.005, 0.1
FAILED_PAUSE = 1.0


class Now(models.Func):
    """`fenghuo_now()` as one value per statement, usable in filters, updates and annotations."""

    template = "(SELECT fenghuo_now())"
    output_field = models.DateTimeField()


def now() -> datetime:
    """The database's time. Operations read it after they hold their locks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT fenghuo_now()")
        return cursor.fetchone()[0]


def wake() -> None:
    """Tell every clock, when this transaction commits, that something may be due earlier than it thinks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [WAKE_CHANNEL])


@dataclass(frozen=True)
class Source:
    """A kind of due row.

    `run` does one bounded batch of what is due, in its own transactions, and returns how many rows it handled.
    `next_due` tells when the next row falls due, or None. `red_after` is how late (seconds) the oldest due row may be
    before `/health/engine` calls the engine sick; None for work that may rightly wait (a sweep of hints). An `urgent`
    source has a loop of its own: its rows must not wait for those of the others.
    """

    name: str
    run: Callable[[], int]
    next_due: Callable[[], datetime | None]
    red_after: float | None = 10.0
    urgent: bool = False


class Clock:
    """One loop over its sources; `step` is one round, so tests can drive it by hand."""

    def __init__(self, name: str, sources: Iterable[Source]) -> None:
        self.name = name
        self.sources = list(sources)
        self.resting: dict[str, float] = {}
        self.contended: dict[str, float] = {}
        self.beat_due = 0.0

    def step(self) -> float:
        """Do what is due once; return how many seconds may be slept, 0 when there may be more to do."""
        monotonic = time.monotonic()
        if monotonic >= self.beat_due:
            self.beat()
            self.beat_due = monotonic + BEAT_EVERY
        return min((self.tend(source) for source in self.sources), default=LONGEST_SLEEP)

    def tend(self, source: Source) -> float:
        """One batch of one source; return how many seconds it can be left alone, 0 when there may be more to do."""
        monotonic = time.monotonic()
        if self.resting.get(source.name, 0.0) > monotonic:
            return LONGEST_SLEEP
        try:
            due = source.next_due()
            wait = LONGEST_SLEEP if due is None else (due - now()).total_seconds()
            if wait <= 0 and source.run():
                self.contended.pop(source.name, None)
                return 0.0
        except DatabaseError:
            if connection.connection is None or connection.connection.closed:
                raise
            log.exception("clock source failed", source=source.name)
            self.resting[source.name] = monotonic + FAILED_PAUSE
        except Exception:
            # One broken kind of work must not stop the timers of the others.
            log.exception("clock source failed", source=source.name)
            self.resting[source.name] = monotonic + FAILED_PAUSE
        else:
            if wait > 0:
                self.contended.pop(source.name, None)
                return min(LONGEST_SLEEP, wait)
            pause = self.contended.get(source.name, SHORTEST_PAUSE)
            self.contended[source.name] = min(pause * 2, CONTENDED_PAUSE)
            return pause
        return LONGEST_SLEEP

    def beat(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO journal_clockbeat (clock, beat_at) VALUES (%s, clock_timestamp())"
                " ON CONFLICT (clock) DO UPDATE SET beat_at = excluded.beat_at",
                [self.name],
            )
            cursor.execute("DELETE FROM journal_clockbeat WHERE beat_at < clock_timestamp() - interval '1 day'")
            cursor.execute("DELETE FROM journal_touch WHERE at < clock_timestamp() - interval '5 minutes'")

    def listen(self) -> None:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {WAKE_CHANNEL}")

    def run(self, stopping: Callable[[], bool]) -> None:
        """Loop until `stopping()`; a lost database connection is reopened for as long as it takes."""
        while not stopping():
            try:
                self.listen()
                while not stopping():
                    self.sleep(self.step())
            except DatabaseError as error:
                log.warning("clock lost its database", clock=self.name, error=str(error).strip())
                connection.close()
                time.sleep(0.2)

    @staticmethod
    def sleep(seconds: float) -> None:
        raw = connection.connection
        # A wake-up that came while this round's queries ran was read with their answers: select would not see it.
        if seconds > 0 and not raw.notifies:
            select.select([raw], [], [], seconds)
        raw.poll()
        raw.notifies.clear()


def run_clocks(name: str, sources: Iterable[Source], stopping: Callable[[], bool]) -> None:
    """Run one clock for the urgent sources beside one for all the others until `stopping()`.

    Each has its own thread and connection. Should one of them end by an error, both end, and whoever started the
    process starts it again.
    """
    sources = list(sources)
    over = threading.Event()

    def ended() -> bool:
        return over.is_set() or stopping()

    def run(clock: Clock) -> None:
        try:
            clock.run(ended)
        finally:
            over.set()
            connection.close()

    urgent = Clock(f"{name} urgent", [source for source in sources if source.urgent])
    thread = threading.Thread(target=run, args=[urgent], name="urgent", daemon=True)
    thread.start()
    run(Clock(name, [source for source in sources if not source.urgent]))
    thread.join()


def engine_state(sources: Iterable[Source]) -> tuple[bool, dict[str, object]]:
    """Whether the engine is healthy, and the figures that say why.

    `clocks` beat within the last 15 seconds; `late` are the sources whose oldest due row waits longer than it may;
    `waiting` is, for every source with something due, how long in seconds, whether it may wait or not.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), extract(epoch FROM clock_timestamp() - max(beat_at)) FROM journal_clockbeat"
            " WHERE beat_at > clock_timestamp() - interval '15 seconds'"
        )
        alive, age = cursor.fetchone()
    moment = now()
    late: dict[str, float] = {}
    waiting: dict[str, float] = {}
    for source in sources:
        due = source.next_due()
        seconds = round((moment - due).total_seconds(), 1) if due is not None else 0.0
        if seconds > 0:
            waiting[source.name] = seconds
        if source.red_after is not None and seconds > source.red_after:
            late[source.name] = seconds
    return alive > 0 and not late, {
        "clocks": alive,
        "newest_beat_seconds": round(float(age), 1) if age is not None else None,
        "late": late,
        "waiting": waiting,
    }
