"""Calling people to their posts, and their answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.actors import CLOCK, Actor
from accounts.models import User
from accounts.queries import on_duty, reachable_channels
from accounts.roles import Permission, Post
from incidents import staff
from incidents.ladder import ALTERNATE, Rung, ladder_for, rung_due, rungs_from_json
from incidents.models import CallOut, DeadlineKind, LadderStep, LevelRule, PostSeat
from incidents.operations import deadlines
from incidents.operations.change import Change, changing
from incidents.operations.followed import WAITING, follow
from incidents.queries.rows import post_label
from incidents.refusals import IllegalAnswer, ImpossibleTime, IncidentNotFound
from incidents.rulebook import rule_of
from journal import clock
from journal.refusal import AlreadyDone

S = CallOut.State


def subject_of(call: CallOut) -> str:
    return f"callout:{call.pk}"


def payload_of(call: CallOut, **more: object) -> dict[str, object]:
    return {
        "callout": subject_of(call),
        "user": f"user:{call.user_id}",
        "post": f"post:{call.seat.post}",
        "rank": call.rank,
        **more,
    }


def configured_rungs() -> list[Rung]:
    return [Rung(step.after_minutes, step.kind, step.value) for step in LadderStep.objects.all()]


def call_seat(change: Change, seat: PostSeat, *, rule: LevelRule, rungs: Sequence[Rung]) -> CallOut | None:
    """Call whoever is on duty for a seat, with the alternates behind; a seat without anybody falls to the commander."""
    people = on_duty(post=seat.post, at=change.now, region_code=change.incident.region_code)
    if not people:
        leave_vacant(change, seat)
        return None
    return call_person(change, seat, people[0], alternates=people[1:], rank=0, rule=rule, rungs=rungs)


def call_person(
    change: Change,
    seat: PostSeat,
    user: User,
    *,
    alternates: Sequence[User],
    rank: int,
    rule: LevelRule,
    rungs: Sequence[Rung],
) -> CallOut:
    """Call one person: the time to arrive runs from this call. The clock does the rungs, the first one at once."""
    ladder = ladder_for(rungs, rank=rank, alternates=len(alternates), channels=reachable_channels(user))
    call = CallOut.objects.create(
        incident=change.incident,
        seat=seat,
        user=user,
        rank=rank,
        alternates=[person.pk for person in alternates],
        ladder=[rung.to_json() for rung in ladder],
        next_rung_at=rung_due(ladder, 0, change.now, change.times),
        called_at=change.now,
        due_at=change.times.due(change.now, rule.on_post_minutes),
        exercise=change.incident.exercise,
    )
    draw_arrival(change, call)
    change.tell("callout.called", payload_of(call))
    return call


def draw_arrival(change: Change, call: CallOut) -> None:
    deadlines.open_deadline(
        change,
        DeadlineKind.ARRIVAL,
        subject_of(call),
        call.due_at,
        started_at=call.called_at,
        post=call.seat.post,
    )


def leave_vacant(change: Change, seat: PostSeat) -> None:
    """Nobody can be called: the commander answers for the post. Flagged, journalled, escalated; never a block."""
    if seat.vacant:
        return
    seat.vacant = True
    seat.save(update_fields=["vacant"])
    incident = change.incident
    incident.unfilled_posts = sorted({*incident.unfilled_posts, seat.post})
    change.saving = True
    change.tell("post.vacant", {"post": f"post:{seat.post}"})
    staff.escalate(
        incident,
        what=lambda user: _("nobody is on duty as %(post)s") % {"post": post_label(seat.post)},
        due_at=change.now,
        key=f"vacant:{seat.pk}:{incident.generation}",
        by=change.by,
        posts=[Post.COMMANDER, Post.DUTY_OFFICER],
        now=change.now,
    )


def call_next(change: Change, seat: PostSeat) -> CallOut | None:
    """Climb to the next alternate who was not called yet. With none left and nobody on the way, the seat is vacant.

    Journals callout.climbed.
    """
    # Calls of an earlier response, before the post was opened again, leave nobody out.
    rows = CallOut.objects.filter(seat=seat, called_at__gte=seat.command_post.opened_at)
    calls = list(rows.order_by("rank", "id"))
    called = {call.user_id for call in calls}
    waiting = [user_id for call in calls for user_id in call.alternates if user_id not in called]
    people = User.objects.filter(pk__in=waiting, is_active=True).in_bulk()
    for user_id in waiting:
        if user_id in people:
            rule = rule_of(change.incident)
            rank = max(call.rank for call in calls) + 1
            call = call_person(
                change, seat, people[user_id], alternates=[], rank=rank, rule=rule, rungs=configured_rungs()
            )
            change.tell("callout.climbed", payload_of(call))
            clock.wake()
            return call
    if not any(call.state in {S.CALLED, S.ACKNOWLEDGED} for call in calls):
        leave_vacant(change, seat)
    return None


@contextmanager
def answering(call_out_id: int, by: Actor) -> Iterator[tuple[Change, CallOut]]:
    """Open a change for an answer to a call-out: by the link that was sent, by the person, or by somebody who logs it
    for them (a phone call, a witness). Raises IncidentNotFound, NotAllowed, IllegalAnswer."""
    found = CallOut.objects.filter(pk=call_out_id).values("incident_id", "user_id").first()
    if found is None:
        raise IncidentNotFound(_("There is no such call."))
    own = (by.kind == "link" and by.key == str(call_out_id)) or by.user_id == found["user_id"]
    if not own:
        by.require(Permission.DO_MEASURE)
    with changing(found["incident_id"], by=by) as change:
        call = CallOut.objects.select_for_update().select_related("user").get(pk=call_out_id)
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


def acknowledge_callout(*, call_out_id: int, by: Actor, expected_version: int | None = None) -> CallOut:
    """ "On my way": the ladder stops climbing; the time to arrive runs on. Doing it twice raises AlreadyDone.

    Journals callout.acknowledged. Raises IllegalAnswer, IncidentNotFound, NotAllowed.
    """
    with answering(call_out_id, by) as (change, call):
        change.expect_row(call, expected_version)
        if call.state == S.ACKNOWLEDGED:
            raise answered_already(call)
        if call.state not in {S.CALLED, S.UNREACHABLE}:
            raise refuse_answer(call)
        call.acknowledge()
        call.acknowledged_at = change.now
        answered(change, call)
        seconds = change.times.between(call.called_at, change.now).total_seconds()
        change.tell("callout.acknowledged", payload_of(call, seconds=round(seconds, 3)))
        follow(change)
        return call


def arrive_callout(
    *, call_out_id: int, by: Actor, arrived_at: datetime | None = None, expected_version: int | None = None
) -> CallOut:
    """On post. `arrived_at` enters afterwards when it really was; if that was in time, a recorded miss is amended.

    The seat is taken, others called for it are stood down, and the command post may become manned. Doing it twice
    raises AlreadyDone. Journals callout.arrived with the exact seconds since the call, perhaps deadline.amended,
    post.manned, measure.done. Raises IllegalAnswer, ImpossibleTime, IncidentNotFound, NotAllowed.
    """
    with answering(call_out_id, by) as (change, call):
        change.expect_row(call, expected_version)
        if call.state == S.ON_POST:
            raise answered_already(call)
        if call.state not in WAITING:
            raise refuse_answer(call)
        moment = arrived_at or change.now
        if not call.called_at <= moment <= change.now:
            raise ImpossibleTime(_("The arrival must lie between the call and now."))
        if arrived_at is not None and by.kind == "link":
            raise ImpossibleTime(_("Ask the duty officer to enter an earlier arrival; they witness it."))
        call.arrive()
        call.arrived_at = moment
        answered(change, call)
        backfilled = arrived_at is not None
        take(change, call.seat, call.user, moment, backfilled=backfilled)
        deadlines.settle(change, DeadlineKind.ARRIVAL, subject_of(call), at=moment, backfilled=backfilled)
        seconds = change.times.between(call.called_at, moment).total_seconds()
        change.tell(
            "callout.arrived",
            payload_of(
                call,
                seconds=round(seconds, 3),
                in_time=moment <= call.due_at or change.incident.stands_still(call.due_at),
            ),
            occurred_at=arrived_at,
            backfilled=backfilled,
        )
        follow(change, at=arrived_at)
        return call


def take(change: Change, seat: PostSeat, user: User, moment: datetime, *, backfilled: bool) -> None:
    """Somebody sits down; those still called for the seat are stood down."""
    seat.holder, seat.arrived_at, seat.vacant = user, moment, False
    seat.save()
    incident = change.incident
    if seat.post in incident.unfilled_posts:
        incident.unfilled_posts = [post for post in incident.unfilled_posts if post != seat.post]
        change.saving = True
    others = CallOut.objects.filter(seat=seat, state__in=WAITING).exclude(user=user).order_by("id")
    for other in others:
        other.stand_down()
        other.next_rung_at = None
        other.save()
    deadlines.cancel(change, kinds=[DeadlineKind.ARRIVAL], subjects=[subject_of(other) for other in others])


def decline_callout(*, call_out_id: int, by: Actor, expected_version: int | None = None) -> CallOut:
    """ "Cannot come": the next alternate is called at once. Doing it twice raises AlreadyDone.

    Journals callout.declined, callout.climbed and callout.called, or post.vacant when nobody is left.
    Raises IllegalAnswer, IncidentNotFound, NotAllowed.
    """
    with answering(call_out_id, by) as (change, call):
        change.expect_row(call, expected_version)
        if call.state == S.DECLINED:
            raise answered_already(call)
        if call.state not in WAITING:
            raise refuse_answer(call)
        call.decline()
        answered(change, call)
        deadlines.cancel(change, kinds=[DeadlineKind.ARRIVAL], subjects=[subject_of(call)])
        change.tell("callout.declined", payload_of(call))
        call_next(change, call.seat)
        follow(change)
        return call


def climb(change: Change) -> int:
    """Do every rung that is due for this incident. Called by the clock with the incident locked."""
    calls = CallOut.objects.filter(incident=change.incident, next_rung_at__lte=change.now).select_related(
        "seat", "user"
    )
    done = 0
    for call in calls.order_by("next_rung_at", "id"):
        ladder = rungs_from_json(call.ladder)
        while call.next_rung_at is not None and call.next_rung_at <= change.now:
            rung = ladder[call.rung]
            if rung.kind == ALTERNATE:
                after = CallOut.objects.filter(seat=call.seat, rank__gte=int(rung.value))
                already = after.filter(called_at__gte=call.called_at).exists()
                if not already:
                    call_next(change, call.seat)
            else:
                send_call(change, call, rung.value)
            call.rung += 1
            call.next_rung_at = rung_due(ladder, call.rung, call.called_at, change.incident)
            done += 1
        call.save()
    if done:
        follow(change)
    return done


def send_call(change: Change, call: CallOut, channel: str) -> None:
    """Queue the call on one channel, keyed so that no fault can double it."""
    from incidents.links import call_out_url

    incident = change.incident
    staff.send(
        incident,
        [call.user],
        template="callout_alternate" if call.rank else "call_out",
        variables={
            "lv": staff.level_text(incident),
            "event": incident.title,
            "role": staff.role_text(call.seat.post),
            "time": lambda user: staff.local_time(call.due_at, user),
            "url": call_out_url(call.pk),
        },
        key=f"callout:{call.pk}:{call.rung}",
        by=CLOCK,
        channels=[channel],
    )


def take_seat(
    *, incident_id: int, post: str, by: Actor, user_id: int | None = None, taken_at: datetime | None = None
) -> PostSeat:
    """Somebody sits down without having been called for it, or is signed in by a witness.

    `user_id` is who (default: the actor); `taken_at` when it really was. Journals post.taken, perhaps post.manned.
    Raises IllegalAnswer when the seat is taken or does not exist, ImpossibleTime, NotAllowed.
    """
    who = user_id if user_id is not None else by.user_id
    by.require(Permission.DO_MEASURE if who == by.user_id else Permission.COMMAND)
    with changing(incident_id, by=by) as change:
        seat = PostSeat.objects.select_for_update().filter(
            command_post__incident=change.incident, post=post, shift=1
        ).first()  # fmt: skip
        user = User.objects.filter(pk=who, is_active=True).first() if who is not None else None
        if seat is None or user is None or not change.incident.under_way:
            raise IllegalAnswer(_("This incident has no such post to take."), legal=[])
        if seat.arrived_at is not None:
            if seat.holder_id == user.pk:
                raise AlreadyDone(_("%(name)s already holds this post.") % {"name": seat.holder}, legal=[])
            raise IllegalAnswer(_("%(name)s already holds this post.") % {"name": seat.holder}, legal=[])
        opened = change.incident.declared_at or change.now
        moment = taken_at or change.now
        if not opened <= moment <= change.now:
            raise ImpossibleTime(_("The arrival must lie between the declaration and now."))
        own = CallOut.objects.filter(seat=seat, user=user, state__in=WAITING).first()
        if own is not None:
            arrive_callout(call_out_id=own.pk, by=by, arrived_at=taken_at)
            return PostSeat.objects.get(pk=seat.pk)
        backfilled = taken_at is not None
        take(change, seat, user, moment, backfilled=backfilled)
        change.tell(
            "post.taken",
            {"post": f"post:{post}", "user": f"user:{user.pk}"},
            occurred_at=taken_at,
            backfilled=backfilled,
        )
        follow(change, at=taken_at)
        return seat
