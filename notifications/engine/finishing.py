"""The end of a chunk's run and of a batch, and the moment of the first notice."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction

from accounts.actors import SYSTEM
from journal import operations as journal
from journal.clock import now, wake
from notifications import queries
from notifications.models import Batch, Chunk
from notifications.moves import COUNTED, OF_CHUNK, move_all, of_chunk
from notifications.progress import show_soon
from notifications.states import ChunkState, MessageState

S = MessageState

DIGEST = f"""
SELECT encode(sha256(convert_to(coalesce(string_agg(key || ' ' || state, E'\\n' ORDER BY id), ''), 'UTF8')), 'hex')
FROM notifications_message WHERE {OF_CHUNK}
"""


@transaction.atomic
def finish_chunk(chunk: Chunk, *, wait: int | None, until: datetime | None = None) -> None:
    """Give the chunk back: done, or due again after `wait` seconds, or, when it waits for a limit or the end of quiet
    hours only, at `until`; or waiting because its batch is paused. The last one of a batch finishes the batch.

    Journals notice.chunk_sent with the counts and the SHA-256 of its "key state" lines in order of id.
    """
    # The batch before the chunk, as everywhere: a pause or cancellation is either seen here or sees this chunk.
    batch = Batch.objects.select_for_update(no_key=True).filter(pk=chunk.batch_id).first() if chunk.batch_id else None
    row = Chunk.objects.select_for_update(no_key=True).filter(pk=chunk.pk, attempts=chunk.attempts).first()
    if row is None:
        return
    if batch is not None and batch.state == "cancelled":
        move_all(row, S.CANCELLED, origins=[S.QUEUED])
        row.refresh_from_db()
    queued = row.size - sum(getattr(row, name) for name in COUNTED)
    row.lease_until = None
    if not queued:
        row.state = ChunkState.DONE
    elif batch is not None and batch.state == "paused":
        row.state = ChunkState.WAITING
    else:
        moment = now()
        row.due_at = moment + timedelta(seconds=wait) if wait else max(until or moment, moment)
        row.retries += 1 if wait else 0
        wake()
        if batch is not None:
            show_soon([batch.pk])
    row.save(update_fields=["lease_until", "state", "due_at", "retries"])
    if row.state == ChunkState.DONE and batch is not None:
        journal_chunk(row, batch)
        finish_batch(batch)


def journal_chunk(chunk: Chunk, batch: Batch) -> None:
    with connection.cursor() as cursor:
        cursor.execute(DIGEST, of_chunk(chunk))
        digest = cursor.fetchone()[0]
    journal.write(
        kind="notice.chunk_sent",
        subject=f"batch:{batch.pk}",
        reference=batch.reference,
        by=SYSTEM,
        payload={
            "chunk": chunk.pk,
            "messages": chunk.size,
            "sent": chunk.sent + chunk.delivered,
            "failed": chunk.failed,
            "ambiguous": chunk.ambiguous,
            "cancelled": chunk.cancelled,
            "sha256": digest,
        },
        exercise=batch.exercise,
    )


def finish_batch(batch: Batch) -> None:
    """Close a launched batch once none of its chunks is left; the caller holds its row.

    Journals notice.batch_finished with the counts.
    """
    if batch.state != "launched" or Chunk.objects.filter(batch=batch).exclude(state=ChunkState.DONE).exists():
        return
    batch.finish()
    batch.finished_at = now()
    batch.save(update_fields=["state", "finished_at"])
    progress = queries.batch_progress(batch.pk)
    if batch.first_sent_at is None and progress.accepted:
        first_sent(batch)
    journal.write(
        kind="notice.batch_finished",
        subject=f"batch:{batch.pk}",
        reference=batch.reference,
        by=SYSTEM,
        payload={
            "total": batch.total,
            "sent": progress.accepted,
            "failed": progress.failed,
            "ambiguous": progress.ambiguous,
        },
        exercise=batch.exercise,
    )


def tell_first_sent(batch_ids: Iterable[int]) -> None:
    """Note when a batch's first message was taken: the figure that the law and the KPIs ask for.

    A transaction of its own, because a batch is locked before its chunks.
    """
    for batch_id in batch_ids:
        with transaction.atomic():
            batch = Batch.objects.select_for_update(no_key=True).get(pk=batch_id)
            if batch.first_sent_at is None:
                first_sent(batch)


def first_sent(batch: Batch) -> None:
    """Journals notice.first_sent, once per batch; the caller holds its row."""
    batch.first_sent_at = now()
    batch.save(update_fields=["first_sent_at"])
    journal.write(
        kind="notice.first_sent",
        subject=f"batch:{batch.pk}",
        reference=batch.reference,
        by=SYSTEM,
        payload={"template": f"purpose:{batch.template}"},
        exercise=batch.exercise,
    )
