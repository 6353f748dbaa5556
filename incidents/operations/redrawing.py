"""Drawing what runs anew: under another level, or when a response starts over what was prepared already.

One generation of deadlines has been cancelled by the caller, the next is drawn here. What is done stays done.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F, Max
from django.utils.translation import gettext as _

from accounts.roles import Post
from incidents.models import (
    CallOut,
    CommandPost,
    Deadline,
    DeadlineKind,
    DeadlineState,
    LevelRule,
    Measure,
    Phase,
    PostSeat,
)
from incidents.operations import attendance, callouts, crews, deadlines, drawing, work
from incidents.operations.change import Change
from incidents.operations.followed import WAITING, filled


def redraw_measures(change: Change, specs: list[drawing.Spec], *, lowered: bool) -> None:
    """Measures that both plans know keep their state and get the new limit; new ones are added; when the level is
    lowered, those not begun that the new plan lacks are dropped."""
    incident = change.incident
    wanted = {spec.code: spec for spec in specs}
    measures = work.open_measures(change)
    if lowered:
        gone = [m for m in measures if m.code not in wanted and m.state == Measure.State.PENDING]
        work.drop_all(change, gone, _("Not needed at the lower level."), mark=work.DROPPED)
        dropped = {measure.pk for measure in gone}
        measures = [measure for measure in measures if measure.pk not in dropped]
    missed = set(
        Deadline.objects.filter(incident=incident, kind=DeadlineKind.MEASURE, state=DeadlineState.MISSED).values_list(
            "subject", flat=True
        )
    )
    for measure in measures:
        spec = wanted.get(measure.code)
        if spec is not None and measure.round == 1:
            measure.due_minutes = spec.due_minutes
            if measure.state == Measure.State.PENDING:
                measure.params, measure.needs_approval = spec.params, spec.needs_approval
        if measure.due_at is None:
            measure.save()
            continue
        if measure.round == 1:
            measure.due_at = change.incident.due(measure.counted_from or change.now, measure.due_minutes)
        measure.save()
        # One that was missed under the old limit is not missed a second time, unless the new limit gives more time.
        if work.subject_of(measure) not in missed or measure.due_at > change.now:
            work.draw_deadline(change, measure)
    known = {
        measure.code for measure in Measure.objects.filter(incident=incident) if not measure.progress.get(work.DROPPED)
    }
    drawing.draw_measures(change, [spec for code, spec in wanted.items() if code not in known])
    begun = [*drawing.BEGUN_BY_RESPONSE]
    if incident.recovering_at:
        begun.append(Phase.RECOVERY)
    work.begin_phases(change, begun)


def redraw_calls(change: Change, rule: LevelRule, specs: Sequence[drawing.Spec]) -> None:
    """Everybody still expected keeps the time of their own call; those the level does not need are stood down."""
    wanted = {*rule.required_posts, *rule.called_posts, *crews.crews_of(rule, specs), Post.COMMANDER}
    unwanted = []
    calls = CallOut.objects.filter(incident=change.incident, state__in=WAITING).select_related("seat")
    for call in calls.order_by("id"):
        if call.seat.post not in wanted:
            unwanted += attendance.stand_down([call], change.now)
            continue
        due = change.incident.due(call.called_at, rule.on_post_minutes)
        missed = Deadline.objects.filter(
            incident=change.incident, subject=callouts.subject_of(call), state=DeadlineState.MISSED
        ).exists()
        if due != call.due_at:
            call.due_at = due
            call.version += 1
            call.save()
        if not missed or due > change.now:
            callouts.draw_arrival(change, call)
    PostSeat.objects.filter(pk__in=[call.seat_id for call in unwanted], arrived_at=None).update(required=False)


def redraw_post(change: Change, rule: LevelRule, specs: Sequence[drawing.Spec]) -> None:
    """More required seats open a command post again, with its own thirty minutes from now."""
    incident = change.incident
    post = CommandPost.objects.select_for_update().get(incident=incident)
    state = CommandPost.State
    PostSeat.objects.filter(command_post=post).exclude(post__in=rule.required_posts).update(required=False)
    drawing.draw_checks(post, rule.level)
    drawing.draw_seats(change, post, rule, specs)
    post.name, post.name_en = rule.post_name, rule.post_name_en
    seats = list(post.seats.filter(shift=1))
    taken = filled(seats)
    complete = all(taken[seat.pk] for seat in seats if seat.required)
    start = incident.called_up_at or change.now
    if post.state != state.OPENING and not complete:
        post.reopen()
        post.manned_at = post.ready_at = None
        start = change.now
    post.save()
    if post.state == state.READY:
        return
    subject = f"post:{post.pk}"
    due = incident.due(start, rule.ready_minutes)
    newest = Deadline.objects.filter(incident=incident, subject=subject, state=DeadlineState.MISSED)
    missed = newest.aggregate(due=Max("due_at"))["due"]
    if missed is None or due > change.now:
        deadlines.open_deadline(change, DeadlineKind.READY, subject, due, started_at=start, post=Post.COMMANDER)


def draw_readiness(change: Change, post: CommandPost, rule: LevelRule) -> None:
    """The thirty minutes of a command post, from now."""
    due = change.times.due(change.now, rule.ready_minutes)
    deadlines.open_deadline(change, DeadlineKind.READY, f"post:{post.pk}", due, post=Post.COMMANDER)


def reopen_post(change: Change, rule: LevelRule, specs: Sequence[drawing.Spec] = ()) -> CommandPost:
    """Open a command post again and man it afresh: seats are empty, the checklist is blank, people are called anew.

    Whoever still sits there from the last time is released. Calls of the last time stay as they ended; the post's
    `opened_at` tells the new ones apart.
    """
    post = CommandPost.objects.select_for_update().get(incident=change.incident)
    if post.state != CommandPost.State.OPENING:
        post.reopen()
    post.name, post.name_en = rule.post_name, rule.post_name_en
    post.opened_at = change.now
    post.manned_at = post.ready_at = post.closed_at = None
    post.confirmed_by = ""
    post.version += 1
    post.save()
    post.checks.update(done_at=None, done_by="")
    drawing.draw_checks(post, rule.level)
    attendance.release_everybody(change)
    change.incident.unfilled_posts = []
    PostSeat.objects.filter(command_post=post).update(
        required=False, vacant=False, holder=None, arrived_at=None, starts_at=None, version=F("version") + 1
    )
    draw_readiness(change, post, rule)
    rungs = callouts.configured_rungs()
    wanted = {*rule.required_posts, *rule.called_posts}
    seats = {seat.post: seat for seat in post.seats.filter(shift=1).order_by("id")}
    for code, seat in seats.items():
        if code in wanted:
            callouts.call_seat(change, seat, rule=rule, rungs=rungs)
    drawing.draw_seats(change, post, rule, specs)
    commander = seats.get(Post.COMMANDER)
    if commander is not None and Post.COMMANDER not in wanted and post.seats.filter(vacant=True).exists():
        callouts.call_seat(change, commander, rule=rule, rungs=rungs)
    return post
