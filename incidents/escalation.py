"""What follows a missed deadline, and what reminds of one: run by the clock, one incident at a time."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.actors import CLOCK
from accounts.roles import Post
from incidents import staff
from incidents.models import CallOut, Deadline, DeadlineKind, DeadlineState
from incidents.operations import callouts
from incidents.operations.change import Change
from incidents.operations.followed import follow
from incidents.rulebook import rule_of

AT_ONCE = 8  # misses of one incident told in one transaction: the timers of others wait meanwhile


def posts_for(deadline: Deadline, change: Change) -> list[str]:
    """Who is told that something is overdue: whoever answers for it, and above them the commander."""
    if deadline.kind == DeadlineKind.ARRIVAL:
        return [Post.COMMANDER, Post.DUTY_OFFICER]
    if deadline.kind == DeadlineKind.READY:
        return [Post.COMMANDER, Post.DEPUTY, Post.DUTY_OFFICER]
    if deadline.kind == DeadlineKind.CONFIRM:
        return [rule_of(change.incident).decider_post, Post.COMMANDER, Post.DUTY_OFFICER]
    return [deadline.post, Post.COMMANDER]


def escalate_missed(change: Change) -> int:
    """Tell people about every miss of this incident that was not told yet; somebody who did not arrive is replaced.

    Journals deadline.escalated, perhaps callout.climbed or post.vacant.
    """
    rows = Deadline.objects.select_for_update(skip_locked=True).filter(
        incident=change.incident, escalate_at__lte=change.now, state=DeadlineState.MISSED
    )
    missed = list(rows.order_by("due_at", "id")[:AT_ONCE])
    for deadline in missed:
        if deadline.kind == DeadlineKind.ARRIVAL and change.incident.running:
            replace_absent(change, deadline)
        if deadline.settled_at is None:
            told = staff.escalate(
                change.incident,
                what=lambda user, deadline=deadline: deadline.label,
                due_at=deadline.due_at,
                key=f"deadline:{deadline.pk}",
                by=CLOCK,
                posts=posts_for(deadline, change),
                now=change.now,
            )
            change.tell("deadline.escalated", {"deadline": f"deadline:{deadline.pk}", "messages": told})
    Deadline.objects.filter(pk__in=[deadline.pk for deadline in missed]).update(escalate_at=None)
    if missed:
        follow(change)
    return len(missed)


def replace_absent(change: Change, deadline: Deadline) -> None:
    """The time to arrive has passed: without any answer the person counts as unreachable; an alternate is called."""
    call_id = int(deadline.subject.partition(":")[2])
    call = CallOut.objects.select_related("seat", "user").filter(pk=call_id).first()
    if call is None or not call.waiting:
        return
    if call.state == CallOut.State.CALLED:
        call.give_up()
        call.save()
    others = CallOut.objects.filter(seat=call.seat, rank__gt=call.rank, state__in=["called", "acknowledged", "on_post"])
    if not others.exists():
        callouts.call_next(change, call.seat)


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
