"""Hints for the workers: ids in, one operation out."""

from __future__ import annotations

from celery import shared_task

from incidents import refreshing, systems


@shared_task(name="incidents.run_measure")
def run_measure(*, job_id: int) -> None:
    """Do the work of one measure of the system that is due, if nobody else is at it."""
    systems.run_job(job_id)


@shared_task(name="incidents.refresh_grades")
def refresh_grades() -> None:
    """Read the measured figures of every open incident whose turn has come."""
    refreshing.refresh_due()


@shared_task(name="incidents.refresh_grade")
def refresh_grade(*, incident_id: int) -> None:
    """Read the measured figures of one incident that something has just happened to."""
    refreshing.refresh_grade(incident_id=incident_id)
