"""A launched notice, and what became of its messages, as the engine would write it."""

from __future__ import annotations

from accounts.actors import SYSTEM
from customers import operations
from customers.models import NoticeRun
from notifications.models import Batch, Chunk, Message
from notifications.moves import move
from tests.customers.conftest import REFERENCE, freeze


def launch_to(order, people: int, reference: str = REFERENCE) -> NoticeRun:
    """A notice of a delay to so many customers, launched."""
    for number in range(1, people + 1):
        order(number)
    freeze(SYSTEM, reference=reference)
    run = operations.prepare_notice(reference=reference, template="delay", by=SYSTEM, cause="台风")
    return operations.launch_notice(notice_id=run.pk, by=SYSTEM)


def settle(destination: str, *states: str, code: str = "") -> Message:
    """Move the newest message to an address through `states`."""
    message = Message.objects.filter(destination=destination).order_by("-id")[0]
    chunk = Chunk.objects.get(
        batch_id=message.batch_id,
        template_id=message.template_id,
        first__lte=message.pk,
        last__gte=message.pk,
    )
    for state in states:
        assert move(chunk.pk, [message.pk], state, code=code if state == states[-1] else "")
    message.refresh_from_db()
    return message


def failed(destination: str, code: str = "MK:0001") -> Message:
    return settle(destination, "sent", "failed", code=code)


def sent(destination: str) -> Message:
    return settle(destination, "sent")


def messages() -> list[tuple[str, str, str]]:
    """(channel, destination, state) in the order in which they were queued."""
    return list(Message.objects.order_by("id").values_list("channel", "destination", "state"))


def batches() -> int:
    return Batch.objects.count()
