"""Personal data of messages: who looks behind the mask and why, and how long it is kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from accounts.actors import CLOCK, Actor
from accounts.roles import Permission
from journal import operations as journal
from journal.clock import now, wake
from journal.refusal import Invalid
from notifications.models import Attempt, Chunk, Consent, Message, Retention
from notifications.moves import OF_CHUNK, of_chunk
from notifications.states import ChunkState

CHUNKS_AT_ONCE = 20
DAILY = timedelta(days=1)
LONGEST = 3650
WIPE = f"""
UPDATE notifications_message SET destination = '', variables = '{{}}', subject = '', body = ''
WHERE {OF_CHUNK} AND (destination <> '' OR body <> '')
"""


class ViewReason(TextChoices):
    COMPLAINT = "complaint", pgettext_lazy("view reason", "a complaint")
    RECEIPT = "receipt", pgettext_lazy("view reason", "ask the provider about it")
    NUMBER = "number", pgettext_lazy("view reason", "check the number")
    AUTHORITY = "authority", pgettext_lazy("view reason", "asked by an authority")


class BadViewReason(Invalid):
    """Looking behind the mask needs one of the known reasons."""


class BadRetention(Invalid):
    """Personal data is kept for 1 to 3650 days."""


@transaction.atomic
def unmask_message(*, message_id: int, reason: str, by: Actor) -> str:
    """The whole address of a message, "" when it was purged.

    Journals message.unmasked with the reason's code, never the address. Raises BadViewReason, NotAllowed,
    Message.DoesNotExist.
    """
    by.require(Permission.SERVE_CUSTOMERS)
    if reason not in ViewReason.values:
        raise BadViewReason(_("Say what for: choose one of the reasons."), allowed=ViewReason.values)
    message = Message.objects.get(pk=message_id)
    journal.write(
        kind="message.unmasked",
        subject=f"message:{message.pk}",
        by=by,
        payload={"message": message.pk, "reason": f"view_reason:{reason}"},
        exercise=message.exercise,
    )
    return message.destination


@transaction.atomic
def set_retention(*, days: int, by: Actor) -> Retention:
    """Change how long messages keep personal data. Journals retention.changed. Raises BadRetention, NotAllowed."""
    by.require(Permission.MANAGE_TEMPLATES)
    if not 1 <= days <= LONGEST:
        raise BadRetention(_("Choose between 1 and 3650 days."))
    row = retention(lock=True)
    if row.days != days:
        row.days, row.changed_by, row.purge_at = days, str(by), now()
        row.save()
        journal.write(kind="retention.changed", subject="retention:messages", by=by, payload={"days": days})
        wake()
    return row


def retention(*, lock: bool = False) -> Retention:
    rows = Retention.objects.select_for_update() if lock else Retention.objects
    return rows.filter(pk=1).first() or Retention.objects.get_or_create(pk=1, defaults={"purge_at": now()})[0]


@transaction.atomic
def purge_messages() -> int:
    """Wipe addresses, values and texts of messages that were sent longer ago than the retention says; a bounded
    number a call, in the clock. States, times and codes stay, and so does the journal, which holds ids only.

    Journals retention.purged with counts. Returns how many messages were wiped.
    """
    row = Retention.objects.select_for_update(skip_locked=True).filter(pk=1).first()
    moment = now()
    if row is None or row.purge_at > moment:
        return 0
    old = Chunk.objects.filter(state=ChunkState.DONE, purged_at=None, due_at__lt=moment - timedelta(days=row.days))
    chunks = list(old.order_by("due_at")[:CHUNKS_AT_ONCE])
    wiped = 0
    with connection.cursor() as cursor:
        for chunk in chunks:
            cursor.execute(WIPE, of_chunk(chunk))
            wiped += cursor.rowcount
    Attempt.objects.filter(chunk__in=chunks).exclude(detail="").update(detail="")
    Consent.objects.filter(attempt__chunk__in=chunks).update(openid="")
    Chunk.objects.filter(pk__in=[chunk.pk for chunk in chunks]).update(purged_at=moment)
    row.purge_at = moment if len(chunks) == CHUNKS_AT_ONCE else moment + DAILY
    row.save(update_fields=["purge_at"])
    if wiped:
        payload = {"chunks": len(chunks), "messages": wiped, "days": row.days}
        journal.write(kind="retention.purged", subject="retention:messages", by=CLOCK, payload=payload)
    return wiped


def next_purge() -> datetime | None:
    return Retention.objects.filter(pk=1).values_list("purge_at", flat=True).first()
