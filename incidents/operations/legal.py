"""Duties that the law starts: ticked on an incident, each is a deadline with its own proof."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.naming import in_a_row, in_language
from accounts.roles import Permission, Post
from incidents.models import Deadline, DeadlineKind, DeadlineState, Decision, Incident, LegalClock, LegalReport
from incidents.operations import deadlines
from incidents.operations.change import Change, changing, require
from incidents.operations.log import check_time
from incidents.refusals import (
    AnswersMissing,
    DutyReported,
    IllegalTransition,
    ReasonMissing,
    UnknownCode,
    where_it_stands,
)
from journal.refusal import AlreadyDone, Refusal

LONGEST_ANSWER = 4_000


def clock_of(incident: Incident, code: str) -> Deadline | None:
    """The deadline of a duty that was ticked, whatever became of it; a cancelled one does not count."""
    found = Deadline.objects.filter(incident=incident, kind=DeadlineKind.LEGAL, subject=f"legal:{code}")
    return found.exclude(state=DeadlineState.CANCELLED).order_by("-id").first()


def start_clock(change: Change, code: str) -> bool:
    """Draw the deadline of one legal duty, once per incident, counted from now; False when it runs or ran already."""
    rule = LegalClock.objects.filter(code=code).first()
    if rule is None:
        raise UnknownCode(
            _("There is no legal duty %(code)s.") % {"code": str(code)[:40]},
            allowed=list(LegalClock.objects.values_list("code", flat=True)),
        )
    subject = f"legal:{code}"
    if clock_of(change.incident, code) is not None:
        return False
    deadlines.open_deadline(
        change,
        DeadlineKind.LEGAL,
        subject,
        change.times.due(change.now, rule.minutes),
        post=Post.LIAISON,
        name=rule.name,
        name_en=rule.name_en,
    )
    change.tell("legal.clock_started", {"clock": subject, "minutes": rule.minutes})
    return True


def tick_legal_clock(*, incident_id: int, code: str, by: Actor, expected_version: int | None = None) -> Incident:
    """The trigger of a legal duty holds: its deadline starts now, once; ticking it again raises AlreadyDone.

    Journals legal.clock_started. Raises UnknownCode, IllegalTransition (dismissed or reviewed), NotAllowed.
    """
    by.require(Permission.COMMAND)
    with changing(incident_id, by=by) as change:
        require(change, Permission.COMMAND)
        incident = change.incident
        change.expect(expected_version)
        if incident.state in {Incident.State.DISMISSED, Incident.State.REVIEWED}:
            raise IllegalTransition(
                _("The incident is over; report a new one."), action="tick", **where_it_stands(incident)
            )
        if not start_clock(change, code):
            raise AlreadyDone(_("The clock of this duty was started already."), legal=["fulfil"])
        return incident


def fulfil_legal_clock(
    *,
    incident_id: int,
    code: str,
    evidence: str,
    by: Actor,
    answers: Mapping[str, str] | None = None,
    reported_at: datetime | None = None,
    expected_version: int | None = None,
) -> Incident:
    """The duty was done: `evidence` says to whom, how and under which number. Doing it again raises AlreadyDone.

    `answers` is what the report said, by the codes of the duty's form; without them it was reported in another way (a
    phone call), and the evidence alone stands. `reported_at` enters afterwards when it really was: in time, it amends
    a recorded miss. Kept as a LegalReport for good, also after the incident was closed.
    Journals legal.clock_fulfilled. Raises UnknownCode when it was never started, ReasonMissing, AnswersMissing,
    DutyReported (somebody else did), ImpossibleTime, NotAllowed.
    """
    by.require(Permission.DO_MEASURE)
    with changing(incident_id, by=by) as change:
        require(change, Permission.DO_MEASURE)
        change.expect(expected_version)
        incident, subject = change.incident, f"legal:{code}"
        known = clock_of(incident, code)
        if known is None:
            raise UnknownCode(_("This legal duty was not started on the incident."))
        if known.settled_at is not None:
            raise reported_already(incident, code, by)
        if not evidence.strip():
            raise ReasonMissing(_("Write down to whom and how it was reported."))
        if reported_at is not None:
            check_time(change, reported_at)
        kept = checked_answers(code, answers)
        deadlines.settle(change, DeadlineKind.LEGAL, subject, at=reported_at, backfilled=reported_at is not None)
        LegalReport.objects.create(
            incident=incident,
            code=code,
            answers=kept,
            evidence=evidence.strip(),
            reported_by=str(by),
            reported_at=reported_at or change.now,
        )
        note = Decision.objects.create(
            incident=incident,
            kind=Decision.Kind.REPORT,
            text=evidence.strip(),
            occurred_at=reported_at,
            made_by=str(by),
            made_at=change.now,
        )
        change.tell(
            "legal.clock_fulfilled",
            {"clock": subject, "note": f"decision:{note.pk}", "form": answers is not None},
            occurred_at=reported_at,
            backfilled=reported_at is not None,
        )
        return incident


def reported_already(incident: Incident, code: str, by: Actor) -> Refusal:
    """AlreadyDone to who reported it, DutyReported to everybody else."""
    report = LegalReport.objects.filter(incident=incident, code=code).first()
    if report is None or report.reported_by == str(by):
        return AlreadyDone(_("This duty was reported already."), legal=[])
    return DutyReported(_("Somebody else has reported this duty already."), by=report.reported_by, legal=[])


def checked_answers(code: str, answers: Mapping[str, str] | None) -> dict[str, str]:
    """The answers that the form asks for, nothing else. Raises AnswersMissing."""
    if answers is None:
        return {}
    rule = LegalClock.objects.filter(code=code).first()
    form = rule.form if rule else []
    kept = {field["code"]: str(answers.get(field["code"]) or "").strip()[:LONGEST_ANSWER] for field in form}
    missing = [field for field in form if field.get("required") and not kept[field["code"]]]
    if missing:
        names = in_a_row(in_language(field["name"], field.get("name_en", "")) for field in missing)
        raise AnswersMissing(
            _("The report still lacks: %(names)s.") % {"names": names}, missing=[field["code"] for field in missing]
        )
    return {name: value for name, value in kept.items() if value}
