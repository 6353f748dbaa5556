"""Duties that the law starts: ticked on an incident, each is a deadline with its own proof."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.roles import Permission, Post
from incidents.models import Deadline, DeadlineKind, Decision, Incident, LegalClock
from incidents.operations import deadlines
from incidents.operations.change import Change, changing, require
from incidents.refusals import IllegalTransition, ReasonMissing, UnknownCode, where_it_stands


def start_clock(change: Change, code: str) -> None:
    """Draw the deadline of one legal duty, once per incident, counted from the moment it is ticked."""
    rule = LegalClock.objects.filter(code=code).first()
    if rule is None:
        raise UnknownCode(
            _("There is no legal duty %(code)s.") % {"code": str(code)[:40]},
            allowed=list(LegalClock.objects.values_list("code", flat=True)),
        )
    subject = f"legal:{code}"
    if Deadline.objects.filter(incident=change.incident, kind=DeadlineKind.LEGAL, subject=subject).exists():
        return
    deadlines.open_deadline(
        change,
        DeadlineKind.LEGAL,
        subject,
        change.times.due(change.now, rule.minutes),
        post=Post.LIAISON,
        name=rule.name,
        name_en=rule.name_en,
    )
    change.tell("legal.clock_started", {"clock": f"legal:{code}", "minutes": rule.minutes})


def tick_legal_clock(*, incident_id: int, code: str, by: Actor) -> Incident:
    """The trigger of a legal duty holds: its deadline starts now. Ticking it again changes nothing.

    Journals legal.clock_started. Raises UnknownCode, IllegalTransition (dismissed or reviewed), NotAllowed.
    """
    by.require(Permission.COMMAND)
    with changing(incident_id, by=by) as change:
        require(change, Permission.COMMAND)
        incident = change.incident
        if incident.state in {Incident.State.DISMISSED, Incident.State.REVIEWED}:
            raise IllegalTransition(
                _("The incident is over; report a new one."), action="tick", **where_it_stands(incident)
            )
        start_clock(change, code)
        return incident


def fulfil_legal_clock(*, incident_id: int, code: str, evidence: str, by: Actor) -> Incident:
    """The duty was done: `evidence` says to whom, how and under which number. Doing it again changes nothing.

    Journals legal.clock_fulfilled. Raises UnknownCode when it was never started, ReasonMissing, NotAllowed.
    """
    by.require(Permission.DO_MEASURE)
    with changing(incident_id, by=by) as change:
        require(change, Permission.DO_MEASURE)
        subject = f"legal:{code}"
        known = Deadline.objects.filter(incident=change.incident, kind=DeadlineKind.LEGAL, subject=subject).first()
        if known is None:
            raise UnknownCode(_("This legal duty was not started on the incident."))
        if known.settled_at is not None:
            return change.incident
        if not evidence.strip():
            raise ReasonMissing(_("Write down to whom and how it was reported."))
        deadlines.settle(change, DeadlineKind.LEGAL, subject)
        note = Decision.objects.create(
            incident=change.incident,
            kind=Decision.Kind.REPORT,
            text=evidence.strip(),
            made_by=str(by),
            made_at=change.now,
        )
        change.tell("legal.clock_fulfilled", {"clock": subject, "note": f"decision:{note.pk}"})
        return change.incident
