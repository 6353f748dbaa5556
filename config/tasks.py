"""Housekeeping; nothing here is needed for any timer."""

from celery import shared_task
from django.core.management import call_command

from accounts.operations import forget_idempotent_calls
from config import watchdog


@shared_task(name="config.housekeeping")
def housekeeping() -> None:
    """Forget expired sessions and the answers kept for repeated calls."""
    call_command("clearsessions")
    forget_idempotent_calls()


@shared_task(name="config.heartbeat")
def heartbeat() -> None:
    """Tell the monitor outside that the engine is healthy, or nothing at all."""
    watchdog.send_heartbeat()
