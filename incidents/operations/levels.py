"""Raising, lowering and confirming the level while everything runs."""

from __future__ import annotations

from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.queries import on_duty
from accounts.roles import Permission, Post
from incidents.models import (
    CallOut,
    CommandPost,
    Deadline,
    DeadlineKind,
    DeadlineState,
    Incident,
    Level,
    LevelRule,
    Measure,
    Phase,
    PostSeat,
)
from incidents.operations import callouts, deadlines, drawing, work
from incidents.operations.change import Change, changing, require
from incidents.operations.followed import WAITING, filled, follow
from incidents.operations.response import check_authority, level_rule, tell_no_plan
from incidents.refusals import AboveAuthority, IllegalTransition, ReasonMissing, illegal, where_it_stands
from incidents.rulebook import rule_of

LEVEL_KINDS = (DeadlineKind.CONFIRM, DeadlineKind.READY, DeadlineKind.ARRIVAL, DeadlineKind.MEASURE)


def raise_level(
    *, incident_id: int, level: int, by: Actor, reason: str = "", expected_version: int | None = None
) -> Incident:
    """Go to a more severe level. The duty officer may go one level beyond the grade; grade again first when it
    got worse.

    In one transaction every open deadline of the old level is cancelled and drawn anew: due = declaration + the new
    limit for what is under way, now + limit for what is new; arrival always counts from each person's own call. What
    is done stays done. Journals incident.level_raised. Raises IllegalTransition, ChangedMeanwhile, AboveAuthority,
    UnknownCode, NotAllowed.
    """
    by.require(Permission.COMMAND)
    rule = level_rule(level)
    with changing(incident_id, by=by) as change:
        require(change, Permission.COMMAND)
        incident = change.incident
        if incident.running and incident.response_level == level and change.repeats("raise", level):
            return incident
        change.expect(expected_version)
        if not incident.running:
            raise illegal(incident, "raise")
        if level >= (incident.response_level or Level.IV):
            raise not_that_way(incident, "raise")
        check_authority(change, level)
        change_level(change, rule)
        incident.reason = reason.strip() or incident.reason
        change.tell("incident.level_raised", {"level": level, "level_name": f"level:{level}"})
        change.moved("raise", level)
        return incident


def lower_level(
    *, incident_id: int, level: int, by: Actor, reason: str, expected_version: int | None = None
) -> Incident:
    """Go to a milder level: the commander only, with a reason. People whom it does not need are stood down, measures
    it does not have are skipped; otherwise as `raise_level`.

    Journals incident.level_lowered. Raises IllegalTransition, ChangedMeanwhile, ReasonMissing, UnknownCode, NotAllowed.
    """
    by.require(Permission.LOWER_LEVEL)
    rule = level_rule(level)
    with changing(incident_id, by=by) as change:
        require(change, Permission.LOWER_LEVEL)
        incident = change.incident
        if incident.running and incident.response_level == level and change.repeats("lower", level):
            return incident
        change.expect(expected_version)
        if not incident.running:
            raise illegal(incident, "lower")
        if level <= (incident.response_level or Level.I):
            raise not_that_way(incident, "lower")
        if not reason.strip():
            raise ReasonMissing(_("Say why the level is lowered."))
        change_level(change, rule)
        incident.reason = reason.strip()
        change.tell("incident.level_lowered", {"level": level, "level_name": f"level:{level}"})
        change.moved("lower", level)
        return incident


def confirm_level(*, incident_id: int, by: Actor, expected_version: int | None = None) -> Incident:
    """The named decider takes responsibility for a provisional level. Journals incident.level_confirmed.

    Raises IllegalTransition when nothing is left to confirm, AboveAuthority, ChangedMeanwhile, NotAllowed.
    """
    by.require(Permission.COMMAND)
    with changing(incident_id, by=by) as change:
        require(change, Permission.COMMAND)
        incident = change.incident
        if incident.running and not incident.provisional and incident.confirmed_by == str(by):
            return incident
        change.expect(expected_version)
        if not incident.running or not incident.provisional:
            raise illegal(incident, "confirm")
        rule = rule_of(incident)
        if not drawing.decides(by, incident, rule, change):
            names = [user.label for user in on_duty(post=rule.decider_post, at=change.now)[:1]]
            raise AboveAuthority(
                _("Level %(level)s is confirmed by: %(decider)s %(name)s")
                % {"level": Level(rule.level).label, "decider": rule.decider, "name": "".join(names)},
                **where_it_stands(incident),
            )
        incident.provisional = False
        incident.confirmed_at, incident.confirmed_by = change.now, str(by)
        deadlines.settle(change, DeadlineKind.CONFIRM, incident.reference)
        change.tell("incident.level_confirmed", {"level": rule.level, "level_name": f"level:{rule.level}"})
        change.moved("confirm")
        return incident


