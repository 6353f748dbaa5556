"""Calling people to their posts, rung by rung. Their answers are in `answers`, the seats in `seats`."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from accounts.actors import CLOCK
from accounts.models import User
from accounts.queries import on_duty, reachable_channels
from accounts.roles import Post
from incidents import staff
from incidents.ladder import ALTERNATE, Rung, ladder_for, rung_due, rungs_from_json
from incidents.models import CallOut, DeadlineKind, DeadlineState, LadderStep, LevelRule, PostSeat
from incidents.operations import crews, deadlines, relief
from incidents.operations.change import Change
from incidents.operations.followed import follow
from incidents.queries.rows import post_label
from incidents.rulebook import rule_of
from journal import clock

S = CallOut.State
MOST_FOR_ONE = 3  # a primary and two alternates


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


def call_seat(change: Change, seat: PostSeat, *, rule: LevelRule, rungs: Sequence[Rung]) -> None:
    """Call whoever is on duty for a seat, a whole crew at once, with the alternates behind. A seat without anybody,
    or with too few people for its crew, falls to the commander."""
    most = MOST_FOR_ONE if seat.wanted == 1 else crews.MOST
    known = set(crews.calls_of(seat).values_list("user_id", flat=True))
    duty = on_duty(post=seat.post, at=change.now, region_code=change.incident.region_code, limit=most)
    people = [person for person in duty if person.pk not in known]
    here = crews.hoped_for(change, seat)
    wanted = max(seat.wanted - here, 0)
    for person in people[:wanted]:
        call_person(change, seat, person, alternates=people[wanted:], rank=0, rule=rule, rungs=rungs)
    if here + len(people) < seat.need:
        leave_vacant(change, seat)


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
    relief.replace(change, seat, user)
    return call


def draw_arrival(change: Change, call: CallOut) -> None:
    """The time by which the person is to be there; while the incident is suspended it rests from the beginning."""
    deadline = deadlines.open_deadline(
        change,
        DeadlineKind.ARRIVAL,
        subject_of(call),
        call.due_at,
        started_at=call.called_at,
        post=call.seat.post,
    )
    if change.incident.suspended_at is not None:
        deadline.state = DeadlineState.CANCELLED


def leave_vacant(change: Change, seat: PostSeat) -> None:
    """Nobody, or too few, can be had: the commander answers for the post. Flagged, journalled, escalated; never a
    block. Journals post.vacant, or post.short for a crew."""
    if seat.vacant:
        return
    seat.vacant = True
    seat.version += 1
    seat.save(update_fields=["vacant", "version"])
    incident = change.incident
    incident.unfilled_posts = sorted({*incident.unfilled_posts, seat.post})
    change.saving = True
    if seat.need > 1:
        change.tell("post.short", {"post": f"post:{seat.post}", "need": seat.need, "wanted": seat.wanted})
    else:
        change.tell("post.vacant", {"post": f"post:{seat.post}"})
    change.escalate(
        lambda: (
            (_("too few people as %(post)s") if seat.need > 1 else _("nobody on duty as %(post)s"))
            % {"post": post_label(seat.post)}
        ),
        key=f"vacant:{seat.pk}:{incident.generation}:{seat.version}",
        posts=[Post.COMMANDER, Post.DUTY_OFFICER],
    )


def call_next(change: Change, seat: PostSeat) -> CallOut | None:
    """Climb to the next alternate who was not called yet. With none left and too few on post or on the way, the seat
    falls to the commander.

    Journals callout.climbed.
    """
    calls = list(crews.calls_of(seat).order_by("rank", "id"))
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
    if sum(call.state in {S.CALLED, S.ACKNOWLEDGED, S.ON_POST} for call in calls) < seat.need:
        leave_vacant(change, seat)
    return None


def alternates_turn(change: Change, call: CallOut, number: int) -> None:
    """The ladder says that alternate `number` of this call is to be called: not when that was done already, nor when
    enough of the crew are on post or hoped for."""
    if call.seat.wanted == 1:
        if not crews.calls_of(call.seat).filter(rank__gte=number).exists():
            call_next(change, call.seat)
    elif not crews.enough(call.seat) and crews.hoped_for(change, call.seat, without=call.pk) < call.seat.wanted:
        call_next(change, call.seat)


def climb(change: Change) -> int:
    """Do every rung that is due for this incident. Called by the clock with the incident locked."""
    calls = CallOut.objects.filter(incident=change.incident, next_rung_at__lte=change.now).select_related(
        "seat__command_post", "user"
    )
    done = 0
    for call in calls.order_by("next_rung_at", "id"):
        ladder = rungs_from_json(call.ladder)
        while call.next_rung_at is not None and call.next_rung_at <= change.now:
            rung = ladder[call.rung]
            if rung.kind == ALTERNATE:
                alternates_turn(change, call, int(rung.value))
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
