"""Making one move: exactly once, whoever tries."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection, transaction

from accounts.actors import NotAllowed
from drills.actions import ACTIONS, Stage
from drills.actors import actor_of
from drills.models import MOVE_STEPS, Exercise, Move, MoveState
from drills.refusals import NotYet
from journal import clock
from journal import operations as journal
from journal.refusal import Refusal

LOOK_AGAIN = timedelta(seconds=0.5)
MOST_TRIES = 8
MOST_ATTEMPTS = 6  # leases that ran out: a worker dies of it each time


@transaction.atomic
def make_move(*, move_id: int) -> str:
    """Do what a waiting move says, through the operation that a person would use, and return its new state.

    The move's state commits with the effect, so a second worker, a doubled hint or a kill changes nothing. A refusal
    is tried again a few times, then the move is failed with the refusal's words; an answer that somebody else gave
    meanwhile is skipped. Writes no entry of its own: the operation does.
    """
    # 1. Lock the exercise against its end (but not against other moves), then the move.
    move = Move.objects.filter(pk=move_id).first()
    if move is None or not running(move.exercise_id):
        return MoveState.SKIPPED
    move = Move.objects.select_for_update(of=("self",)).select_related("exercise").get(pk=move_id)
    if move.state != MoveState.WAITING:
        return move.state
    now = clock.now()
    stage = Stage(move.exercise, move, actor_of(move.actor), now)
    if move.attempts > MOST_ATTEMPTS:
        return settle(move, MoveState.FAILED, "given up after several workers died of it")
    # 2. Do it; a refusal undoes it whole.
    try:
        with transaction.atomic():
            outcome = ACTIONS[move.action].run(stage, **arguments_of(move))
    except NotYet as wait:
        return wait_again(move, LOOK_AGAIN, str(wait))
    except (Refusal, NotAllowed) as refusal:
        move.tries += 1
        if move.tries >= MOST_TRIES:
            return settle(move, MoveState.FAILED, str(refusal))
        return wait_again(move, LOOK_AGAIN * move.tries, str(refusal))
    # 3. Done, or found done.
    if outcome is None:
        return settle(move, MoveState.SKIPPED, "")
    return settle(move, MoveState.DONE, outcome)


def running(exercise_id: int) -> bool:
    """Whether the exercise runs, held so until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT state FROM drills_exercise WHERE id = %s FOR KEY SHARE", [exercise_id])
        return cursor.fetchone() == (Exercise.State.RUNNING.value,)


def arguments_of(move: Move) -> dict[str, object]:
    return {name: value for name, value in move.arguments.items() if name != "patience"}


def wait_again(move: Move, pause: timedelta, why: str) -> str:
    move.due_at = clock.now() + pause
    move.lease_until = None
    move.attempts = 0
    move.outcome = why[:300]
    move.save(update_fields=["due_at", "lease_until", "attempts", "outcome", "tries"])
    return move.state


def settle(move: Move, state: str, outcome: str) -> str:
    """The one place where a single move's state is written."""
    assert state in MOVE_STEPS[MoveState.WAITING]
    move.state = state
    move.made_at = clock.now()
    move.outcome = outcome[:300]
    move.lease_until = None
    move.save(update_fields=["state", "made_at", "outcome", "lease_until"])
    journal.touch(move.exercise.reference)
    return state