def not_that_way(incident: Incident, action: str) -> IllegalTransition:
    return IllegalTransition(
        _("The incident runs at level %(level)s already.") % {"level": Level(incident.response_level or 4).label},
        action=action,
        **where_it_stands(incident),
    )


def change_level(change: Change, rule: LevelRule) -> None:
    """The regrade: one generation of deadlines ends, the next begins."""
    incident = change.incident
    lowered = rule.level > (incident.response_level or Level.I)
    deadlines.cancel(change, kinds=LEVEL_KINDS)
    incident.generation += 1
    incident.response_level = rule.level
    incident.save()
    plan = drawing.choose_plan(incident.category, rule.level, incident.region_code)
    incident.plan, incident.plan_snapshot, incident.generic_plan = plan, drawing.snapshot(plan), plan is None
    redraw_measures(change, drawing.specs_of(plan, rule.level), lowered=lowered)
    redraw_calls(change, rule)
    redraw_post(change, rule)
    drawing.draw_confirmation(change, rule)
    if lowered:
        incident.provisional = False
    work.start_ready(change)
    follow(change)
    if plan is None:
        tell_no_plan(change)


def redraw_measures(change: Change, specs: list[drawing.Spec], *, lowered: bool) -> None:
    """Measures that both plans know keep their state and get the new limit; new ones are added; when the level is
    lowered, those not begun that the new plan lacks are dropped."""
    incident = change.incident
    wanted = {spec.code: spec for spec in specs}
    measures = work.open_measures(change)
    if lowered:
        gone = [m for m in measures if m.code not in wanted and m.state == Measure.State.PENDING]
        work.drop_all(change, gone, _("Not needed at the lower level."), by_level=True)
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
            measure.due_at = change.times.due(measure.counted_from or change.now, measure.due_minutes)
        measure.save()
        # One that was missed under the old limit is not missed a second time, unless the new limit gives more time.
        if work.subject_of(measure) not in missed or measure.due_at > change.now:
            work.draw_deadline(change, measure)
    known = {
        measure.code for measure in Measure.objects.filter(incident=incident) if not measure.progress.get("dropped")
    }
    drawing.draw_measures(change, [spec for code, spec in wanted.items() if code not in known])
    begun = [*drawing.BEGUN_BY_RESPONSE]
    if incident.recovering_at:
        begun.append(Phase.RECOVERY)
    work.begin_phases(change, begun)


def redraw_calls(change: Change, rule: LevelRule) -> None:
    """Everybody still expected keeps the time of their own call; those the level does not need are stood down."""
    wanted = {*rule.required_posts, *rule.called_posts, Post.COMMANDER}
    unwanted = []
    calls = CallOut.objects.filter(incident=change.incident, state__in=WAITING).select_related("seat")
    for call in calls.order_by("id"):
        if call.seat.post not in wanted:
            call.stand_down()
            call.next_rung_at = None
            call.save()
            unwanted.append(call)
            continue
        due = change.times.due(call.called_at, rule.on_post_minutes)
        missed = Deadline.objects.filter(
            incident=change.incident, subject=callouts.subject_of(call), state=DeadlineState.MISSED
        ).exists()
        if due != call.due_at:
            call.due_at = due
            call.save()
        if not missed or due > change.now:
            callouts.draw_arrival(change, call)
    PostSeat.objects.filter(pk__in=[call.seat_id for call in unwanted], arrived_at=None).update(required=False)


def redraw_post(change: Change, rule: LevelRule) -> None:
    """More required seats open a command post again, with its own thirty minutes from now."""
    incident = change.incident
    post = CommandPost.objects.select_for_update().get(incident=incident)
    state = CommandPost.State
    PostSeat.objects.filter(command_post=post).exclude(post__in=rule.required_posts).update(required=False)
    drawing.draw_checks(post, rule.level)
    drawing.draw_seats(change, post, rule)
    post.name, post.name_en = rule.post_name, rule.post_name_en
    seats = list(post.seats.filter(shift=1))
    taken = filled(seats)
    complete = all(taken[seat.pk] for seat in seats if seat.required)
    start = incident.declared_at or change.now
    if post.state != state.OPENING and not complete:
        post.reopen()
        post.manned_at = post.ready_at = None
        start = change.now
    post.save()
    if post.state == state.READY:
        return
    subject = f"post:{post.pk}"
    due = change.times.due(start, rule.ready_minutes)
    newest = Deadline.objects.filter(incident=incident, subject=subject, state=DeadlineState.MISSED)
    missed = newest.aggregate(due=Max("due_at"))["due"]
    if missed is None or due > change.now:
        deadlines.open_deadline(change, DeadlineKind.READY, subject, due, started_at=start, post=Post.COMMANDER)
