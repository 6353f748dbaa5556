"""Sending: see the package's docstring for the flow. Entry points for tasks, clock and sweeps."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from journal import claims
from journal.clock import Now
from notifications import queries
from notifications.engine.run import LEASE, Run
from notifications.models import Chunk
from notifications.states import ChunkState


def due_chunks(*, urgent: bool) -> QuerySet[Chunk]:
    return Chunk.objects.filter(state=ChunkState.DUE, urgent=urgent)


def send_due(*, urgent: bool, limit: int) -> int:
    """Claim up to `limit` due chunks, send them together, and return how many were claimed.

    Nothing is claimed while sending is held. Several processes may call it at once.
    """
    if queries.send_held():
        return 0
    chunks = claims.claim(due_chunks(urgent=urgent), lease=LEASE, limit=limit)
    if chunks:
        Run(chunks).execute()
    return len(chunks)


def more_due(*, urgent: bool) -> bool:
    """Whether another chunk could be claimed now."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=Now())
    return due_chunks(urgent=urgent).filter(free, due_at__lte=Now()).exists()
