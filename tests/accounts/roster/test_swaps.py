"""A swap replaces what stands there, and gives it back."""

import itertools
from datetime import timedelta

import pytest

from accounts.actors import NotAllowed, user_actor
from accounts.models import Duty
from accounts.operations import SwapOver, SwapOverlaps, SwapRefused, cancel_swap, swap_duty
from accounts.operations.filling import extend_rotations
from accounts.queries import on_duty
from accounts.roles import Post, Role
from journal.clock import now

pytestmark = pytest.mark.django_db


@pytest.fixture
def take_over(administrator, people):
    """take_over(start, end): person 戊 instead, hours from now."""

    def swap(start=24.0, end=48.0, who=None, by=administrator, **extra):
        moment = now()
        return swap_duty(
            post=Post.SAFETY,
            user_id=(who or people[4]).pk,
            starts_at=moment + timedelta(hours=start),
            ends_at=moment + timedelta(hours=end),
            reason="婚假",
            by=by,
            **extra,
        )

    return swap


def covered(rows):
    return all(first[2] == second[1] for first, second in itertools.pairwise(rows))


def test_it_cuts_a_rotation_and_gives_it_back(make_rotation, take_over, duties, administrator):
    make_rotation()
    before = duties()
    swap = take_over()
    assert [user.name for user in on_duty(post=Post.SAFETY, at=now() + timedelta(hours=30))] == ["戊"]
    assert covered(duties())
    extend_rotations()
    assert len([row for row in duties() if row[3] == "swap"]) == 1
    cancel_swap(swap_id=swap.pk, by=administrator)
    assert duties() == before
    with pytest.raises(SwapOver):
        cancel_swap(swap_id=swap.pk, by=administrator)


def test_it_cuts_turns_by_hand_and_gives_them_back(people, take_over, duties, administrator):
    start = now() - timedelta(hours=1)
    for number in (0, 1):
        begin = start + timedelta(days=2 * number)
        Duty.objects.create(post=Post.SAFETY, user=people[number], starts_at=begin, ends_at=begin + timedelta(days=2))
    before = duties()
    swap = take_over(24, 72)
    assert [name for name, *_ in duties()] == ["甲", "戊", "乙"]
    assert covered(duties())
    cancel_swap(swap_id=swap.pk, by=administrator)
    assert duties() == before


def test_within_one_turn_by_hand_both_ends_stay(people, take_over, duties, administrator):
    Duty.objects.create(post=Post.SAFETY, user=people[0], starts_at=now(), ends_at=now() + timedelta(days=5))
    before = duties()
    swap = take_over()
    assert [name for name, *_ in duties()] == ["甲", "戊", "甲"]
    cancel_swap(swap_id=swap.pk, by=administrator)
    assert duties() == before


def test_cancelled_while_it_runs_it_gives_back_the_rest(make_rotation, take_over, duties, administrator, fast_forward):
    make_rotation()
    swap = take_over(0, 10)
    fast_forward(hours=4)
    cancel_swap(swap_id=swap.pk, by=administrator)
    rows = duties()
    assert covered(rows)
    (swapped,) = [row for row in rows if row[3] == "swap"]
    assert swapped[2] <= now(), "who was on duty is history"


def test_the_past_is_not_changed(take_over, make_rotation, duties):
    make_rotation()
    moment = now()
    take_over(-5, 5)
    assert next(row for row in duties() if row[3] == "swap")[1] >= moment
    with pytest.raises(SwapRefused):
        take_over(-5, -1)


def test_it_refuses_a_second_swap_there_and_one_that_changes_nothing(make_rotation, take_over, people):
    make_rotation()
    with pytest.raises(SwapRefused):
        take_over(1, 5, who=people[0])
    take_over()
    with pytest.raises(SwapOverlaps):
        take_over(40, 60, who=people[3])
    people[3].is_active = False
    people[3].save()
    with pytest.raises(SwapRefused):
        take_over(80, 90, who=people[3])


def test_people_give_away_their_own_turns_only(make_rotation, take_over, people, make_user):
    from accounts.models import RoleGrant

    RoleGrant.objects.create(user=people[0], role=Role.SECTION_CHIEF)
    RoleGrant.objects.create(user=people[1], role=Role.SECTION_CHIEF)
    make_rotation()
    with pytest.raises(NotAllowed):
        take_over(1, 5, by=user_actor(people[1]))
    with pytest.raises(NotAllowed):
        take_over(1, 5, by=user_actor(people[4]))
    swap = take_over(1, 5, by=user_actor(people[0]))
    with pytest.raises(NotAllowed):
        cancel_swap(swap_id=swap.pk, by=user_actor(people[1]))
    cancel_swap(swap_id=swap.pk, by=user_actor(people[0]))
    take_over(1, 5, by=user_actor(make_user("duty", Role.DUTY_OFFICER)))


def test_an_empty_place_can_be_taken(take_over, duties, administrator):
    swap = take_over(1, 5)
    assert [name for name, *_ in duties()] == ["戊"]
    cancel_swap(swap_id=swap.pk, by=administrator)
    assert duties() == []
