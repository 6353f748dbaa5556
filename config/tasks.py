"""Housekeeping; nothing here is needed for any timer."""

from celery import shared_task
from django.core.management import call_command

from accounts.operations import forget_idempotent_calls
from config import watchdog
from dispatch.operations import forget_early
from notifications.operations import forget_old_deliveries, forget_old_numbers


@shared_task(name="config.housekeeping")
def housekeeping() -> None:
    """Forget expired sessions, the answers kept for repeated calls, old deliveries and orders that never came."""
    call_command("clearsessions")
    forget_idempotent_calls()
    forget_old_deliveries()
    forget_old_numbers()
    forget_early()


@shared_task(name="config.heartbeat")
def heartbeat() -> None:
    """Tell the monitor outside that the engine is healthy, or nothing at all."""
    watchdog.send_heartbeat()
