"""Reads of drills."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet

from accounts.naming import in_language
from drills import sample_lekima
from drills.models import Exercise, Move, MoveState
from journal import clock
from journal.kinds import names_in

RECENT = 14


def running_exercise() -> Exercise | None:
    """The exercise that runs now, if one does."""
    return Exercise.objects.filter(state=Exercise.State.RUNNING).select_related("incident", "plan").first()


def exercises() -> QuerySet[Exercise]:
    """All exercises, newest first, with how many moves were made and how many failed."""
    return Exercise.objects.select_related("incident", "plan").annotate(
        made=Count("moves", filter=Q(moves__state=MoveState.DONE)),
        failed=Count("moves", filter=Q(moves__state=MoveState.FAILED)),
    )


@dataclass(frozen=True)
class Pace:
    """How far an exercise has come: drill time passed, and how fast it runs now."""

    elapsed: timedelta
    factor: float


def pace(exercise: Exercise) -> Pace:
    """Drill time since the start, still after the end."""
    now = exercise.ended_at or clock.now()
    if exercise.started_at is None:
        return Pace(timedelta(), exercise.factor)
    times = exercise.times
    return Pace(times.between(exercise.started_at, now), times.factor_at(now))


@dataclass(frozen=True)
class MoveRow:
    """A move as shown: who, what, at which drill time."""

    move: Move
    who: str
    at: timedelta


def move_rows(exercise: Exercise) -> list[MoveRow]:
    """All moves of an exercise by drill time; hours of deliveries are left out, they are a curve."""
    moves = list(exercise.moves.exclude(action="deliver").order_by("at_minutes", "id"))
    named = names_in(move.actor for move in moves)
    return [
        MoveRow(move, named.get(move.actor, move.actor), timedelta(minutes=max(move.at_minutes, 0.0))) for move in moves
    ]


def recent_moves(exercise: Exercise) -> list[MoveRow]:
    """What was done last, newest first."""
    moves = exercise.moves.exclude(action="deliver").filter(state=MoveState.DONE).order_by("-made_at", "-id")[:RECENT]
    rows = list(moves)
    named = names_in(move.actor for move in rows)
    return [MoveRow(move, named.get(move.actor, move.actor), drill_time(exercise, move.made_at)) for move in rows]


def drill_time(exercise: Exercise, at: datetime | None) -> timedelta:
    if at is None or exercise.started_at is None:
        return timedelta()
    return exercise.times.between(exercise.started_at, at)


def storm_track(exercise_id: int) -> dict[str, Any] | None:
    """The storm of an exercise for the map: points with drill time passed or still ahead, and its name; None when the
    exercise has no storm."""
    exercise = Exercise.objects.filter(pk=exercise_id).first()
    if exercise is None or exercise.started_at is None or exercise.script.get("code") != "lekima":
        return None
    landfall = exercise.started_at + timedelta(minutes=exercise.script.get("report_at", 0))
    moment = exercise.started_at + pace(exercise).elapsed
    return {
        "track_name": in_language(sample_lekima.STORM, sample_lekima.STORM_EN),
        "track": [
            {
                "lat": point.lat,
                "lon": point.lon,
                "wind": point.wind,
                "at": point.at.isoformat(),
                "forecast": point.at > moment,
            }
            for point in sample_lekima.track(landfall)
        ],
    }
