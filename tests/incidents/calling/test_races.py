"""Several people at once, with connections of their own: one holder, one line each, and the others are told."""

import pytest

from accounts.roles import Post
from incidents import operations
from incidents.models import Attendance, CallOut, Deadline, PostSeat
from incidents.refusals import ChangedMeanwhile
from journal import queries as journal
from journal.refusal import AlreadyDone, Refusal
from tests.incidents.test_races import told
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_crew_that_arrives_at_once_meets_its_quorum_once(crew, running, cast):
    incident = running(level=4)
    calls = list(CallOut.objects.filter(seat__post="warehousing").order_by("id"))
    results = together(*[lambda call=call: cast.come(call) for call in calls])
    assert not [result for result in results if isinstance(result, Exception)], results
    seat = cast.seat_of("warehousing")
    assert seat.arrived_at is not None
    assert Attendance.objects.filter(seat=seat, left_at=None).count() == 4
    assert told(incident, "post.quorum") == 1
    assert Deadline.objects.get(kind="quorum").state == "met"
    assert journal.verify() == []


def test_two_hand_overs_at_once_leave_one_holder(running, cast, roster):
    incident = running(level=3)
    call = cast.come(cast.call_of("planning"))
    seen = cast.seat_of("planning").version
    by = cast.actor(call.user)
    results = together(
        *[
            lambda heir=heir: operations.hand_over_seat(
                incident_id=incident.pk, post="planning", user_id=heir.pk, note="x", by=by, expected_version=seen
            )
            for heir in roster["planning"][1:]
        ]
    )
    [lost] = [result for result in results if isinstance(result, Exception)]
    assert isinstance(lost, ChangedMeanwhile)
    assert Attendance.objects.filter(seat__post="planning", left_at=None).count() == 1
    assert told(incident, "post.handed_over") == 1


def test_the_door_and_the_duty_officer_sign_somebody_in_once(running, cast, duty_officer):
    from incidents import door
    from journal import clock

    incident = running(level=4)
    call = cast.call_of("site")
    code = door.code_at(incident.pk, clock.now())
    results = together(
        lambda: operations.arrive_at_door(call_out_id=call.pk, code=code, by=cast.link(call)),
        lambda: operations.arrive_callout(call_out_id=call.pk, by=duty_officer),
    )
    [lost] = [result for result in results if isinstance(result, Exception)]
    assert isinstance(lost, AlreadyDone)
    assert Attendance.objects.count() == told(incident, "callout.arrived") == 1


def test_a_post_never_has_two_lines_of_one_person(running, cast, duty_officer, roster):
    incident = running(level=3)
    user = roster["finance"][0].pk
    results = together(
        *[
            lambda: operations.take_seat(incident_id=incident.pk, post=Post.PLANNING, user_id=user, by=duty_officer)
            for _number in range(4)
        ]
    )
    lost = [result for result in results if isinstance(result, Exception)]
    assert len(lost) == 3
    assert all(isinstance(error, Refusal) for error in lost)
    assert PostSeat.objects.get(post="planning").holder_id == user
    assert Attendance.objects.count() == 1
