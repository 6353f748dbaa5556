"""Celery tasks as hints. The row is the job; a hint only makes it start sooner."""

from __future__ import annotations

import time

import structlog
from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger()

LEAVE_ALONE = 5.0  # seconds after a failure: a broker that hangs must not cost every commit its time-out
away: dict[str, float] = {}  # broker → until when it is left alone, monotonic


def nudge(task: Task, **ids: int | str) -> None:
    """Once the transaction commits, ask a worker to look at these rows now. A broker that is away is not an error:
    the sweep of the table finds the row."""
    transaction.on_commit(lambda: publish(task, **ids))


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
