"""What providers report afterwards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.db import transaction

from accounts.actors import Actor
from journal import operations as journal
from journal.clock import Now
from journal.models import Entry
from journal.refusal import Refusal
from notifications.models import Attempt, Chunk, Message
from notifications.moves import move
from notifications.noting import note_messages
from notifications.progress import show_soon
from notifications.states import MessageState, Outcome
from notifications.transports.aliyun import bare_number

S = MessageState


@dataclass(frozen=True)
class Report:
    """One line of a provider's receipt: our call's key and the number (which a call to one needs not name), or the
    provider's own `serial` of the message; whether the person has it, None while a call goes on; the key that was
    `pressed` during a call."""

    out_id: str
    number: str
    delivered: bool | None
    code: str = ""
    serial: str = ""
    pressed: str = ""


class TooEarly(Refusal):
    """The receipt overtook the answer to its call: the provider sends it again in a moment."""

    status: ClassVar[int] = 503


@dataclass(frozen=True)
class ReceiptCounts:
    """How many lines said something new, said nothing new, or were about no message of ours."""

    applied: int
    known: int
    foreign: int


@transaction.atomic
def record_receipts(*, reports: Sequence[Report], by: Actor) -> ReceiptCounts:
    """Apply receipts in any order, any number of times.

    A proof of delivery is final and counts from every state. A report of failure moves only what is under way, and
    only when it is about the message's newest call: a stale one is ignored. Journals notice.delivered or
    notice.failed for messages to staff; batches show in their counters.
    """
    keys = {report.out_id for report in reports if report.out_id}
    attempts = {attempt.key: attempt for attempt in Attempt.objects.filter(key__in=keys)}
    serials = by_serial({report.serial for report in reports if report.serial}, attempts)
    chunk_ids = sorted({attempt.chunk_id for attempt in attempts.values()})
    chunks = {
        chunk.pk: chunk
        for chunk in Chunk.objects.select_for_update(no_key=True).filter(pk__in=chunk_ids).order_by("pk")
    }
    wanted = [pk for attempt in attempts.values() for pk in attempt.message_ids]
    numbers = {pk: bare_number(to) for pk, to in Message.objects.filter(pk__in=wanted).values_list("pk", "destination")}
    by_number = {
        (key, numbers[pk]): pk for key, attempt in attempts.items() for pk in attempt.message_ids if pk in numbers
    }
    delivered: dict[int, set[int]] = defaultdict(set)
    failed: dict[tuple[int, str, bool], set[int]] = defaultdict(set)
    pressed: dict[int, str] = {}
    foreign = 0
    for report in reports:
        key, pk = serials.get(report.serial, (report.out_id, None))
        pk = pk or by_number.get((key, bare_number(report.number))) or the_only_one(attempts.get(key), report)
        if pk is None:
            foreign += 1
            continue
        if report.delivered:
            delivered[attempts[key].chunk_id].add(pk)
        elif report.delivered is False and not superseded(attempts[key], pk):
            attempt = attempts[key]
            failed[attempt.chunk_id, report.code, attempt.outcome == Outcome.OPEN].add(pk)
        if report.pressed:
            pressed[pk] = report.pressed[:8]
    moved: dict[int, list[tuple[str, list[int], str]]] = defaultdict(list)
    for chunk_id, ids in delivered.items():
        if done := move(chunk_id, sorted(ids), S.DELIVERED):
            moved[chunk_id].append(("notice.delivered", sorted(done), ""))
    for (chunk_id, code, calling), ids in failed.items():
        # What is queued again after a call has nothing to do with that call's end.
        origins = [S.QUEUED, S.AMBIGUOUS, S.SENT] if calling else [S.AMBIGUOUS, S.SENT]
        if done := move(chunk_id, sorted(ids), S.FAILED, code=code[:64] or "undelivered", origins=origins):
            moved[chunk_id].append(("notice.failed", sorted(done), code))
    applied = sum(len(ids) for rows in moved.values() for _kind, ids, _code in rows)
    for chunk_id, rows in sorted(moved.items()):
        if chunks[chunk_id].batch_id is None:
            for kind, changed, code in rows:
                note_messages(kind, changed, by, code=code)
    show_soon(batch_id for pk in moved if (batch_id := chunks[pk].batch_id) is not None)
    answered(pressed, by)
    return ReceiptCounts(applied, len(reports) - foreign - applied, foreign)


def the_only_one(attempt: Attempt | None, report: Report) -> int | None:
    """The message of a call that carried no other, for a report without a number."""
    if attempt is None or report.number or len(attempt.message_ids) != 1:
        return None
    return attempt.message_ids[0]


def by_serial(serials: set[str], attempts: dict[str, Attempt]) -> dict[str, tuple[str, int]]:
    """{serial: (key, message id)}; the calls found join `attempts`. Raises TooEarly while an unknown one may be the
    answer to a call that is under way."""
    if not serials:
        return {}
    found: dict[str, tuple[str, int]] = {}
    for attempt in Attempt.objects.filter(serials__overlap=sorted(serials)):
        attempts[attempt.key] = attempt
        pairs = zip(attempt.serials or [], attempt.message_ids, strict=True)
        found.update({serial: (attempt.key, pk) for serial, pk in pairs if serial})
    if serials - found.keys() and Attempt.objects.filter(outcome=Outcome.OPEN, due_at__gt=Now()).exists():
        raise TooEarly("a call is under way; send it again")
    return found


def answered(pressed: dict[int, str], by: Actor) -> None:
    """A key pressed during a call to staff, noted once. Journals notice.answered: whoever called decides what it
    means."""
    for message in Message.objects.filter(pk__in=pressed, batch=None, user__isnull=False).order_by("pk"):
        subject = f"message:{message.pk}"
        if Entry.objects.filter(subject=subject, kind="notice.answered").exists():
            continue
        journal.write(
            kind="notice.answered",
            subject=subject,
            reference=message.reference,
            by=by,
            payload={"to": f"user:{message.user_id}", "key": message.key, "pressed": pressed[message.pk]},
            exercise=message.exercise,
        )


def superseded(attempt: Attempt, message_id: int) -> bool:
    """Whether a later call was made for the message, so that this call's failure says nothing about it any more."""
    later = Attempt.objects.filter(chunk_id=attempt.chunk_id, pk__gt=attempt.pk)
    return later.filter(message_ids__contains=[message_id]).exists()
