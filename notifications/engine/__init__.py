"""Sending: see the package's docstring for the flow. Entry points for tasks, clock and sweeps."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Min, QuerySet

from journal import claims
from journal.clock import now
from notifications import queries
from notifications.engine.run import LEASE, Run
from notifications.models import Chunk
from notifications.routes import full_channels
from notifications.states import ChunkState


def due_chunks(*, urgent: bool) -> QuerySet[Chunk]:
    """Those to be sent; while a channel's gateway is full because of its limits, none that go through it."""
    rows = Chunk.objects.filter(state=ChunkState.DUE, urgent=urgent)
    full = full_channels(urgent=urgent, moment=now())
    return rows.exclude(channel__in=list(full), through=None) if full else rows


def next_room(*, urgent: bool) -> datetime | None:
    """When the first full channel that has something waiting takes the next message."""
    full = full_channels(urgent=urgent, moment=now())
    if not full:
        return None
    waiting = Chunk.objects.filter(state=ChunkState.DUE, urgent=urgent, channel__in=list(full))
    firsts = waiting.order_by().values_list("channel").annotate(at=Min("due_at"))
    return min((max(at, full[channel]) for channel, at in firsts), default=None)


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
