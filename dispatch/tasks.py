"""Celery tasks of dispatch: ids in, one operation out. The row is the job; a task is a hint."""

from __future__ import annotations

from celery import shared_task

from accounts.actors import SYSTEM
from dispatch import operations


@shared_task(name="dispatch.solve_run")
def solve_run(*, run_id: int) -> None:
    """Solve a queued reroute run."""
    operations.solve_run(run_id=run_id)


@shared_task(name="dispatch.apply_waves")
def apply_waves(*, run_id: int) -> None:
    """Apply an approved run's waves one after the other."""
    operations.apply_waves(run_id=run_id, by=SYSTEM)


@shared_task(name="dispatch.count_loads")
def count_loads(*, attempt: int) -> None:
    """Count the orders on each way through the network."""
    operations.count_loads(attempt=attempt)
