"""A post passes from one person to the next, and authority with it."""

import pytest

from accounts.actors import NotAllowed, user_actor
from accounts.roles import Role
from incidents import operations
from incidents.models import CallOut, Deadline
from incidents.refusals import ChangedMeanwhile, IllegalAnswer, ReasonMissing
from journal.kinds import describe
from journal.refusal import AlreadyDone
from notifications.models import Message

pytestmark = pytest.mark.django_db

BRIEF = "Wave 3 waits for approval."


def hand_over(incident, post, to, by, **more):
    return operations.hand_over_seat(incident_id=incident.pk, post=post, user_id=to.pk, by=by, note=BRIEF, **more)


def test_one_line_ends_and_the_next_names_it(running, roster, entries, cast):
    incident = running(level=3)
    call = cast.come(cast.call_of("planning"))
    heir = roster["planning"][1]
    hand_over(incident, "planning", heir, cast.actor(call.user))
    first, second = cast.lines_of("planning")
    assert second.after == first
    assert first.left_at == second.arrived_at
    assert (second.user, second.proof, second.witness) == (heir, "witness", f"user:{call.user_id}")
    assert cast.seat_of("planning").holder == heir
    call.refresh_from_db()
    assert call.state == "released"
    [entry] = entries(incident, "post.handed_over")
    assert BRIEF not in str(entry.payload)
    assert BRIEF in describe([entry])[0]["text"]


def test_it_wants_a_brief_and_somebody_who_may(running, roster, cast):
    incident = running(level=3)
    call = cast.come(cast.call_of("planning"))
    heir = roster["planning"][1]
    with pytest.raises(ReasonMissing):
        operations.hand_over_seat(
            incident_id=incident.pk, post="planning", user_id=heir.pk, note=" ", by=cast.actor(call.user)
        )
    with pytest.raises(NotAllowed):
        hand_over(incident, "planning", heir, cast.actor(roster["finance"][0]))
    with pytest.raises(IllegalAnswer):
        hand_over(incident, "site", heir, cast.actor(roster["commander"][0]))
    hand_over(incident, "planning", heir, cast.actor(call.user))
    with pytest.raises(AlreadyDone):
        hand_over(incident, "planning", heir, cast.actor(roster["commander"][0]))


def test_command_takes_its_authority_along(running, roster, make_user, commander, cast):
    incident = running(level=3)
    for post in ("commander", "operations", "planning", "information"):
        cast.come(cast.call_of(post))
    for check in incident.command_post.checks.all():
        operations.tick_readiness(incident_id=incident.pk, code=check.code, by=commander)
    # Neither may lower levels: only the seat gives the right to confirm.
    chief = make_user("deputy", Role.SECTION_CHIEF, name="周副")
    with pytest.raises(NotAllowed):
        operations.confirm_post_ready(incident_id=incident.pk, by=user_actor(chief))
    hand_over(incident, "commander", chief, cast.actor(roster["commander"][0]))
    assert operations.confirm_post_ready(incident_id=incident.pk, by=user_actor(chief)).state == "ready"


def test_whoever_commands_takes_a_held_post_over(running, roster, cast):
    incident = running(level=3)
    cast.come(cast.call_of("commander"))
    cast.come(cast.call_of("logistics"))
    chief = roster["commander"][0]
    with pytest.raises(NotAllowed):
        operations.take_over_seat(
            incident_id=incident.pk, post="logistics", note="mine", by=cast.actor(roster["finance"][0])
        )
    operations.take_over_seat(incident_id=incident.pk, post="logistics", note="out of reach", by=cast.actor(chief))
    assert cast.seat_of("logistics").holder == chief
    assert [line.proof for line in cast.lines_of("logistics")] == ["link", "login"]


def test_a_successor_who_was_called_has_arrived(running, roster, fast_forward, run_clock, cast):
    incident = running(level=3)
    operations.decline_callout(call_out_id=cast.call_of("planning").pk, by=cast.actor(roster["planning"][0]))
    operations.take_seat(incident_id=incident.pk, post="planning", by=cast.actor(roster["finance"][0]))
    assert CallOut.objects.get(seat__post="planning", rank=1).state == "stood_down"
    fast_forward(minutes=1)
    hand_over(incident, "planning", roster["planning"][1], cast.actor(roster["finance"][0]))
    assert not Deadline.objects.filter(state="open", kind="arrival", post="planning").exists()


def test_a_stale_look_is_told_so(running, roster, cast):
    incident = running(level=3)
    seen = cast.seat_of("planning").version
    call = cast.come(cast.call_of("planning"))
    with pytest.raises(ChangedMeanwhile) as refused:
        hand_over(incident, "planning", roster["planning"][1], cast.actor(call.user), expected_version=seen)
    assert refused.value.extra["version"] == cast.seat_of("planning").version
    assert refused.value.status == 412


def test_the_new_holder_is_told_what_the_old_one_was(running, roster, fast_forward, run_clock, cast):
    """Escalations go to whoever holds the post now."""
    incident = running(level=3)
    cast.come(cast.call_of("commander"))
    heir = roster["commander"][1]
    hand_over(incident, "commander", heir, cast.actor(roster["commander"][0]))
    fast_forward(minutes=16)
    run_clock()
    assert Message.objects.filter(key__startswith="escalation:", user_id=heir.pk).exists()
    assert not Message.objects.filter(key__startswith="escalation:", user_id=roster["commander"][0].pk).exists()
