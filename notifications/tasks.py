"""Hints for the workers: they carry no ids of people and no texts; the rows say what is to be done."""

from __future__ import annotations

from celery import shared_task

from journal.hints import publish
from notifications import engine
from notifications.engine import asking, webhooks

STAFF_AT_ONCE = 4


@shared_task(name="notifications.tasks.send_staff_messages")
def send_staff_messages() -> None:
    """Send the urgent messages that are due."""
    while engine.send_due(urgent=True, limit=STAFF_AT_ONCE):
        pass


@shared_task(name="notifications.tasks.send_chunk")
def send_chunk() -> None:
    """Send one due chunk, and ask for another task when more are due."""
    if engine.send_due(urgent=False, limit=1) and engine.more_due(urgent=False):
        publish(send_chunk)


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
