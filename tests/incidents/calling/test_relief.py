"""At level Ⅰ every post has a relief: named and told, called by nobody, counted in nothing."""

from datetime import timedelta

import pytest

from accounts.models import Duty, User
from accounts.roles import Post
from incidents import operations
from incidents.models import CallOut, PostSeat
from journal import clock
from notifications.models import Message

pytestmark = pytest.mark.django_db


def test_it_names_todays_first_free_alternate_and_tells_them(running, cast, roster, commander, entries):
    incident = running(level=1, by=commander)
    seat = cast.seat_of("planning", 2)
    assert seat.holder == roster["planning"][1]
    assert (seat.starts_at - incident.declared_at) == timedelta(hours=12)
    assert (seat.arrived_at, seat.required) == (None, False)
    assert not CallOut.objects.filter(seat__shift=2).exists()
    told = Message.objects.get(key__startswith=f"relief:{seat.pk}:", channel="sms")
    assert told.user_id == roster["planning"][1].pk
    assert entries(incident).count("post.relief") == PostSeat.objects.filter(shift=2).count() == len(Post.values)


def test_who_is_on_duty_twelve_hours_later_goes_first(running, cast, roster, commander):
    night = User.objects.create(username="night", name="夜班", password="!")
    later = clock.now() + timedelta(hours=11)
    Duty.objects.filter(post="planning").update(ends_at=later)
    Duty.objects.create(post="planning", user=night, rank=0, starts_at=later, ends_at=later + timedelta(hours=12))
    running(level=1, by=commander)
    assert cast.seat_of("planning", 2).holder == night


def test_a_relief_who_is_called_after_all_is_replaced(running, cast, roster, commander):
    running(level=1, by=commander)
    first = cast.call_of("planning")
    operations.decline_callout(call_out_id=first.pk, by=cast.link(first))
    assert cast.call_of("planning", 1).user == roster["planning"][1]
    assert cast.seat_of("planning", 2).holder == roster["planning"][2]


def test_at_the_hand_over_the_two_change_places(running, cast, roster, commander, fast_forward):
    incident = running(level=1, by=commander)
    cast.come(cast.call_of("planning"))
    fast_forward(hours=12)
    old, new = roster["planning"][0], roster["planning"][1]
    operations.hand_over_seat(
        incident_id=incident.pk, post="planning", user_id=new.pk, note="all quiet", by=cast.actor(old)
    )
    assert cast.seat_of("planning").holder == new
    later = cast.seat_of("planning", 2)
    assert later.holder == old
    assert later.starts_at - incident.declared_at > timedelta(hours=23)


def test_nobody_to_relieve_is_told_once_and_never_blocks(running, cast, roster, commander, entries):
    Duty.objects.filter(rank__gt=0).delete()
    incident = running(level=1, by=commander)
    assert cast.seat_of("planning", 2).holder is None
    [entry] = entries(incident, "post.no_relief")
    assert len(entry.payload["posts"]) == len(Post.values)


def test_a_lower_level_needs_no_relief(running, cast, roster, commander):
    incident = running(level=1, by=commander)
    operations.lower_level(incident_id=incident.pk, level=2, reason="calm", by=commander)
    assert set(PostSeat.objects.filter(shift=2).values_list("holder", "starts_at")) == {(None, None)}
    operations.raise_level(incident_id=incident.pk, level=1, by=commander)
    assert cast.seat_of("planning", 2).holder == roster["planning"][1]
