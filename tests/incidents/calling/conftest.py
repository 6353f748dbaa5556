"""People who answer, and a crew."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from accounts.actors import Actor, link_actor, user_actor
from accounts.models import ContactPoint, Duty, RoleGrant, User
from accounts.roles import Role
from incidents import operations
from incidents.models import Attendance, CallOut, LevelRule, PostSeat
from journal.clock import now


class Cast:
    """Who is called where, and what they do."""

    def call_of(self, post: str, rank: int = 0) -> CallOut:
        return CallOut.objects.filter(seat__post=post, rank=rank).order_by("id")[0]

    def seat_of(self, post: str, shift: int = 1) -> PostSeat:
        return PostSeat.objects.get(post=post, shift=shift)

    def lines_of(self, post: str) -> list[Attendance]:
        """The lines of a post on the sign-in board, oldest first."""
        return list(Attendance.objects.filter(seat__post=post, seat__shift=1).order_by("id"))

    def link(self, call: CallOut) -> Actor:
        """Whoever holds the link of a call."""
        return link_actor("link", call.pk)

    def come(self, call: CallOut) -> CallOut:
        """The person called arrives by their own link."""
        return operations.arrive_callout(call_out_id=call.pk, by=self.link(call))

    def actor(self, user: User) -> Actor:
        """That person, logged in."""
        return user_actor(User.objects.get(pk=user.pk))

    def states(self, post: str) -> dict[str, int]:
        """How many of a post's call-outs are in which state."""
        return dict(
            Counter(str(state) for state in CallOut.objects.filter(seat__post=post).values_list("state", flat=True))
        )


@pytest.fixture
def cast(db) -> Cast:
    return Cast()


@pytest.fixture
def crew(roster):
    """Warehousing has nine people on duty, and level Ⅳ calls four of them and needs two; crew[0] … crew[8]."""
    begin, end = now() - timedelta(days=1), now() + timedelta(days=30)
    people = list(roster["warehousing"])
    for rank in range(3, 9):
        user = User.objects.create(username=f"warehousing-{rank}", name=f"仓{rank}", password="!")
        RoleGrant.objects.create(user=user, role=Role.WAREHOUSE)
        ContactPoint.objects.create(user=user, channel="sms", address=f"1380000000{rank}")
        Duty.objects.create(post="warehousing", user=user, rank=rank, starts_at=begin, ends_at=end)
        people.append(user)
    LevelRule.objects.filter(level=4).update(crews={"warehousing": {"call": 4, "need": 2}})
    return people
