"""Celery tasks as hints. The row is the job; a hint only makes it start sooner."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

import structlog
from celery import Task
from django.db import connection, transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger()

LEAVE_ALONE = 5.0  # seconds after a failure: a broker that hangs must not cost every commit its time-out
away: dict[str, float] = {}  # broker → until when it is left alone, monotonic


# What a thread of this process still has to do; None: it is done where it arises.
aside: SimpleQueue[Callable[[], object]] | None = None


def nudge(task: Task, **ids: int | str) -> None:
    """Once the transaction commits, ask a worker to look at these rows now. A broker that is away is not an error:
    the sweep of the table finds the row."""
    transaction.on_commit(lambda: leave(lambda: publish(task, **ids)))


def leave(job: Callable[[], object]) -> None:
    """Do something that may have to wait for the broker: aside, where `work_aside` was called, else here and now."""
    if aside is None:
        job()
    else:
        aside.put(job)


def work_aside() -> None:
    """From now on hints of this process leave from a thread of its own: a clock must not wait for a broker that takes
    connections and does not answer, because the next rung of a call-out would wait with it."""
    global aside
    if aside is not None:
        return
    waiting: SimpleQueue[Callable[[], object]] = SimpleQueue()
    aside = waiting

    def work() -> None:
        while True:
            try:
                waiting.get()()
            except Exception:
                log.exception("hint not published")
            finally:
                connection.close()  # if the job opened one: the next may come after a restart of the database

    threading.Thread(target=work, name="hints", daemon=True).start()


def publish(task: Task, **ids: int | str) -> bool:
    """Publish now; False when the broker is away, or was a moment ago."""
    broker = str(task.app.conf.broker_url)
    if away.get(broker, 0.0) > time.monotonic():
        return False
    try:
        task.apply_async(kwargs=ids, ignore_result=True)
    except (OperationalError, OSError) as error:
        away[broker] = time.monotonic() + LEAVE_ALONE
        log.warning("hint not published", task=task.name, error=str(error))
        return False
    return True
