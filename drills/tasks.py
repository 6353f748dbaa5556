"""Moves that take longer than a clock may wait."""

from __future__ import annotations

from celery import shared_task

from drills import operations


@shared_task(name="drills.make_move")
def make_move(*, move_id: int) -> None:
    """Make one move that a clock has leased; anybody may do it again without harm."""
    operations.make_move(move_id=move_id)
