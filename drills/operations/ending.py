"""The end of an exercise: figures, score, and everything put away."""

from __future__ import annotations

from dataclasses import asdict

from django.db import transaction

from drills.actors import control
from drills.evaluation import evaluate
from drills.models import Exercise
from drills.operations.running import close_up, drop_moves
from drills.scoring import score
from incidents.models import Incident
from journal import operations as journal


@transaction.atomic
def finish(exercise: Exercise, incident: Incident) -> None:
    """Its incident is over: score it and close it. The exercise is locked by the caller.

    Journals drill.finished with points and grade.
    """
    items = evaluate(incident)
    result = score(items)
    exercise.finish()
    exercise.checklist = [asdict(item) for item in items]
    exercise.score = result.points if result else None
    exercise.grade = result.grade if result else ""
    drop_moves(exercise)
    close_up(exercise, control(exercise.pk))
    journal.write(
        kind="drill.finished",
        subject=exercise.reference,
        by=control(exercise.pk),
        exercise=exercise.pk,
        payload={"points": exercise.score, "grade": exercise.grade},
    )
