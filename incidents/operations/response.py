"""Starting a response."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django_fsm import can_proceed

from accounts.actors import Actor
from accounts.roles import Permission, Post
from incidents.models import CommandPost, DeadlineKind, Incident, Level, LevelRule, Plan
from incidents.operations import deadlines, drawing, work
from incidents.operations.announcing import announce_start
from incidents.operations.change import Change, changing, require
from incidents.operations.followed import follow
from incidents.operations.intake import apply_matrix
from incidents.operations.redrawing import draw_readiness, redraw_measures, reopen_post
from incidents.refusals import (
    AboveAuthority,
    ImpossibleTime,
    UnknownCode,
    already_done,
    illegal,
    where_it_stands,
)
from journal import operations as journal


def level_rule(level: int | None) -> LevelRule:
    """The rules of a level. Raises UnknownCode."""
    known = isinstance(level, int) and level in Level.values
    rule = LevelRule.objects.filter(level=level or 0).first() if known else None
    if rule is None:
        raise UnknownCode(
            _("There is no response level %(level)s.") % {"level": str(level)[:20]}, allowed=list(Level.values)
        )
    return rule


def respond(
    *,
    incident_id: int,
    by: Actor,
    level: int | None = None,
    expected_end_at: datetime | None = None,
    expected_version: int | None = None,
) -> Incident:
    """Declare a response: people are called, the plan's measures and every deadline start, in one transaction.

    `level` defaults to the grade (graded here when nobody did). The duty officer may go one level above the grade;
    further up, or below it, takes whoever may lower levels. Above the actor's own authority the response is
    provisional, and everything runs at once all the same. It is never blocked: without an approved plan a generic
    minimum runs, a post with nobody on duty falls to the commander; both are flagged and escalated. What was done
    while pre-alerted stays done. `expected_end_at` goes into the notice; without it the response lasts until further
    notice.

    Doing it twice raises AlreadyDone. Journals incident.responded, incident.announced and callout.called per person,
    perhaps incident.graded, incident.no_plan, post.vacant. Raises IllegalTransition, ChangedMeanwhile, AboveAuthority,
    UnknownCode, ImpossibleTime, NotAllowed.
    """
    by.require(Permission.COMMAND)
    wanted = level_rule(level) if level is not None else None
    with changing(incident_id, by=by) as change:
        require(change, Permission.COMMAND)
        incident = change.incident
        if incident.state == Incident.State.RESPONDING and change.repeats("respond", level):
            raise already_done(incident, "respond")
        change.expect(expected_version)
        if not can_proceed(incident.respond):
            raise illegal(incident, "respond")
        if expected_end_at is not None and expected_end_at <= change.now:
            raise ImpossibleTime(_("The expected end must lie in the future."))
        if incident.grade is None:
            apply_matrix(change, {})
        rule = wanted or level_rule(incident.grade)
        check_authority(change, rule.level)
        incident.expected_end_at = expected_end_at
        begin_response(change, rule, drawing.choose_plan(incident.category, rule.level, incident.region_code))
        change.moved("respond", level)
        return incident


def begin_response(change: Change, rule: LevelRule, plan: Plan | None, *, automatic: bool = False) -> None:
    """Draw everything that a response needs; the incident has its grade. `automatic`: nobody decided, so that the
    level is provisional whoever the actor is. The caller calls `change.moved`."""
    incident = change.incident
    incident.respond()
    incident.response_level = rule.level
    incident.declared_at = incident.responded_at = change.now
    incident.declared_by = str(change.by)
    if incident.verified_at is None and not automatic:
        incident.verified_at, incident.verified_by = change.now, str(change.by)
    incident.proposed_level = incident.proposed_at = None
    deadlines.cancel(change, kinds=[DeadlineKind.MEASURE])
    incident.generation += 1
    incident.save()
    incident.plan, incident.plan_snapshot, incident.generic_plan = plan, drawing.snapshot(plan), plan is None
    change.tell(
        "incident.responded",
        {
            "level": rule.level,
            "level_name": f"level:{rule.level}",
            "plan": plan.pk if plan else None,
            "plan_version": plan.version if plan else None,
            "grade": incident.grade,
        },
    )
    drawing.draw_confirmation(change, rule, decided=False if automatic else None)
    specs = drawing.specs_of(plan, rule.level)
    open_post(change, rule, specs)
    # What was begun as a preparation keeps its state and the time it counts from.
    redraw_measures(change, specs, lowered=False)
    work.start_ready(change)
    follow(change)
    announce_start(change)
    if plan is None:
        tell_no_plan(change)
    journal.touch("incidents")


def open_post(change: Change, rule: LevelRule, specs: list[drawing.Spec]) -> None:
    """Open the command post with its thirty minutes, and call people to it; one that was stood down opens again."""
    if CommandPost.objects.filter(incident=change.incident).exists():
        reopen_post(change, rule, specs)
        return
    post = drawing.draw_post(change, rule)
    draw_readiness(change, post, rule)
    drawing.draw_seats(change, post, rule, specs)


def check_authority(change: Change, level: int, *, raising: bool = False) -> None:
    """One level above the grade is the duty officer's; everything else needs whoever may lower levels. `raising` a
    response towards its grade step by step is theirs too."""
    by, grade = change.by, change.incident.grade or Level.IV
    if by.may(Permission.LOWER_LEVEL) or (grade - 1 <= level and (raising or level <= grade)):
        return
    highest = max(grade - 1, Level.I)
    levels = dict.fromkeys(str(Level(value).label) for value in (grade, highest))
    raise AboveAuthority(
        _("The incident is graded %(grade)s: you may start level %(levels)s; another level takes a commander.")
        % {"grade": Level(grade).label, "levels": " / ".join(levels)},
        highest=int(highest),
        grade=int(grade),
        **where_it_stands(change.incident),
    )


def tell_no_plan(change: Change) -> None:
    incident = change.incident
    change.tell("incident.no_plan", {"category": incident.category, "level": incident.response_level})
    change.escalate(
        lambda: _("no approved plan; a generic minimum is running"),
        key=f"no-plan:{incident.pk}:{incident.generation}",
        posts=[Post.COMMANDER, Post.PLANNING],
    )
