"""What people who are called answer, by themselves or through somebody who logs it: on my way, on post, cannot come."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.actors import Actor, NotAllowed
from accounts.roles import Permission
from incidents import door
from incidents.models import CallOut, DeadlineKind, PostSeat, Proof
from incidents.operations import attendance, crews, deadlines
from incidents.operations.callouts import call_next, payload_of, subject_of
from incidents.operations.change import Change, changing
from incidents.operations.followed import WAITING, follow
from incidents.operations.seats import sit_down
from incidents.refusals import BadProof, IllegalAnswer, ImpossibleTime, IncidentNotFound, ReasonMissing
from journal import clock
from journal.refusal import AlreadyDone

S = CallOut.State
REMIND_BEFORE = 3  # minutes before the time to arrive: the last reminder
LONGEST_ETA = 24 * 60


def is_own(call_out_id: int, user_id: int, by: Actor) -> bool:
    """Whether the actor is the person called: by the link that was sent, logged in, or played in an exercise."""
    if by.kind == "link":
        return by.key == str(call_out_id)
    return by.user_id == user_id or (by.kind == "player" and by.key == str(user_id))


@contextmanager
def answering(call_out_id: int, by: Actor, *, own_only: bool = False) -> Iterator[tuple[Change, CallOut]]:
    """Open a change for an answer to a call-out: by the link that was sent, by the person, or by somebody who logs it
    for them (a phone call, a witness). People may answer while the response is suspended, too.

    Raises IncidentNotFound, NotAllowed, IllegalAnswer."""
    found = CallOut.objects.filter(pk=call_out_id).values("incident_id", "user_id").first()
    if found is None:
        raise IncidentNotFound(_("There is no such call."))
    if not is_own(call_out_id, found["user_id"], by):
        if own_only:
            raise NotAllowed(by, Permission.DO_MEASURE)
        by.require(Permission.DO_MEASURE)
    with changing(found["incident_id"], by=by) as change:
        call = CallOut.objects.select_for_update(of=("self",)).select_related("user").get(pk=call_out_id)
        call.seat = PostSeat.objects.select_for_update().get(pk=call.seat_id)
        if not change.incident.under_way:
            raise IllegalAnswer(_("This response is over; nobody is called any more."), state=call.state, legal=[])
        yield change, call


def refuse_answer(call: CallOut) -> IllegalAnswer:
    from incidents.queries.room import answers

    return IllegalAnswer(
        _("This call stands at: %(state)s.") % {"state": call.get_state_display()},  # type: ignore[attr-defined]
        state=str(call.state),
        legal=list(answers(call)),
    )


def answered_already(call: CallOut) -> AlreadyDone:
    from incidents.queries.room import answers

    return AlreadyDone(
        _("This was answered already. The call stands at: %(state)s.") % {"state": call.get_state_display()},  # type: ignore[attr-defined]
        state=str(call.state),
        legal=list(answers(call)),
    )


def answered(change: Change, call: CallOut) -> None:
    call.answered_at, call.answered_by = change.now, str(change.by)
    call.next_rung_at = None
    call.version += 1
    call.save()


def next_reminder(change: Change, call: CallOut, *, first: bool) -> datetime | None:
    """When somebody on the way is reminded: half-way to their time, then three minutes before it."""
    left = change.times.between(change.now, call.due_at).total_seconds() / 60
    half = change.times.due(change.now, left / 2)
    last = change.times.due(change.now, left - REMIND_BEFORE)
    moments = [half, last] if first else [last]
    return min((moment for moment in moments if moment > change.now), default=None)


def acknowledge_callout(
    *, call_out_id: int, by: Actor, eta_minutes: int | None = None, expected_version: int | None = None
) -> CallOut:
    """ "On my way": the ladder stops climbing; the time to arrive runs on, and reminders of it begin.

    `eta_minutes` is when they think to be there; a later answer with another one changes it. Doing it twice raises
    AlreadyDone. Journals callout.acknowledged the first time, callout.eta with every estimate.
    Raises IllegalAnswer, ImpossibleTime, IncidentNotFound, ChangedMeanwhile, NotAllowed.
    """
    if eta_minutes is not None and not 0 <= eta_minutes <= LONGEST_ETA:
        raise ImpossibleTime(_("Give the minutes until you are there, at most a day."))
    with answering(call_out_id, by) as (change, call):
        change.expect_row(call, expected_version)
        again = call.state == S.ACKNOWLEDGED
        if not again and call.state not in {S.CALLED, S.UNREACHABLE}:
            raise refuse_answer(call)
        eta = change.times.due(change.now, eta_minutes) if eta_minutes is not None else None
        if again and (eta is None or (call.eta_at is not None and abs((eta - call.eta_at).total_seconds()) < 30)):
            raise answered_already(call)
        call.eta_at = eta
        figures = {"eta_minutes": eta_minutes} if eta_minutes is not None else {}
        if again:
            answered(change, call)
            change.tell("callout.eta", payload_of(call, **figures))
            return call
        call.acknowledge()
        call.acknowledged_at = change.now
        call.remind_at = next_reminder(change, call, first=True)
        answered(change, call)
        seconds = change.times.between(call.called_at, change.now).total_seconds()
        change.tell("callout.acknowledged", payload_of(call, seconds=round(seconds, 3)))
        if figures:
            change.tell("callout.eta", payload_of(call, **figures))
        follow(change)
        clock.wake()
        return call


def proof_of(by: Actor, *, own: bool, proof: str, note: str) -> str:
    """How we know of an arrival: one's own link or log-in, else the word of whoever enters it. Raises BadProof,
    ReasonMissing."""
    if own:
        natural = Proof.LOGIN if by.kind == "user" else Proof.LINK
        if proof and proof != natural:
            raise BadProof(_("Your own arrival is proved by your link or log-in."), allowed=[natural])
        return natural
    if proof and proof not in attendance.WITNESSED:
        raise BadProof(_("For somebody else: a phone call, or a witness."), allowed=list(attendance.WITNESSED))
    if proof == Proof.PHONE and not note.strip():
        raise ReasonMissing(_("Write down who rang."))
    return proof or Proof.WITNESS


def arrive_callout(
    *,
    call_out_id: int,
    by: Actor,
    arrived_at: datetime | None = None,
    proof: str = "",
    note: str = "",
    expected_version: int | None = None,
) -> CallOut:
    """On post. `arrived_at` enters afterwards when it really was; if that was in time, a recorded miss is amended.

    `proof` is how we know it: by their own link or log-in, or, entered by somebody else, "phone" (`note` says who rang)
    or "witness" (the actor; the default). A line of the sign-in board begins; others called for the seat are stood
    down when it has all the people it wants, and the command post may become manned. Doing it twice raises
    AlreadyDone. Journals callout.arrived with the exact seconds since the call, perhaps deadline.amended, post.quorum,
    post.manned, measure.done. Raises IllegalAnswer, BadProof, ReasonMissing, ImpossibleTime, IncidentNotFound,
    ChangedMeanwhile, NotAllowed.
    """
    with answering(call_out_id, by) as (change, call):
        change.expect_row(call, expected_version)
        own = is_own(call.pk, call.user_id, by)
        return arrive(change, call, proof_of(by, own=own, proof=proof, note=note), arrived_at=arrived_at, note=note)


def arrive_at_door(*, call_out_id: int, code: str, by: Actor) -> CallOut:
    """On post, proved by the code that the door showed within the last minute or so; one's own call only.

    Journals as `arrive_callout`. Raises DoorCodeExpired, BadDoorCode, AlreadyDone, IllegalAnswer, NotAllowed.
    """
    with answering(call_out_id, by, own_only=True) as (change, call):
        door.check(code, incident_id=change.incident.pk, now=change.now)
        return arrive(change, call, Proof.DOOR)


def arrive(change: Change, call: CallOut, proof: str, *, arrived_at: datetime | None = None, note: str = "") -> CallOut:
    if call.state == S.ON_POST:
        raise answered_already(call)
    if call.state not in WAITING:
        raise refuse_answer(call)
    moment = arrived_at or change.now
    if not call.called_at <= moment <= change.now:
        raise ImpossibleTime(_("The arrival must lie between the call and now."))
    if arrived_at is not None and change.by.kind == "link":
        raise ImpossibleTime(_("Ask the duty officer to enter an earlier arrival; they witness it."))
    call.arrive()
    call.arrived_at, call.proof, call.remind_at = moment, proof, None
    answered(change, call)
    backfilled = arrived_at is not None
    sit_down(change, call.seat, call.user, moment, proof=proof, note=note, backfilled=backfilled)
    deadlines.settle(change, DeadlineKind.ARRIVAL, subject_of(call), at=moment, backfilled=backfilled)
    seconds = change.times.between(call.called_at, moment).total_seconds()
    in_time = moment <= call.due_at or change.incident.stands_still(call.due_at)
    change.tell(
        "callout.arrived",
        payload_of(call, seconds=round(seconds, 3), in_time=in_time, proof=f"proof:{proof}"),
        occurred_at=arrived_at,
        backfilled=backfilled,
    )
    follow(change, at=arrived_at)
    return call


def decline_callout(*, call_out_id: int, by: Actor, reason: str = "", expected_version: int | None = None) -> CallOut:
    """ "Cannot come": the next alternate is called at once, unless a crew has enough people already. `reason` is kept
    with the call, in their words, never in the journal. Doing it twice raises AlreadyDone.

    Journals callout.declined, callout.climbed and callout.called, or post.vacant when nobody is left.
    Raises IllegalAnswer, IncidentNotFound, ChangedMeanwhile, NotAllowed.
    """
    with answering(call_out_id, by) as (change, call):
        change.expect_row(call, expected_version)
        if call.state == S.DECLINED:
            raise answered_already(call)
        if call.state not in WAITING:
            raise refuse_answer(call)
        call.decline()
        call.reason, call.remind_at = reason.strip()[:400], None
        answered(change, call)
        deadlines.cancel(change, kinds=[DeadlineKind.ARRIVAL], subjects=[subject_of(call)])
        change.tell("callout.declined", payload_of(call))
        if not crews.enough(call.seat):
            call_next(change, call.seat)
        follow(change)
        return call
