"""Hints for the workers: ids in, one operation out."""

from __future__ import annotations

from celery import shared_task

from incidents import systems


@shared_task(name="incidents.run_measure")
def run_measure(*, job_id: int) -> None:
    """Do the work of one measure of the system that is due, if nobody else is at it."""
    systems.run_job(job_id)
