"""Making Duty rows from rotations: the same rows however often it is done, and nothing in the past is touched."""

from __future__ import annotations

import zoneinfo
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Duty, RosterWatch, Rotation
from accounts.queries.rotations import AHEAD, rotations, shape_of, taken_from, turns_ahead
from accounts.rotating import Piece
from journal import operations as journal
from journal.clock import now

EXTEND_EVERY = timedelta(days=1)
TOPIC = "roster"


def hold_roster() -> None:
    """One writer of turns at a time, as an import does; readers go on."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE accounts_duty IN SHARE ROW EXCLUSIVE MODE")


def ensure_watch(moment: datetime) -> None:
    """From the first roster on, the clock extends rotations and looks for gaps, the next morning first."""
    RosterWatch.objects.get_or_create(
        pk=1, defaults={"extend_at": moment + EXTEND_EVERY, "look_at": next_morning(moment)}
    )


def next_morning(moment: datetime) -> datetime:
    """The next 09:00 of the house's zone: gaps are told of when people can still act on them that day."""
    local = timezone.localtime(moment, zoneinfo.ZoneInfo(settings.TIME_ZONE))
    morning = local.replace(hour=9, minute=0, second=0, microsecond=0)
    return morning if morning > local else morning + timedelta(days=1)


def fill(rotation: Rotation, moment: datetime) -> int:
    """Make the rotation's turns for the next eight weeks where nothing with precedence lies; the caller holds the
    roster. Turns that are wanted already stay as they are, the others go; returns how many rows changed."""
    slot: dict[str, Any] = {"post": rotation.post, "region_code": rotation.region_code, "rank": rotation.rank}
    wanted: list[Piece] = []
    if rotation.retired_at is None:
        taken = taken_from(**slot, since=moment, rotation_id=rotation.pk)
        wanted = turns_ahead(shape_of(rotation), rotation.calendar, taken, moment, moment + AHEAD)
    open_rows = {(piece.user_id, piece.starts_at): piece for piece in wanted}
    changed = 0
    for row in Duty.objects.filter(rotation=rotation, ends_at__gt=moment).order_by("starts_at"):
        same_slot = all(getattr(row, field) == value for field, value in slot.items())
        # A turn that has begun keeps its beginning: who was on duty is history.
        piece = open_rows.pop((row.user_id, max(row.starts_at, moment)), None) if same_slot else None
        if piece is None and row.starts_at >= moment:
            row.delete()
        elif (ends_at := piece.ends_at if piece else moment) != row.ends_at:
            row.ends_at = ends_at
            row.save(update_fields=["ends_at"])
        else:
            continue
        changed += 1
    Duty.objects.bulk_create(
        Duty(**slot, user_id=piece.user_id, rotation=rotation, starts_at=piece.starts_at, ends_at=piece.ends_at)
        for piece in open_rows.values()
    )
    return changed + len(open_rows)


def fill_slot(*, post: str, region_code: str, rank: int, moment: datetime) -> None:
    """Let the slot's rotation make its turns again after something with precedence came or went."""
    for rotation in rotations().filter(post=post, region_code=region_code, rank=rank):
        fill(rotation, moment)


@transaction.atomic
def extend_rotations() -> int:
    """Make the turns of every rotation up to eight weeks ahead; the clock does so once a day.

    Journals nothing: these turns were decided when the rotation was saved. Returns 1 when it was time, else 0.
    """
    moment = now()
    watch = RosterWatch.objects.select_for_update(skip_locked=True).filter(pk=1, extend_at__lte=moment).first()
    if watch is None:
        return 0
    hold_roster()
    changed = sum(fill(rotation, moment) for rotation in rotations())
    watch.extend_at = moment + EXTEND_EVERY
    watch.save(update_fields=["extend_at"])
    if changed:
        journal.touch(TOPIC)
    return 1
