"""Every arrival has a line: who, since which second, and how we know."""

from datetime import timedelta

import pytest

from accounts.actors import NotAllowed
from incidents import operations
from incidents.models import Attendance, CallOut, PostSeat
from incidents.refusals import BadProof, HandOverFirst, ReasonMissing
from journal.refusal import AlreadyDone

pytestmark = pytest.mark.django_db


def test_it_knows_an_arrival_by_the_persons_own_link(running, entries, cast):
    incident = running(level=4)
    call = cast.come(cast.call_of("site"))
    [line] = cast.lines_of("site")
    assert (line.user_id, line.arrived_at, line.proof, line.witness) == (call.user_id, call.arrived_at, "link", "")
    assert call.proof == "link"
    [entry] = entries(incident, "callout.arrived")
    assert entry.payload["proof"] == "proof:link"


def test_it_knows_an_arrival_by_log_in(running, cast):
    running(level=4)
    call = cast.call_of("site")
    operations.arrive_callout(call_out_id=call.pk, by=cast.actor(call.user))
    assert cast.lines_of("site")[0].proof == "login"


def test_a_phone_call_is_logged_with_who_rang(running, duty_officer, cast):
    running(level=4)
    call = cast.call_of("site")
    with pytest.raises(ReasonMissing):
        operations.arrive_callout(call_out_id=call.pk, by=duty_officer, proof="phone")
    operations.arrive_callout(call_out_id=call.pk, by=duty_officer, proof="phone", note="赵刚, from the gate")
    [line] = cast.lines_of("site")
    assert (line.proof, line.witness, line.note) == ("phone", str(duty_officer), "赵刚, from the gate")


def test_a_witness_is_named(running, duty_officer, fast_forward, cast):
    running(level=4)
    call = cast.call_of("site")
    fast_forward(minutes=20)
    really = call.called_at + timedelta(minutes=9)
    operations.arrive_callout(call_out_id=call.pk, by=duty_officer, arrived_at=really)
    [line] = cast.lines_of("site")
    assert (line.proof, line.witness, line.arrived_at) == ("witness", str(duty_officer), really)


def test_nobody_claims_a_proof_they_do_not_have(running, duty_officer, cast):
    running(level=4)
    call = cast.call_of("site")
    with pytest.raises(BadProof):
        operations.arrive_callout(call_out_id=call.pk, by=cast.link(call), proof="witness")
    with pytest.raises(BadProof):
        operations.arrive_callout(call_out_id=call.pk, by=duty_officer, proof="door")


def test_at_the_end_everybody_is_released_and_the_figures_stay(running, commander, cast):
    from kpis.queries import incident_figures

    incident = running(level=4)
    for post in ("site", "operations"):
        cast.come(cast.call_of(post))
    operations.recover(incident_id=incident.pk, by=commander)
    before = incident_figures(incident.pk)
    operations.close(incident_id=incident.pk, by=commander, reason="calm again", skip_open=True)
    after = incident_figures(incident.pk)
    assert set(CallOut.objects.values_list("state", flat=True)) == {"released"}
    assert not Attendance.objects.filter(left_at=None).exists()
    assert not CallOut.objects.filter(released_at=None).exists()
    assert PostSeat.objects.filter(arrived_at__isnull=False).count() == 2
    assert (after.muster, after.called, after.arrival_mean) == (before.muster, before.called, before.arrival_mean)
    assert after.muster == 1.0


def test_who_signs_out_is_released_and_the_post_falls_to_the_commander(running, duty_officer, entries, cast):
    incident = running(level=3)
    call = cast.come(cast.call_of("planning"))
    user = call.user_id
    operations.sign_out(incident_id=incident.pk, post="planning", user_id=user, by=duty_officer, note="took ill")
    seat = cast.seat_of("planning")
    assert (seat.holder, seat.arrived_at, seat.vacant) == (None, None, True)
    assert cast.lines_of("planning")[0].left_at is not None
    call.refresh_from_db()
    assert call.state == "released"
    assert entries(incident)[-2:] == ["post.left", "post.vacant"]
    with pytest.raises(AlreadyDone):
        operations.sign_out(incident_id=incident.pk, post="planning", user_id=user, by=duty_officer)
    operations.take_seat(incident_id=incident.pk, post="planning", user_id=user, by=duty_officer)
    incident.refresh_from_db()
    assert incident.unfilled_posts == []


def test_the_commander_hands_over_before_leaving(running, cast):
    incident = running(level=3)
    call = cast.come(cast.call_of("commander"))
    with pytest.raises(HandOverFirst):
        operations.sign_out(incident_id=incident.pk, post="commander", user_id=call.user_id, by=cast.actor(call.user))
    with pytest.raises(NotAllowed):
        operations.sign_out(incident_id=incident.pk, post="commander", user_id=call.user_id, by=cast.link(call))


def test_the_end_forgives_nobody_who_did_not_come(running, cast, commander, fast_forward, run_clock):
    from kpis.queries import incident_figures

    incident = running(level=4)
    cast.come(cast.call_of("site"))
    fast_forward(minutes=16)
    run_clock()
    operations.recover(incident_id=incident.pk, by=commander)
    operations.close(incident_id=incident.pk, by=commander, reason="calm again", skip_open=True)
    after = incident_figures(incident.pk)
    assert CallOut.objects.filter(state="stood_down", seat__post="operations", rank=0).exists()
    assert (after.called, after.came_in_time) == (2, 1)
