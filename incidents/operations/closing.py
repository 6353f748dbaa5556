"""Recovery, closing, review."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_fsm import can_proceed

from accounts.actors import SYSTEM, Actor
from accounts.roles import Permission, Post
from customers.operations.proposing import propose_survey
from incidents.models import DeadlineKind, Decision, Incident, Measure, MeasureKind, Phase
from incidents.operations import deadlines, followed, work
from incidents.operations.announcing import announce_close
from incidents.operations.change import Change, changing, for_customers, require
from incidents.refusals import NotRecovered, OpenMeasures, ReasonMissing, already_done, illegal, where_it_stands
from incidents.rulebook import rule_of
from journal import operations as journal


def recover(*, incident_id: int, by: Actor, expected_version: int | None = None) -> Incident:
    """The danger is over: recovery begins, with the measures of that phase. What is still open stays open.

    Journals incident.recovering. Raises IllegalTransition, ChangedMeanwhile, NotAllowed.
    """
    by.require(Permission.COMMAND)
    with changing(incident_id, by=by) as change:
        require(change, Permission.COMMAND)
        incident = change.incident
        if incident.state == Incident.State.RECOVERING and change.repeats("recover"):
            raise already_done(incident, "recover")
        change.expect(expected_version)
        if not can_proceed(incident.recover):
            raise illegal(incident, "recover")
        incident.recover()
        incident.recovering_at = change.now
        incident.save()
        change.tell("incident.recovering")
        change.moved("recover")
        propose_survey(reference=incident.reference, by=for_customers(by))
        work.begin_phases(change, [Phase.RECOVERY])
        work.start_ready(change)
        return incident


def close(
    *,
    incident_id: int,
    by: Actor,
    reason: str = "",
    skip_open: bool = False,
    reopen_lanes: bool = True,
    end_openings: bool = False,
    expected_version: int | None = None,
) -> Incident:
    """Back to normal: people are stood down, deadlines end, the review becomes due.

    Throughput must be what the level asks for, and open measures must be settled; the commander may close all the
    same with a `reason` (`skip_open` for the measures). Lanes that are still closed for the incident are opened, or
    stay closed in so many words (`reopen_lanes`); warehouses opened for it go back on standby with `end_openings`.
    Legal duties outlive the closing. Journals incident.closed and
    incident.announced.
    Raises OpenMeasures, NotRecovered, ReasonMissing, IllegalTransition, ChangedMeanwhile, NotAllowed.
    """
    by.require(Permission.LOWER_LEVEL)
    with changing(incident_id, by=by) as change:
        require(change, Permission.LOWER_LEVEL)
        incident = change.incident
        if incident.state == Incident.State.CLOSED and change.repeats("close"):
            raise already_done(incident, "close")
        change.expect(expected_version)
        if not can_proceed(incident.close):
            raise illegal(incident, "close")
        left = [m for m in work.open_measures(change) if m.phase != Phase.CLOSE]
        # Each internal report calls for the next one: the last of the row is nobody's omission.
        following = [m for m in left if m.kind == MeasureKind.INTERNAL_REPORT and m.round > 1]
        settle_rest(change, [m for m in left if m not in following], skip_open=skip_open, reason=reason)
        work.drop_all(change, following, _("The incident is closed."), mark=work.CLOSED)
        share = recovered_share(change)
        if share is not None and not reason.strip():
            raise NotRecovered(
                _("Throughput is at %(share)s of the baseline; closing now needs a reason.")
                % {"share": f"{share * 100:.0f} %"},
                share=round(share, 4),
                **where_it_stands(incident),
            )
        incident.close()
        incident.closed_at = change.now
        incident.reason = reason.strip() or incident.reason
        incident.provisional = False
        incident.proposed_level = incident.proposed_at = incident.check_at = None
        incident.save()
        ended = [kind for kind in DeadlineKind.values if kind != DeadlineKind.LEGAL]
        deadlines.cancel(change, kinds=ended)
        followed.stand_down(change)
        rule = rule_of(incident)
        deadlines.open_deadline(
            change,
            DeadlineKind.REVIEW,
            incident.reference,
            change.times.due(change.now, rule.review_days * 24 * 60),
            post=Post.PLANNING,
        )
        left_closed = open_lanes(incident, wanted=reopen_lanes)
        if end_openings:
            end_opened(incident)
        change.tell(
            "incident.closed",
            {"level": incident.response_level, "early": share is not None, "closed_lanes": left_closed},
        )
        change.moved("close")
        work.begin_phases(change, [Phase.CLOSE])
        work.start_ready(change)
        announce_close(change, closed_lanes=left_closed)
        journal.touch("incidents")
        return incident


def open_lanes(incident: Incident, *, wanted: bool) -> int:
    """Open what is still closed for the incident, if `wanted`; returns how many lanes stay closed."""
    from dispatch.operations import reopen_scope
    from dispatch.queries import open_closures

    if wanted:
        reopen_scope(reference=incident.reference, by=SYSTEM, exercise=incident.exercise)
    return open_closures(incident.reference, incident.exercise)


def end_opened(incident: Incident) -> None:
    """Put the warehouses that were opened for it back on standby."""
    from dispatch import operations as dispatch

    dispatch.end_openings(reference=incident.reference, by=SYSTEM, exercise=incident.exercise)


def settle_rest(change: Change, left: list[Measure], *, skip_open: bool, reason: str) -> None:
    if not left:
        return
    if not skip_open:
        raise OpenMeasures(
            ngettext(
                "%(count)s measure is still open: settle it, or close with a reason and skip it.",
                "%(count)s measures are still open: settle them, or close with a reason and skip them.",
                len(left),
            )
            % {"count": len(left)},
            measures=[measure.pk for measure in left],
            **where_it_stands(change.incident),
        )
    if not reason.strip():
        raise ReasonMissing(_("Say why the open measures are skipped."))
    work.drop_all(change, left, reason.strip(), mark=work.CLOSED)


def recovered_share(change: Change) -> float | None:
    """The throughput share that is too low for closing; None when it is high enough, or cannot be known."""
    from dispatch.queries import throughput

    incident = change.incident
    rule = rule_of(incident)
    if rule.close_throughput is None:
        return None
    hours = max(rule.close_hold_minutes // 60, 1)
    # A drill's hours are hours of its own time.
    own = incident.reported_at + change.times.between(incident.reported_at, change.now)
    until = own.replace(minute=0, second=0, microsecond=0)
    points = throughput(until - timedelta(hours=hours), until, exercise=incident.exercise)
    shares = [point.orders / point.baseline for point in points if point.baseline]
    if not shares or min(shares) >= float(rule.close_throughput):
        return None
    return min(shares)


def review(
    *, incident_id: int, by: Actor, text: str, skip_open: bool = False, expected_version: int | None = None
) -> Incident:
    """Looked back upon: `text` holds what was learnt. Measures after closing must be settled, or `skip_open`.

    Journals incident.reviewed. Raises ReasonMissing, OpenMeasures, IllegalTransition, NotAllowed.
    """
    by.require(Permission.COMMAND)
    with changing(incident_id, by=by) as change:
        require(change, Permission.COMMAND)
        incident = change.incident
        if incident.state == Incident.State.REVIEWED and change.repeats("review"):
            raise already_done(incident, "review")
        change.expect(expected_version)
        if not can_proceed(incident.review):
            raise illegal(incident, "review")
        if not text.strip():
            raise ReasonMissing(_("Write down what was learnt."))
        settle_rest(change, work.open_measures(change), skip_open=skip_open, reason=text)
        incident.review()
        incident.reviewed_at = change.now
        note = Decision.objects.create(
            incident=incident, kind=Decision.Kind.REVIEW, text=text.strip(), made_by=str(by), made_at=change.now
        )
        deadlines.settle(change, DeadlineKind.REVIEW, incident.reference)
        change.tell("incident.reviewed", {"note": f"decision:{note.pk}"})
        change.moved("review")
        return incident
