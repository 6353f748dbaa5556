"""Housekeeping; nothing here is needed for any timer."""

from celery import shared_task
from django.core.management import call_command


@shared_task(name="config.housekeeping")
def housekeeping() -> None:
    """Forget expired sessions."""
    call_command("clearsessions")
