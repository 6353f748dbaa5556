"""Hints for the workers: they carry no ids of people and no texts; the rows say what is to be done."""

from __future__ import annotations

import time

from celery import shared_task

from journal.hints import publish
from notifications import engine
from notifications.engine import asking, webhooks
from notifications.operations.registrations import ask_about

STAFF_AT_ONCE = 4
TURN = 5.0  # seconds


@shared_task(name="notifications.tasks.send_staff_messages")
def send_staff_messages() -> None:
    """Send the urgent messages that are due."""
    while engine.send_due(urgent=True, limit=STAFF_AT_ONCE):
        pass


@shared_task(name="notifications.tasks.send_chunk")
def send_chunk() -> None:
    """Send due chunks, and after a while ask for another task, so that others have their turn."""
    until = time.monotonic() + TURN
    while engine.send_due(urgent=False, limit=1):
        if time.monotonic() > until:
            publish(send_chunk)
            return


@shared_task(name="notifications.tasks.ask_provider")
def ask_provider() -> None:
    """Ask about unclear calls."""
    if asking.ask_due():
        publish(ask_provider)


@shared_task(name="notifications.send_webhooks")
def send_webhooks() -> None:
    """Send the events that are due to systems outside, unless another worker is at it."""
    if webhooks.send_due() and webhooks.more_due():
        publish(send_webhooks)


@shared_task(name="notifications.tasks.ask_about_words")
def ask_about_words(*, registration_id: int) -> None:
    """Ask a provider what it said of words."""
    ask_about(registration_id)
