"""People are called, answer by link, and are replaced when they do not."""

import pytest

from accounts.actors import NotAllowed, link_actor
from accounts.models import Duty
from incidents import links, operations, queries
from incidents.models import CallOut, Deadline, PostSeat
from incidents.refusals import IllegalAnswer, ImpossibleTime
from journal.models import Entry
from journal.refusal import AlreadyDone
from notifications.models import Message

pytestmark = pytest.mark.django_db


def call_of(post, rank=0):
    return CallOut.objects.get(seat__post=post, rank=rank)


def link(call):
    return link_actor("link", call.pk)


def test_it_climbs_the_ladder_in_time(running, fast_forward, run_clock, entries):
    incident = running(level=4)
    call = call_of("site")

    def sent():
        return list(
            Message.objects.filter(key__startswith=f"callout:{call.pk}:")
            .order_by("id")
            .values_list("channel", flat=True)
        )

    run_clock()
    assert sent() == ["in_app"]
    fast_forward(minutes=1)
    run_clock()
    assert sent() == ["in_app"]
    fast_forward(minutes=2)
    run_clock()
    assert sent() == ["in_app", "sms"]
    assert not CallOut.objects.filter(seat__post="site", rank=1).exists()
    fast_forward(minutes=5)  # voice at 5 min is left out: nobody here has a voice number
    run_clock()
    first = call_of("site", 1)
    assert "callout.climbed" in entries(incident)
    assert (first.due_at - first.called_at).total_seconds() == 900
    fast_forward(minutes=4)
    run_clock()
    assert CallOut.objects.filter(seat__post="site").count() == 3


def test_an_acknowledgement_stops_the_ladder(running, fast_forward, run_clock):
    running(level=4)
    call = call_of("site")
    operations.acknowledge_callout(call_out_id=call.pk, by=link(call))
    fast_forward(minutes=13)
    run_clock()
    assert CallOut.objects.filter(seat__post="site").count() == 1
    assert not Message.objects.filter(key__startswith=f"callout:{call.pk}:").exists()


def test_cannot_come_calls_the_alternate_at_once(running, entries, run_clock):
    incident = running(level=4)
    call = call_of("site")
    operations.decline_callout(call_out_id=call.pk, by=link(call))
    alternate = call_of("site", 1)
    assert alternate.state == "called"
    assert entries(incident)[-3:] == ["callout.declined", "callout.called", "callout.climbed"]
    assert Deadline.objects.get(subject=f"callout:{call.pk}").state == "cancelled"
    run_clock()
    assert "候补" in Message.objects.get(key__startswith=f"callout:{alternate.pk}:").body


def test_when_all_decline_the_post_falls_to_the_commander(running, entries):
    incident = running(level=3)
    for rank in range(3):
        call = call_of("site", rank)
        operations.decline_callout(call_out_id=call.pk, by=link(call))
    seat = PostSeat.objects.get(post="site")
    assert seat.vacant
    incident.refresh_from_db()
    assert incident.unfilled_posts == ["site"]
    assert "post.vacant" in entries(incident)
    assert Message.objects.filter(key__startswith=f"escalation:vacant:{seat.pk}").exists()


def test_arriving_takes_the_seat_and_stands_others_down(running):
    running(level=4)
    first = call_of("site")
    operations.decline_callout(call_out_id=first.pk, by=link(first))
    second = call_of("site", 1)
    operations.acknowledge_callout(call_out_id=second.pk, by=link(second))
    operations.decline_callout(call_out_id=second.pk, by=link(second))
    third = call_of("site", 2)
    operations.arrive_callout(call_out_id=third.pk, by=link(third))
    seat = PostSeat.objects.get(post="site")
    assert seat.holder_id == third.user_id
    assert Deadline.objects.get(subject=f"callout:{third.pk}").state == "met"


def test_who_does_not_come_in_time_is_replaced_and_escalated(running, fast_forward, run_clock):
    running(level=3)
    call = call_of("planning")
    operations.acknowledge_callout(call_out_id=call.pk, by=link(call))
    fast_forward(minutes=15, seconds=1)
    run_clock()
    assert Deadline.objects.get(subject=f"callout:{call.pk}").state == "missed"
    assert call_of("planning", 1).state == "called"
    assert call_of("planning").state == "acknowledged"  # may still come
    deadline = Deadline.objects.get(subject=f"callout:{call.pk}")
    (entry,) = Entry.objects.filter(kind="deadline.escalated", payload__deadline=f"deadline:{deadline.pk}")
    assert entry.payload["messages"] > 0


def test_who_never_answers_counts_as_unreachable_but_may_still_come(running, fast_forward, run_clock):
    running(level=4)
    call = call_of("site")
    fast_forward(minutes=16)
    run_clock()
    assert call_of("site").state == "unreachable"
    operations.arrive_callout(call_out_id=call.pk, by=link(call))
    assert PostSeat.objects.get(post="site").holder_id == call.user_id
    assert set(CallOut.objects.filter(seat__post="site", rank__gt=0).values_list("state", flat=True)) == {"stood_down"}


def test_a_link_opens_one_call_only(running):
    running(level=4)
    call, other = call_of("site"), call_of("operations")
    with pytest.raises(NotAllowed):
        operations.arrive_callout(call_out_id=other.pk, by=link(call))
    with pytest.raises(ImpossibleTime):
        operations.arrive_callout(call_out_id=call.pk, by=link(call), arrived_at=call.called_at)
    assert links.call_out_of(links.token_of(call.pk)) == call.pk
    assert links.call_out_of(links.token_of(call.pk)[:-1] + "x") is None
    assert queries.call_out_page("nonsense") is None
    page = queries.call_out_page(links.token_of(call.pk))
    assert page.may == ("acknowledge", "arrive", "decline")


def test_it_answers_a_double_click_with_what_stands(running, entries):
    incident = running(level=4)
    call = call_of("site")
    operations.arrive_callout(call_out_id=call.pk, by=link(call))
    with pytest.raises(AlreadyDone) as again:
        operations.arrive_callout(call_out_id=call.pk, by=link(call))
    assert again.value.extra["state"] == "on_post"
    assert entries(incident).count("callout.arrived") == 1
    with pytest.raises(IllegalAnswer):
        operations.decline_callout(call_out_id=call.pk, by=link(call))


def test_nobody_on_duty_never_blocks(report, duty_officer, roster, entries):
    Duty.objects.filter(post__in=["site", "operations"]).delete()
    incident = report(indicators={})
    operations.respond(incident_id=incident.pk, level=4, by=duty_officer)
    incident.refresh_from_db()
    assert incident.unfilled_posts == ["operations", "site"]
    commander = call_of("commander")  # called although level Ⅳ does not ask for one: two posts fall to them
    assert entries(incident).count("post.vacant") == 2
    operations.arrive_callout(call_out_id=commander.pk, by=link(commander))
    assert incident.command_post.state == "manned"


def test_an_empty_roster_never_blocks(report, duty_officer, entries, db):
    incident = report(indicators={"provinces": 2})
    operations.respond(incident_id=incident.pk, level=1, by=duty_officer)
    incident.refresh_from_db()
    assert incident.state == "responding"
    assert "commander" in incident.unfilled_posts
    assert CallOut.objects.count() == 0


def test_a_witness_can_sign_somebody_in(running, duty_officer, roster):
    running(level=4)
    incident = PostSeat.objects.first().command_post.incident
    user = roster["warehousing"][0]
    seat = operations.take_seat(incident_id=incident.pk, post="site", user_id=user.pk, by=duty_officer)
    assert (seat.holder_id, seat.arrived_at is not None) == (user.pk, True)
