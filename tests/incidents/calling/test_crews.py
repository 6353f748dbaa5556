""" "Call 4, need 2": a post that takes several people."""

import pytest

from accounts.models import User
from incidents import operations
from incidents.models import CallOut, Deadline, LevelRule
from incidents.queries.signin import sign_in_board
from journal.models import Entry
from notifications.models import Message

pytestmark = pytest.mark.django_db


def quorum():
    return Deadline.objects.filter(kind="quorum").order_by("-id").first()


def test_it_calls_the_whole_crew_at_once(crew, running, cast, run_clock):
    incident = running(level=4)
    calls = CallOut.objects.filter(seat__post="warehousing").order_by("id")
    assert [call.user for call in calls] == crew[:4]
    assert calls[0].alternates == [user.pk for user in crew[4:]]
    due = quorum()
    assert due.state == "open"
    assert (due.due_at - incident.declared_at).total_seconds() == 900
    run_clock()
    told = Message.objects.filter(key__startswith="callout:", channel="in_app", user__in=crew)
    assert told.count() == 4


def test_enough_people_fill_the_post_and_the_others_are_still_welcome(crew, running, cast, entries):
    incident = running(level=4)
    calls = list(CallOut.objects.filter(seat__post="warehousing").order_by("id"))
    cast.come(calls[0])
    seat = cast.seat_of("warehousing")
    assert (seat.arrived_at, seat.holder_id) == (None, calls[0].user_id)
    second = cast.come(calls[1])
    seat = cast.seat_of("warehousing")
    assert seat.arrived_at == second.arrived_at
    assert (quorum().state, quorum().settled_at) == ("met", second.arrived_at)
    assert entries(incident).count("post.quorum") == 1
    assert cast.states("warehousing") == {"on_post": 2, "called": 2}
    operations.decline_callout(call_out_id=calls[2].pk, by=cast.link(calls[2]))  # enough: nobody is called instead
    assert CallOut.objects.filter(seat__post="warehousing").count() == 4
    cast.come(calls[3])
    assert cast.states("warehousing") == {"on_post": 3, "declined": 1}


def test_when_all_that_were_wanted_are_there_the_rest_is_stood_down(crew, running, cast):
    running(level=4)
    calls = list(CallOut.objects.filter(seat__post="warehousing").order_by("id"))
    operations.decline_callout(call_out_id=calls[0].pk, by=cast.link(calls[0]))
    late = CallOut.objects.get(seat__post="warehousing", rank=1)
    assert late.user == crew[4]
    for call in calls[1:]:
        cast.come(call)
    assert cast.states("warehousing") == {"on_post": 3, "declined": 1, "called": 1}
    cast.come(late)
    assert cast.states("warehousing") == {"on_post": 4, "declined": 1}


def test_who_does_not_answer_is_doubled_one_for_one(crew, running, cast, fast_forward, run_clock):
    running(level=4)
    calls = list(CallOut.objects.filter(seat__post="warehousing").order_by("id"))
    for call in calls[:2]:
        operations.acknowledge_callout(call_out_id=call.pk, by=cast.link(call))
    fast_forward(minutes=8)
    run_clock()
    assert CallOut.objects.filter(seat__post="warehousing", rank__gt=0).count() == 2
    fast_forward(minutes=4)  # the rung of alternate B: the two of before are hoped for
    run_clock()
    assert CallOut.objects.filter(seat__post="warehousing", rank__gt=0).count() == 2


def test_too_few_in_time_escalates_and_calls_further_people(crew, running, cast, fast_forward, run_clock):
    running(level=4)
    calls = list(CallOut.objects.filter(seat__post="warehousing").order_by("id"))
    for call in calls:
        operations.acknowledge_callout(call_out_id=call.pk, by=cast.link(call))
    cast.come(calls[0])
    fast_forward(minutes=15, seconds=1)
    run_clock()
    missed = quorum()
    assert missed.state == "missed"
    assert CallOut.objects.filter(seat__post="warehousing", rank__gt=0).count() == 3
    (entry,) = Entry.objects.filter(kind="deadline.escalated", payload__deadline=f"deadline:{missed.pk}")
    assert entry.payload["messages"] >= 2
    told = Message.objects.filter(key__startswith="escalation:deadline:", channel="sms")
    assert set(told.values_list("user_id", flat=True)) >= {
        user.pk for user in User.objects.filter(username__in=["commander-0", "duty_officer-0"])
    }
    cast.come(calls[1])
    missed.refresh_from_db()
    assert (missed.state, missed.settled_at is not None) == ("missed", True)


def test_a_crew_that_cannot_be_had_falls_to_the_commander(crew, running, cast, entries):
    incident = running(level=4)
    while waiting := CallOut.objects.filter(seat__post="warehousing", state="called").first():
        operations.decline_callout(call_out_id=waiting.pk, by=cast.link(waiting))
    assert cast.states("warehousing") == {"declined": 9}
    assert cast.seat_of("warehousing").vacant
    assert entries(incident).count("post.short") == 1
    board = sign_in_board(incident)
    assert board.fallen == ["仓储组长"] or len(board.fallen) == 1


def test_a_higher_level_may_want_a_larger_crew(crew, running, cast, commander):
    LevelRule.objects.filter(level=2).update(crews={"warehousing": {"call": 6, "need": 3}})
    incident = running(level=4, indicators={"cities": 3}, by=commander)
    calls = list(CallOut.objects.filter(seat__post="warehousing").order_by("id"))
    for call in calls[:2]:
        cast.come(call)
    assert cast.seat_of("warehousing").arrived_at
    operations.raise_level(incident_id=incident.pk, level=2, by=commander)
    seat = cast.seat_of("warehousing")
    assert (seat.wanted, seat.need, seat.arrived_at) == (6, 3, None)
    assert CallOut.objects.filter(seat__post="warehousing").count() == 6
    assert quorum().state == "open"
    cast.come(CallOut.objects.filter(seat__post="warehousing", state="called").first())
    assert cast.seat_of("warehousing").arrived_at
    operations.lower_level(incident_id=incident.pk, level=4, reason="calm", by=commander)
    assert cast.seat_of("warehousing").need == 2
    assert not Deadline.objects.filter(kind="quorum", state="open").exists()


def test_a_plans_crew_goes_before_the_levels(crew, running, cast, commander):
    from incidents.models import Plan, PlanMeasure

    plan = Plan.objects.get(category="natural_disaster", level=4, state="approved")
    PlanMeasure.objects.filter(plan=plan, kind="call_out").update(
        params={"crews": [{"post": "warehousing", "call": 3, "need": 1}]}
    )
    running(level=4)
    seat = cast.seat_of("warehousing")
    assert (seat.wanted, seat.need) == (3, 1)
    assert not Deadline.objects.filter(kind="quorum").exists()
