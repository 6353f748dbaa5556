"""Starting, ending and calling off an exercise; and that a move is made once."""

import pytest

from accounts.actors import Actor, NotAllowed, user_actor
from accounts.roles import Role
from drills import due, operations
from drills.models import Exercise, Move, MoveState
from drills.refusals import BadFactor, ExerciseOver, ExerciseRunning, UnknownScript
from incidents.models import Incident, Plan
from journal.models import Entry
from tests.racing import all_done


@pytest.fixture
def manager(make_user):
    return user_actor(make_user("manager", Role.DRILL_MANAGER))


@pytest.mark.django_db
def test_it_starts_with_all_injects_as_rows(manager):
    exercise = operations.start_drill(by=manager, script="lekima", factor=60)
    assert exercise.state == Exercise.State.RUNNING
    first = exercise.moves.first()
    assert (first.action, first.state) == ("warn", MoveState.WAITING)
    respond = exercise.moves.get(action="respond")
    assert (respond.due_at - exercise.started_at).total_seconds() == pytest.approx(8)
    assert exercise.participants.filter(user_id=manager.user_id).exists()
    assert Entry.objects.get(kind="drill.started").exercise == exercise.pk


@pytest.mark.django_db
def test_it_starts_any_plan(manager):
    plan = Plan.objects.filter(state=Plan.State.APPROVED, level=3).first()
    exercise = operations.start_drill(by=manager, plan_id=plan.pk, factor=120)
    assert exercise.plan == plan
    report = exercise.moves.get(action="report")
    assert report.arguments["category"] == plan.category
    assert exercise.moves.get(action="respond").arguments["level"] == 3


@pytest.mark.django_db
def test_it_refuses_a_second_exercise_while_one_runs(manager):
    first = operations.start_drill(by=manager, script="lekima", factor=60)
    with pytest.raises(ExerciseRunning) as refused:
        operations.start_drill(by=manager, script="lekima", factor=60)
    assert refused.value.extra["exercise"] == first.pk


@pytest.mark.django_db
@pytest.mark.parametrize("factor", [0, -1, 5000])
def test_it_refuses_an_impossible_factor(manager, factor):
    with pytest.raises(BadFactor):
        operations.start_drill(by=manager, script="lekima", factor=factor)


@pytest.mark.django_db
def test_it_refuses_an_unknown_script_and_a_stranger(manager):
    with pytest.raises(UnknownScript):
        operations.start_drill(by=manager, script="godzilla", factor=60)
    with pytest.raises(NotAllowed):
        operations.start_drill(by=Actor("user", "1"), script="lekima", factor=60)


@pytest.mark.django_db
def test_it_aborts_in_the_middle_and_makes_no_further_move(manager):
    from dispatch.models import Region

    Region.objects.create(code="330000", name="浙江省", name_en="Zhejiang", level="province")
    plan = Plan.objects.filter(state=Plan.State.APPROVED, level=3).first()
    exercise = operations.start_drill(by=manager, plan_id=plan.pk, factor=60, scope={"regions": ["330000"]})
    for action in ("report", "grade", "respond"):
        move = exercise.moves.get(action=action)
        assert operations.make_move(move_id=move.pk) == MoveState.DONE, Move.objects.get(pk=move.pk).outcome
    exercise.refresh_from_db()
    assert exercise.incident.state == Incident.State.RESPONDING
    operations.abort_drill(exercise_id=exercise.pk, by=manager, reason="enough")
    exercise.refresh_from_db()
    exercise.incident.refresh_from_db()
    assert exercise.state == Exercise.State.ABORTED
    assert exercise.incident.state == Incident.State.DISMISSED
    assert not exercise.moves.filter(state=MoveState.WAITING).exists()
    assert due.next_move() is None
    assert due.next_look() is None
    with pytest.raises(ExerciseOver):
        operations.abort_drill(exercise_id=exercise.pk, by=manager)
    operations.start_drill(by=manager, script="lekima", factor=60)


@pytest.mark.django_db(transaction=True)
def test_it_makes_a_move_once_however_many_try(make_user):
    manager = user_actor(make_user("manager", Role.DRILL_MANAGER))
    exercise = operations.start_drill(by=manager, script="lekima", factor=60)
    move = exercise.moves.filter(action="warn").first()
    states = all_done(*[lambda: operations.make_move(move_id=move.pk)] * 3)
    assert states == [MoveState.DONE] * 3
    assert Entry.objects.filter(kind="alert.received").count() == 1


@pytest.mark.django_db(transaction=True)
def test_it_claims_each_due_move_for_one_clock_and_again_when_its_worker_died(make_user, fast_forward):
    from journal import claims

    manager = user_actor(make_user("manager", Role.DRILL_MANAGER))
    operations.start_drill(by=manager, script="lekima", factor=60)
    fast_forward(seconds=2.5)
    first = claims.claim(due.waiting(), lease=due.LEASE, limit=10)
    assert [move.action for move in first] == ["warn", "warn", "warn"]
    assert claims.claim(due.waiting(), lease=due.LEASE, limit=10) == []
    fast_forward(seconds=3600)
    again = claims.claim(due.waiting(), lease=due.LEASE, limit=3)
    assert {move.pk for move in again} == {move.pk for move in first}
    assert {move.attempts for move in again} == {2}
