"""Starting an exercise, ending it, and calling it off."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.models import Duty
from accounts.roles import Permission
from drills import plan_script, sample_lekima
from drills.models import Exercise, Move, MoveState, Participant
from drills.refusals import BadFactor, ExerciseOver, ExerciseRunning, UnknownScript
from drills.script import Script
from incidents.models import Incident, Plan
from incidents.timemap import TimeMap
from journal import clock
from journal import operations as journal

FASTEST = 3600.0
SCRIPTS = {"lekima": sample_lekima.script}
TOPIC = "drill:list"


def start_drill(
    *, by: Actor, plan_id: int | None = None, script: str = "", scope: dict[str, list[str]] | None = None, factor: float
) -> Exercise:
    """Start an exercise of a plan, or one of the scripts, `factor` times faster than life (60: half an hour in 30 s).

    The script and everything it leads to are rows; workers play them. A plan's exercise happens in `scope`, by default
    in the plan's own region. Journals drill.started.
    Raises ExerciseRunning, UnknownScript, BadFactor, NotAllowed.
    """
    by.require(Permission.RUN_DRILL)
    if not 1 <= factor <= FASTEST:
        raise BadFactor(_("Choose a time factor between 1 and %(most)s.") % {"most": int(FASTEST)})
    try:
        with transaction.atomic():
            return begin(by=by, plan_id=plan_id, code=script, scope=scope, factor=factor)
    except IntegrityError as error:
        if "one_running_exercise" not in str(error):
            raise
        raise running() from error


def begin(*, by: Actor, plan_id: int | None, code: str, scope: dict[str, list[str]] | None, factor: float) -> Exercise:
    if Exercise.objects.filter(state=Exercise.State.RUNNING).exists():
        raise running()
    plan = Plan.objects.filter(pk=plan_id).first() if plan_id else None
    script = script_of(code, plan, scope, factor)
    now = clock.now()
    exercise = Exercise(
        name=script.name,
        name_en=script.name_en,
        plan=plan,
        factor=factor,
        script=script.to_json(),
        time_map=TimeMap.start(now, factor).to_json(),
        started_by=str(by),
        started_at=now,
        look_at=now,
    )
    exercise.start()
    exercise.save()
    on_duty = Duty.objects.filter(starts_at__lte=now, ends_at__gt=now, user__is_active=True)
    people = {*on_duty.values_list("user_id", flat=True), *([by.user_id] if by.user_id else [])}
    Participant.objects.bulk_create(Participant(exercise=exercise, user_id=user) for user in sorted(people))
    times = exercise.times
    Move.objects.bulk_create(
        Move(
            exercise=exercise,
            key=f"inject:{number:03d}:{step.action}",
            side=Move.Side.INJECT,
            actor=exercise.reference,
            action=step.action,
            arguments={**step.arguments, "patience": step.patience},
            at_minutes=step.at,
            due_at=times.real_moment(step.at * 60),
        )
        for number, step in enumerate(script.steps)
    )
    clock.wake()
    journal.touch(TOPIC)
    journal.write(
        kind="drill.started",
        subject=exercise.reference,
        by=by,
        exercise=exercise.pk,
        payload={"script": script.code, "plan": plan.pk if plan else None, "factor": factor, "people": len(people)},
    )
    return exercise


def script_of(code: str, plan: Plan | None, scope: dict[str, list[str]] | None, factor: float) -> Script:
    if code in SCRIPTS:
        return SCRIPTS[code](factor)
    if plan is None:
        raise UnknownScript(_("Choose a plan or a prepared exercise."), scripts=sorted(SCRIPTS))
    place = scope or ({"regions": [plan.region_code]} if plan.region_code else {"regions": ["330000"]})
    return plan_script.script_for(
        name=plan.name,
        name_en=plan.name_en,
        category=plan.category,
        level=plan.level,
        scope=place,
        factor=factor,
    )


def running() -> ExerciseRunning:
    current = Exercise.objects.filter(state=Exercise.State.RUNNING).first()
    return ExerciseRunning(
        _("An exercise is running already: %(name)s. Wait for its end or abort it.")
        % {"name": current.label if current else ""},
        exercise=current.pk if current else None,
    )


@transaction.atomic
def abort_drill(*, exercise_id: int, by: Actor, reason: str = "") -> Exercise:
    """Call an exercise off: no further move is made, its incident is ended and everybody in it is stood down.

    Journals drill.aborted. Raises ExerciseOver, NotAllowed.
    """
    by.require(Permission.RUN_DRILL)
    exercise = Exercise.objects.select_for_update().get(pk=exercise_id)
    if exercise.state not in {Exercise.State.PLANNED, Exercise.State.RUNNING}:
        raise ExerciseOver(_("This exercise has ended already."))
    exercise.abort()
    drop_moves(exercise)
    end_incident(exercise)
    close_up(exercise, by)
    journal.write(
        kind="drill.aborted", subject=exercise.reference, by=by, exercise=exercise.pk, payload={"reason": reason[:200]}
    )
    return exercise


def drop_moves(exercise: Exercise) -> int:
    """What is still waiting will not be done. The exercise is locked, so no move is under way."""
    return exercise.moves.filter(state=MoveState.WAITING).update(state=MoveState.SKIPPED, lease_until=None)


def close_up(exercise: Exercise, by: Actor) -> None:
    """The end of every exercise, however it came: warnings are cancelled, times written down."""
    from drills.actions import cancel_warnings

    cancel_warnings(exercise)
    exercise.ended_at = clock.now()
    exercise.ended_by = str(by)
    exercise.look_at = None
    exercise.save()
    journal.touch(TOPIC, *([exercise.incident.reference] if exercise.incident else []))


def end_incident(exercise: Exercise) -> None:
    """Stop the incident of an exercise that is called off."""
    from drills.actions import stop_incident

    if exercise.incident_id:
        stop_incident(Incident.objects.get(pk=exercise.incident_id), exercise)
