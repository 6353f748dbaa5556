"""Clearing up what nobody knows, by asking the provider."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from accounts.actors import SYSTEM
from journal import claims
from journal import operations as journal
from journal.clock import now, wake
from journal.hints import nudge
from notifications import queries
from notifications.engine.run import pool
from notifications.models import Attempt, Batch, Chunk, Message
from notifications.moves import move
from notifications.routes import transport_of
from notifications.states import ChunkState, MessageState, Outcome
from notifications.transports import Ambiguous, Answer, Askable, Transport, TransportError

LEASE = timedelta(minutes=5)
SLOWEST = 300  # seconds between two questions, at most
# A provider that still denies a message after this long never got it: its own lists lag by minutes at most.
DENIAL_COUNTS_AFTER = timedelta(minutes=10)
GIVE_UP_AFTER = timedelta(hours=24)
S = MessageState
UNHEARD = object()


@dataclass(frozen=True)
class Question:
    attempt: Attempt
    transport: Transport | None
    message_id: int
    destination: str


def due_questions():
    return Attempt.objects.filter(outcome=Outcome.AMBIGUOUS)


def ask_due(limit: int = 4) -> int:
    """Ask the provider about up to `limit` unclear calls whose time has come; return how many were looked at.

    What the provider has is sent, delivered or failed as it says. What it denies for ten minutes is queued again:
    that is an informed repeat, not a blind one. Journals notice.resolved per call that brought news.
    """
    if queries.send_held():
        return 0
    attempts = claims.claim(due_questions(), lease=LEASE, limit=limit)
    for attempt in attempts:
        rows = Message.objects.filter(pk__in=attempt.message_ids, state=S.AMBIGUOUS).order_by("pk")
        transport = transport_of(attempt.gateway_id, attempt.channel)
        questions = [Question(attempt, transport, pk, where) for pk, where in rows.values_list("pk", "destination")]
        answers = dict(zip([q.message_id for q in questions], pool().map(ask, questions), strict=True))
        with transaction.atomic():
            note_answers(attempt, answers)
    return len(attempts)


def ask(question: Question) -> object:
    attempt, transport = question.attempt, question.transport
    if not isinstance(transport, Askable):
        return UNHEARD
    try:
        return transport.ask(key=attempt.key, destination=question.destination, since=attempt.started_at)
    except (TransportError, Ambiguous):
        return UNHEARD


def note_answers(attempt: Attempt, answers: dict[int, object]) -> None:
    chunk = Chunk.objects.select_for_update(no_key=True).get(pk=attempt.chunk_id)
    moment = now()
    moves: dict[tuple[str, str], list[int]] = defaultdict(list)
    denied: list[int] = []
    for message_id, answer in answers.items():
        if isinstance(answer, Answer):
            moves[answer.state, answer.code if answer.state == S.FAILED else ""].append(message_id)
        elif answer is None and moment - attempt.started_at >= DENIAL_COUNTS_AFTER:
            denied.append(message_id)
    found = 0
    for (state, code), ids in moves.items():
        found += len(move(chunk.pk, ids, MessageState(state), code=code, origins=[S.AMBIGUOUS]))
    if move(chunk.pk, denied, S.QUEUED, code="denied", origins=[S.AMBIGUOUS]):
        Chunk.objects.filter(pk=chunk.pk, state=ChunkState.DONE).update(state=ChunkState.DUE, due_at=moment)
        hint(chunk)
    left = Message.objects.filter(pk__in=attempt.message_ids, state=S.AMBIGUOUS).count()
    if left and moment - attempt.started_at < GIVE_UP_AFTER:
        pause = min(SLOWEST, 10 * 2 ** min(attempt.attempts, 8))
        fields: dict[str, object] = {"due_at": moment + timedelta(seconds=pause), "lease_until": None}
        wake()
    elif left:
        fields = {"outcome": Outcome.UNKNOWN, "finished_at": moment, "lease_until": None}
    else:
        outcome = Outcome.REJECTED if denied and not found else Outcome.ACCEPTED
        fields = {"outcome": outcome, "finished_at": moment, "lease_until": None}
    Attempt.objects.filter(pk=attempt.pk, attempts=attempt.attempts, outcome=Outcome.AMBIGUOUS).update(**fields)
    if answers and (found or denied):
        note(attempt, chunk, asked=len(answers), found=found, denied=len(denied), unclear=left)


def hint(chunk: Chunk) -> None:
    from notifications import tasks

    nudge(tasks.send_staff_messages if chunk.urgent else tasks.send_chunk)


def note(attempt: Attempt, chunk: Chunk, **figures: int) -> None:
    if chunk.batch_id:
        batch = Batch.objects.get(pk=chunk.batch_id)
        subject, reference = f"batch:{batch.pk}", batch.reference
    else:
        subject, reference = f"message:{chunk.first}", Message.objects.get(pk=chunk.first).reference
    journal.write(
        kind="notice.resolved",
        subject=subject,
        reference=reference,
        by=SYSTEM,
        payload={"attempt": attempt.pk, **figures},
        exercise=chunk.exercise,
    )
