"""补录: after the room went on with paper, what was done is entered with its own times, row by row.

Each row is one of the ordinary operations with an earlier time, so that proof that came in time amends what was
recorded as missed. A row that is refused keeps what was typed; the others are saved already.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.actors import NotAllowed
from accounts.http import StaffRequest
from accounts.roles import Permission
from incidents import operations
from incidents.models import Incident
from incidents.queries import backfill
from incidents.queries.backfill import BackfillRow
from incidents.refusals import ImpossibleTime
from journal import clock
from journal.refusal import Refusal


@login_required
@require_GET
def incident_backfill(request: StaffRequest, pk: int) -> HttpResponse:
    """Everything that is open, each with a field for its time."""
    request.actor.require(Permission.DO_MEASURE)
    incident = get_object_or_404(Incident, pk=pk)
    started = timezone.localtime(incident.declared_at or incident.reported_at)
    context = {
        "incident": incident,
        "sections": backfill.backfill_sections(incident),
        "people": backfill.people_to_choose(),
        "day": f"{started:%Y-%m-%d}",
        "many_days": started.date() != timezone.localtime(clock.now()).date(),
    }
    return render(request, "incidents/backfill.html", context)


@login_required
@require_POST
def backfill_row(request: StaffRequest, pk: int, kind: str, key: str) -> HttpResponse:
    """Save one row. Answers with the row: saved, or as it was typed with what is wrong about it."""
    request.actor.require(Permission.DO_MEASURE)
    incident = get_object_or_404(Incident, pk=pk)
    if kind not in backfill.KINDS:
        raise Http404
    row = backfill.find_row(incident, kind, key)
    typed = {name: request.POST.get(name, "") for name in ("day", "time", "note", "person", "decision")}
    context = {"incident": incident, "row": row, "people": backfill.people_to_choose(), "typed": typed}
    context["day"] = typed["day"]
    if row is None:
        gone = {"name": request.POST.get("name", "")[:120], "message": _("This was settled meanwhile.")}
        return render(request, "incidents/backfill_saved.html", {**context, **gone})
    try:
        moment = moment_of(typed, row)
        enter(request, incident, row, moment=moment, typed=typed)
    except (Refusal, NotAllowed) as refusal:
        context["problem"] = str(refusal)
        return render(request, "incidents/backfill_row.html", context, status=200)
    fresh = backfill.blank_note(incident) if kind == backfill.LOG else None
    saved = {"moment": moment, "name": row.name, "fresh": fresh, "in_time": row.due_at is None or moment <= row.due_at}
    return render(request, "incidents/backfill_saved.html", {**context, **saved})


def moment_of(typed: dict[str, str], row: BackfillRow) -> datetime:
    """Day and local time: "03:12:45", "3:12", "0312", with either kind of colon. Raises ImpossibleTime.

    Paper often knows the minute only: within the minute in which a thing began, its beginning is meant.
    """
    digits = typed["time"].strip().replace("：", ":")
    if re.fullmatch(r"\d{4}|\d{6}", digits, re.ASCII):
        digits = ":".join(digits[place : place + 2] for place in range(0, len(digits), 2))
    try:
        given = parse_datetime(f"{typed['day']}T{digits.zfill(5) if digits.count(':') == 1 else digits.zfill(8)}")
    except ValueError:
        given = None
    if given is None or timezone.is_aware(given):
        raise ImpossibleTime(_("Enter the day and the time."))
    moment = timezone.make_aware(given)
    if row.since is not None and timedelta(0) < row.since - moment < timedelta(minutes=1):
        return row.since
    return moment


def enter(
    request: StaffRequest, incident: Incident, row: BackfillRow, *, moment: datetime, typed: dict[str, str]
) -> None:
    by, note = request.actor, typed["note"]
    if row.kind == backfill.MEASURE:
        operations.complete_measure(measure_id=int(row.key), note=note, done_at=moment, by=by)
    elif row.kind == backfill.ARRIVAL:
        operations.arrive_callout(call_out_id=int(row.key), arrived_at=moment, by=by)
    elif row.kind == backfill.SEAT:
        person = typed["person"]
        if not (person.isascii() and person.isdigit() and len(person) < 10):
            raise ImpossibleTime(_("Choose who took the post."))
        operations.take_seat(incident_id=incident.pk, post=row.key, user_id=int(person), taken_at=moment, by=by)
    elif row.kind == backfill.CHECK:
        operations.tick_readiness(incident_id=incident.pk, code=row.key, done_at=moment, by=by)
    elif row.kind == backfill.LEGAL:
        operations.fulfil_legal_clock(incident_id=incident.pk, code=row.key, evidence=note, reported_at=moment, by=by)
    else:
        kind = "decision" if typed["decision"] else "note"
        operations.log_entry(incident_id=incident.pk, text=note, kind=kind, occurred_at=moment, by=by)
