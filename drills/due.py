"""What the clock does for drills: makes the moves that are due, and looks which moves the players owe.

Moves lie wholly inside the database. Short ones are made here; long ones are leased and handed to a worker, so that
other timers never wait for them, and made here after all when the broker is away.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Min

from drills.actions import ACTIONS
from drills.models import Exercise, Move, MoveState
from drills.operations import look_around, make_move
from journal import claims, hints
from journal.clock import Source

LEASE = timedelta(seconds=10)
BATCH = 4


def waiting():
    return Move.objects.filter(state=MoveState.WAITING, exercise__state=Exercise.State.RUNNING)


def make_due_moves() -> int:
    from drills.tasks import make_move as make_move_task

    moves = claims.claim(waiting(), lease=LEASE, limit=BATCH)
    for move in moves:
        if not (ACTIONS[move.action].long and hints.publish(make_move_task, move_id=move.pk)):
            make_move(move_id=move.pk)
    return len(moves)


def next_move() -> datetime | None:
    return claims.next_due(waiting())  # type: ignore[return-value]


def next_look() -> datetime | None:
    return Exercise.objects.filter(state=Exercise.State.RUNNING).aggregate(at=Min("look_at"))["at"]


SOURCES = [
    Source(name="drill moves", run=make_due_moves, next_due=next_move, red_after=30.0),
    Source(name="drill players", run=look_around, next_due=next_look, red_after=30.0),
]
