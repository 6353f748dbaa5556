"""A rotation makes turns: eight weeks ahead, the same however often, and never in the past."""

import itertools
import threading
from datetime import timedelta

import pytest
from django.db import connection

from accounts.actors import NotAllowed, user_actor
from accounts.models import Duty, RosterWatch, Rotation
from accounts.operations import (
    RotationChanged,
    RotationGone,
    RotationRefused,
    SlotTaken,
    preview,
    retire_rotation,
    set_calendar_days,
)
from accounts.operations.filling import extend_rotations
from accounts.queries import on_duty
from accounts.roles import Post, Role
from journal.clock import now
from journal.models import Entry

pytestmark = pytest.mark.django_db
A_WEEK = timedelta(weeks=1)


def test_it_makes_eight_weeks_without_a_gap(make_rotation, duties):
    make_rotation()
    rows = duties()
    assert rows[0][1] <= now()
    assert rows[-1][2] >= now() + 8 * A_WEEK
    assert all(first[2] == second[1] for first, second in itertools.pairwise(rows))
    assert [name for name, *_ in rows[:4]] == ["甲", "乙", "丙", "甲"]
    assert {source for *_, source in rows} == {"rotation"}
    assert [user.name for user in on_duty(post=Post.SAFETY, at=now() + A_WEEK)] == ["乙"]
    assert Entry.objects.filter(kind="accounts.rotation_saved", reference="roster").count() == 1


def test_the_clock_extends_it_day_by_day_and_twice_is_once(make_rotation, duties, fast_forward, run_clock):
    make_rotation(length=1)
    before = duties()
    fast_forward(days=3)
    run_clock()
    rows = duties()
    assert rows[: len(before)] == before
    assert rows[-1][2] >= now() + 8 * A_WEEK
    RosterWatch.objects.update(extend_at=now())
    extend_rotations()
    assert duties() == rows
    assert extend_rotations() == 0, "once a day"


def test_a_change_keeps_what_was_and_replaces_what_is_ahead(make_rotation, duties, people, fast_forward):
    rotation = make_rotation(length=1)
    fast_forward(days=2)
    past = [row for row in duties() if row[2] <= now()]
    changed = make_rotation(rotation.pk, people=[people[4].pk], length=1, expected_version=1)
    assert changed.version == 2
    rows = duties()
    assert rows[: len(past)] == past
    running = rows[len(past)]
    assert running[2] <= now(), "the running turn ends now"
    assert {name for name, *_ in rows[len(past) + 1 :]} == {"戊"}
    assert rows[len(past) + 1][1] == running[2]


def test_turns_by_hand_go_before_a_rotation(make_rotation, duties, people):
    start = now() + timedelta(days=2)
    Duty.objects.create(post=Post.SAFETY, user=people[4], starts_at=start, ends_at=start + timedelta(hours=6))
    make_rotation()
    rows = duties()
    at = [name for name, *_ in rows].index("戊")
    assert rows[at - 1][2] == rows[at][1]
    assert rows[at + 1][1] == rows[at][2]


def test_other_people_hold_the_days_off(make_rotation, people, today, administrator):
    make_rotation(calendar="holidays", rest_people=[people[3].pk], length=1, hand_over=now().time().replace(hour=0))
    workday = today + timedelta(days=7 - today.weekday() + 1)  # next Tuesday
    turns = Duty.objects.filter(post=Post.SAFETY, user=people[3])
    before = turns.filter(starts_at__date=workday).exists()
    set_calendar_days(days=[workday], rests=not before, by=administrator)
    assert turns.filter(starts_at__date__lte=workday, ends_at__date__gt=workday).exists() != before
    set_calendar_days(days=[workday], rests=None, by=administrator)
    assert turns.filter(starts_at__date=workday).exists() == before


def test_a_preview_saves_nothing(make_rotation, administrator, people, today):
    from accounts.operations import RotationFacts

    facts = RotationFacts(name="试", post=Post.IT, people=[people[0].pk, people[1].pk], starts_on=today)
    shown = preview(facts=facts, by=administrator)
    assert [turn.user.name for turn in shown.turns[:2]] == ["甲", "乙"]
    assert not Duty.objects.exists()
    assert not Rotation.objects.exists()
    assert sum(hours for _user, hours in shown.hours) == pytest.approx(28 * 24, abs=48)


def test_a_retired_rotation_ends_now(make_rotation, duties, administrator):
    rotation = make_rotation()
    retire_rotation(rotation_id=rotation.pk, by=administrator)
    assert all(end <= now() for _name, _start, end, _source in duties())
    with pytest.raises(RotationGone):
        retire_rotation(rotation_id=rotation.pk, by=administrator)
    make_rotation()  # its place is free again


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"post": "king"},
        {"rank": 10},
        {"length": 0},
        {"length": 32},
        {"unit": "weeks"},
        {"zone": "Moon/Base"},
        {"people": []},
        {"people": [999999]},
        {"calendar": "holidays"},
        {"region_code": "x"},
    ],
    ids=str,
)
def test_it_refuses_what_cannot_be(make_rotation, wrong):
    with pytest.raises(RotationRefused):
        make_rotation(**wrong)


def test_it_refuses_a_second_rotation_of_the_same_rank(make_rotation):
    make_rotation()
    with pytest.raises(SlotTaken):
        make_rotation()
    make_rotation(rank=9)


def test_it_refuses_a_stale_change_and_who_may_not(make_rotation, make_user):
    rotation = make_rotation()
    with pytest.raises(RotationChanged):
        make_rotation(rotation.pk, expected_version=7)
    with pytest.raises(NotAllowed):
        make_rotation(rotation.pk, by=user_actor(make_user("chief", Role.SECTION_CHIEF)))
    with pytest.raises(NotAllowed):
        make_rotation(region_code="44", by=user_actor(make_user("a", Role.ADMINISTRATOR, region_code="33")))


@pytest.mark.django_db(transaction=True)
def test_two_clocks_and_a_change_at_once_make_each_turn_once(make_rotation, people, duties):
    rotation = make_rotation(length=1)
    failures = []

    def work(turn):
        try:
            if turn % 2:
                RosterWatch.objects.update(extend_at=now())
                extend_rotations()
            else:
                make_rotation(rotation.pk, people=[people[turn % 5].pk, people[4].pk], length=1)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(turn,)) for turn in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not failures
    rows = [row for row in duties() if row[2] > now()]
    assert all(first[2] == second[1] for first, second in itertools.pairwise(rows))
