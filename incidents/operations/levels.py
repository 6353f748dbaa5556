"""Raising, lowering and confirming the level while everything runs."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.queries import on_duty
from accounts.roles import Permission
from incidents.models import DeadlineKind, Incident, Level, LevelRule
from incidents.operations import deadlines, drawing, work
from incidents.operations.change import Change, changing, require
from incidents.operations.followed import follow
from incidents.operations.redrawing import redraw_calls, redraw_measures, redraw_post
from incidents.operations.response import check_authority, level_rule, tell_no_plan
from incidents.refusals import AboveAuthority, IllegalTransition, ReasonMissing, already_done, illegal, where_it_stands
from incidents.rulebook import rule_of

LEVEL_KINDS = (
    DeadlineKind.CONFIRM,
    DeadlineKind.READY,
    DeadlineKind.ARRIVAL,
    DeadlineKind.QUORUM,
    DeadlineKind.MEASURE,
)


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
            raise already_done(incident, "raise")
        change.expect(expected_version)
        if not incident.running:
            raise illegal(incident, "raise")
        if level >= (incident.response_level or Level.IV):
            raise not_that_way(incident, "raise")
        check_authority(change, level, raising=True)
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
            raise already_done(incident, "lower")
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
        if incident.under_way and not incident.provisional and incident.confirmed_by == str(by):
            raise already_done(incident, "confirm")
        change.expect(expected_version)
        if not incident.under_way or not incident.provisional:
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
    if lowered or (incident.proposed_level is not None and rule.level <= incident.proposed_level):
        incident.proposed_level = incident.proposed_at = None  # somebody has decided about it
    incident.save()
    plan = drawing.choose_plan(incident.category, rule.level, incident.region_code)
    incident.plan, incident.plan_snapshot, incident.generic_plan = plan, drawing.snapshot(plan), plan is None
    specs = drawing.specs_of(plan, rule.level)
    redraw_measures(change, specs, lowered=lowered)
    redraw_calls(change, rule, specs)
    redraw_post(change, rule, specs)
    drawing.draw_confirmation(change, rule)
    if lowered:
        incident.provisional = False
    work.start_ready(change)
    follow(change)
    if plan is None:
        tell_no_plan(change)
