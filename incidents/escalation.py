"""What follows a missed deadline, and what reminds of one: run by the clock, one incident at a time."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.actors import CLOCK
from accounts.roles import Post
from incidents import staff
from incidents.links import call_out_url
from incidents.models import CallOut, Deadline, DeadlineKind, DeadlineState, PostSeat
from incidents.operations import callouts, crews
from incidents.operations.answers import next_reminder
from incidents.operations.attendance import present
from incidents.operations.change import Change
from incidents.operations.followed import follow
from incidents.rulebook import rule_of

# Of one incident in one transaction: the timers of others wait meanwhile, and calling somebody else takes long.
MOST_TOLD, MOST_REPLACED = 100, 16
REPLACED = {DeadlineKind.ARRIVAL, DeadlineKind.QUORUM}


def posts_for(deadline: Deadline, change: Change) -> list[str]:
    """Who is told that something is overdue: whoever answers for it, and above them the commander."""
    if deadline.kind in {DeadlineKind.ARRIVAL, DeadlineKind.QUORUM}:
        return [Post.COMMANDER, Post.DUTY_OFFICER]
    if deadline.kind == DeadlineKind.READY:
        return [Post.COMMANDER, Post.DEPUTY, Post.DUTY_OFFICER]
    if deadline.kind == DeadlineKind.CONFIRM:
        return [rule_of(change.incident).decider_post, Post.COMMANDER, Post.DUTY_OFFICER]
    return [deadline.post, Post.COMMANDER]


def escalate_missed(change: Change) -> int:
    """Tell people about every miss of this incident that was not told yet; somebody who did not arrive is replaced.

    What is overdue at the same moment reaches each person in one message. Journals deadline.escalated, perhaps
    callout.climbed or post.vacant.
    """
    rows = Deadline.objects.select_for_update(skip_locked=True).filter(
        incident=change.incident, escalate_at__lte=change.now, state=DeadlineState.MISSED
    )
    missed = list(rows.order_by("due_at", "id")[:MOST_TOLD])
    replaced = [place for place, deadline in enumerate(missed) if deadline.kind in REPLACED]
    missed = missed[: replaced[MOST_REPLACED]] if len(replaced) > MOST_REPLACED else missed
    for deadline in missed:
        if deadline.kind == DeadlineKind.ARRIVAL and change.incident.running:
            replace_absent(change, deadline)
        if deadline.kind == DeadlineKind.QUORUM and change.incident.running:
            strengthen(change, deadline)
        if deadline.settled_at is None:
            change.escalate(
                lambda deadline=deadline: deadline.label,  # type: ignore[misc]
                due_at=deadline.due_at,
                key=f"deadline:{deadline.pk}",
                posts=posts_for(deadline, change),
                kind="deadline.escalated",
                payload={"deadline": f"deadline:{deadline.pk}"},
            )
    Deadline.objects.filter(pk__in=[deadline.pk for deadline in missed]).update(escalate_at=None)
    if missed:
        follow(change)
    return len(missed)


def replace_absent(change: Change, deadline: Deadline) -> None:
    """The time to arrive has passed: without any answer the person counts as unreachable; an alternate is called,
    unless one was already, or the crew has enough people."""
    call_id = int(deadline.subject.partition(":")[2])
    call = CallOut.objects.select_related("seat", "user").filter(pk=call_id).first()
    if call is None or not call.waiting:
        return
    if call.state == CallOut.State.CALLED:
        call.give_up()
        call.version += 1
        call.save()
    seat = call.seat
    if seat.wanted > 1:
        if not crews.enough(seat) and crews.hoped_for(change, seat, without=call.pk) < seat.wanted:
            callouts.call_next(change, seat)
        return
    others = crews.calls_of(seat).filter(rank__gt=call.rank, state__in=["called", "acknowledged", "on_post"])
    if not others.exists():
        callouts.call_next(change, seat)


def strengthen(change: Change, deadline: Deadline) -> None:
    """Too few of a crew came in time: as many further alternates are called as are lacking."""
    seat = PostSeat.objects.select_for_update().filter(pk=int(deadline.subject.partition(":")[2])).first()
    if seat is None or crews.enough(seat):
        return
    lacking = seat.need - len(present(seat))
    hoped = crews.hoped_for(change, seat) - len(present(seat))
    for _number in range(max(lacking - hoped, 0)):
        if callouts.call_next(change, seat) is None:
            break


def remind(change: Change) -> int:
    """Remind whoever answers for a deadline that a fifth of its time is left."""
    rows = Deadline.objects.select_for_update(skip_locked=True).filter(
        incident=change.incident, remind_at__lte=change.now, state=DeadlineState.OPEN
    )
    due = list(rows.order_by("remind_at", "id"))
    for deadline in due:
        staff.send(
            change.incident,
            staff.answerable(change.incident, [deadline.post], change.now),
            template="reminder",
            variables={
                "event": change.incident.title,
                "what": lambda user, deadline=deadline: deadline.label or _("deadline"),
                "time": lambda user, deadline=deadline: staff.local_time(deadline.due_at, user),
                "url": staff.room_url(change.incident),
            },
            key=f"reminder:{deadline.pk}",
            by=CLOCK,
        )
    Deadline.objects.filter(pk__in=[deadline.pk for deadline in due]).update(remind_at=None)
    return len(due)


def remind_arrivals(change: Change) -> int:
    """Remind those who said that they are on their way: of how much time is left, half-way and shortly before its end.

    Run by the clock with the incident locked. A reminder is queued like every message; who does not read it is, at the
    end of the time, replaced like anybody who did not come.
    """
    rows = CallOut.objects.select_for_update(of=("self",), skip_locked=True).filter(
        incident=change.incident, remind_at__lte=change.now
    )
    due = list(rows.select_related("seat", "user").order_by("remind_at", "id"))
    for call in due:
        left = change.times.between(change.now, call.due_at).total_seconds() / 60
        if call.state == CallOut.State.ACKNOWLEDGED and left > 0:
            staff.send(
                change.incident,
                [call.user],
                template="arrival_reminder",
                variables={
                    "event": change.incident.title,
                    "role": staff.role_text(call.seat.post),
                    "left": max(round(left), 1),
                    "time": lambda user, call=call: staff.local_time(call.due_at, user),
                    "url": call_out_url(call.pk),
                },
                key=f"arrival:{call.pk}:{call.version}:{call.remind_at:%H%M%S}",
                by=CLOCK,
            )
        following = next_reminder(change, call, first=False)
        call.remind_at = following if call.state == CallOut.State.ACKNOWLEDGED else None
        call.save()
    return len(due)
