"""Limits of gateways, kept in PostgreSQL: what may leave now is decided under the gateway's row lock, in the
transaction that commits the calls. A gateway without limits is not locked, counted or written."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import Sum
from django.db.models.functions import Coalesce

from journal.clock import now, wake
from notifications import limits
from notifications.engine.calls import Piece
from notifications.gateways import derived_secret
from notifications.models import Attempt, Chunk, Gateway
from notifications.states import ChunkState
from notifications.transports import Item

SHORT = timedelta(seconds=1.5)  # a worker waits that long for room itself
AHEAD = 10  # seconds of a limit per second that one run takes on

USES = """
SELECT counts_until, cardinality(message_ids) FROM notifications_attempt
WHERE gateway_id = %s AND counts_until > %s
"""
# The times of a number's last day; a number with as many as the limit is left out of the answer.
COUNT_NUMBERS = """
INSERT INTO notifications_numberuse AS known (gateway_id, digest, times)
SELECT %s, digest, ARRAY[%s::timestamptz] FROM unnest(%s::bytea[]) AS digest
ON CONFLICT (gateway_id, digest) DO UPDATE SET
    times = ARRAY(SELECT t FROM unnest(known.times) AS t WHERE t > %s ORDER BY t) || excluded.times
WHERE (SELECT count(*) FROM unnest(known.times) AS t WHERE t > %s) < %s
RETURNING digest
"""
NUMBERS_FREE_AT = """
SELECT min((SELECT t FROM unnest(times) AS t ORDER BY t DESC OFFSET %s LIMIT 1)) FROM notifications_numberuse
WHERE gateway_id = %s AND digest = ANY(%s)
"""
GIVE_BACK_NUMBERS = """
UPDATE notifications_numberuse SET times = array_remove(times, %s::timestamptz)
WHERE gateway_id = %s AND digest = ANY(%s)
"""


def digest_of(destination: str) -> bytes:
    """A number under a key of this installation: enough to count by, nothing to read."""
    return hmac.new(derived_secret("numbers").encode(), destination.encode(), hashlib.sha256).digest()[:16]


def quiet_end(row: Gateway, moment: datetime) -> datetime | None:
    """When the gateway's quiet hours are over, should it have any now."""
    if row.quiet_from is None or row.quiet_until is None:
        return None
    return limits.quiet_until(moment.astimezone(ZoneInfo(settings.TIME_ZONE)), row.quiet_from, row.quiet_until)


class Meter:
    """A gateway's limits at one moment. Made with its row locked (`lock`), or without, as an estimate."""

    def __init__(self, row: Gateway, moment: datetime) -> None:
        self.row, self.moment = row, moment
        self.windows = limits.windows(row.per_second, row.per_minute)
        self.uses: list[limits.Use] = []
        if self.windows:
            with connection.cursor() as cursor:
                cursor.execute(USES, [row.pk, moment - max(window.length for window in self.windows)])
                self.uses = [limits.Use(until, count) for until, count in cursor.fetchall()]
        self.reserved: int | None = None

    def room(self, *, urgent: bool) -> int | None:
        """How many messages may leave now, None for any number. What is not urgent leaves room for what is."""
        if not self.windows:
            return None
        free = limits.room(self.uses, self.windows, self.moment)
        return free if urgent else max(0, free - self.urgent_waiting())

    def urgent_waiting(self) -> int:
        if self.reserved is None:
            waiting = Chunk.objects.filter(
                urgent=True, state=ChunkState.DUE, channel=self.row.channel, due_at__lte=self.moment
            )
            self.reserved = waiting.aggregate(n=Coalesce(Sum("size"), 0))["n"]
        return self.reserved

    def allowance(self, *, urgent: bool) -> int | None:
        """How many messages a run should take on."""
        free = self.room(urgent=urgent)
        if free is None or self.row.per_minute or not self.row.per_second:
            return free
        return max(free, self.row.per_second * AHEAD)

    def used(self, count: int, until: datetime) -> None:
        self.uses.append(limits.Use(until, count))

    def free_at(self, *, urgent: bool) -> datetime:
        wanted = 1 if urgent else 1 + self.urgent_waiting()
        return limits.room_at(self.uses, self.windows, self.moment, wanted)

    def write(self) -> None:
        """Keep when there is room again, for whoever claims; its row is locked."""
        if not self.windows:
            return
        room_at, bulk_at = self.free_at(urgent=True), self.free_at(urgent=False)
        if max(self.row.room_at or self.moment, self.moment) == room_at and (
            max(self.row.bulk_room_at or self.moment, self.moment) == bulk_at
        ):
            return
        self.row.room_at, self.row.bulk_room_at = room_at, bulk_at
        self.row.save(update_fields=["room_at", "bulk_room_at"])
        wake()

    def count_numbers(self, piece: Piece) -> tuple[Piece, tuple[Item, ...], datetime]:
        """Of a call, what its numbers' limit lets through, what not, and when the first of those may."""
        most = self.row.per_number_day
        if not most:
            return piece, (), self.moment
        digests = {digest_of(item.destination): item for item in piece.items}
        since = self.moment - limits.DAY
        with connection.cursor() as cursor:
            cursor.execute(COUNT_NUMBERS, [self.row.pk, self.moment, list(digests), since, since, most])
            free = {bytes(row[0]) for row in cursor.fetchall()}
            late = [digest for digest in digests if digest not in free]
            if not late:
                return piece, (), self.moment
            cursor.execute(NUMBERS_FREE_AT, [most - 1, self.row.pk, late])
            first = cursor.fetchone()[0] + limits.DAY
        allowed = tuple(item for digest, item in digests.items() if digest in free)
        return replace(piece, items=allowed), tuple(digests[digest] for digest in late), first


def lock(gateway_ids: Iterable[int]) -> dict[int, Meter]:
    """Meters of these gateways with their rows locked. The time is read after the locks are held."""
    ids = sorted(set(gateway_ids))
    if not ids:
        return {}
    rows = list(Gateway.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk"))
    moment = now()
    return {row.pk: Meter(row, moment) for row in rows}


def over(attempt_ids: Iterable[int]) -> None:
    """These calls have ended: they count from now on for a window's length only."""
    Attempt.objects.filter(pk__in=list(attempt_ids), counts_until__isnull=False).update(counts_until=now())


def give_back(attempt: Attempt, destinations: Iterable[str]) -> None:
    """A call that surely sent nothing takes nothing off its numbers' day."""
    with connection.cursor() as cursor:
        numbers = [digest_of(destination) for destination in destinations]
        cursor.execute(GIVE_BACK_NUMBERS, [attempt.started_at, attempt.gateway_id, numbers])
