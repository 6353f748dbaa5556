"""Duties by law in the room: tick them, fill in the report, keep the proof."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import StaffRequest, needs
from accounts.naming import in_language
from accounts.roles import Permission
from incidents import operations
from incidents.forms import EvidenceForm
from incidents.models import Incident
from incidents.queries import Duty, legal_duties
from incidents.views.answers import Sheet
from incidents.views.log import keep_files, uploaded
from journal import clock


@needs(Permission.VIEW)
@require_GET
def incident_legal(request: StaffRequest, pk: int) -> HttpResponse:
    """Every duty: when it is to be ticked, its timer, to whom it is owed, and how it was done."""
    incident = get_object_or_404(Incident, pk=pk)
    over = incident.state in {Incident.State.DISMISSED, Incident.State.REVIEWED}
    context = {"incident": incident, "duties": legal_duties(incident), "over": over}
    return render(request, "incidents/legal.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def legal_step(request: StaffRequest, pk: int, code: str) -> HttpResponse:
    """The sheet of one duty: tick it, or, once its time runs, report it."""
    incident = get_object_or_404(Incident, pk=pk)
    duty = next((duty for duty in legal_duties(incident) if duty.clock.code == code), None)
    if duty is None:
        raise Http404
    if duty.state == "idle":
        request.actor.require(Permission.COMMAND)
        return tick(request, incident, duty)
    request.actor.require(Permission.DO_MEASURE)
    return fulfil(request, incident, duty)


def tick(request: StaffRequest, incident: Incident, duty: Duty) -> HttpResponse:
    due = timezone.localtime(incident.times.due(clock.now(), duty.clock.minutes))
    lines = [
        *([_("When: %(trigger)s") % {"trigger": duty.trigger}] if duty.trigger else []),
        _("Its time runs from now: due by %(time)s") % {"time": f"{due:%m-%d %H:%M}"},
        _("To be reported to: %(authority)s") % {"authority": duty.authority},
        _("It cannot be taken back, and goes on running when the incident is closed"),
    ]
    sheet = Sheet(_("Start “%(name)s”?") % {"name": duty.clock.label}, _("Start the clock"), lines)
    return sheet.answer(
        request,
        lambda values: operations.tick_legal_clock(incident_id=incident.pk, code=duty.clock.code, by=request.actor),
    )


def fulfil(request: StaffRequest, incident: Incident, duty: Duty) -> HttpResponse:
    """The form's answers stand in `answer_<code>`; ticked `without_form`, the evidence alone is kept."""
    sent = request.POST if request.method == "POST" else None
    fields = duty.form
    if sent is not None:
        values = {item.code: sent.get(f"answer_{item.code}", "") for item in fields}
        fields = [type(item)(item.code, item.label, item.required, values[item.code]) for item in fields]
    name = in_language(duty.clock.name, duty.clock.name_en)
    sheet = Sheet(
        _("Report: %(name)s") % {"name": name},
        _("Keep the report"),
        [
            _("To be reported to: %(authority)s") % {"authority": duty.authority},
            _("Legal basis: %(source)s") % {"source": duty.clock.source},
        ],
        EvidenceForm(sent),
        extra="incidents/legal_extra.html",
        context={"fields": fields, "duty": duty},
        wide=True,
    )

    def keep(given: dict[str, object]) -> object:
        uploads = uploaded(request)
        without = not fields or (sent is not None and bool(sent.get("without_form")))
        operations.fulfil_legal_clock(
            incident_id=incident.pk,
            code=duty.clock.code,
            evidence=str(given["evidence"]),
            answers=None if without else {item.code: item.value for item in fields},
            reported_at=given["reported_at"],  # type: ignore[arg-type]
            by=request.actor,
        )
        if uploads:
            keep_files(incident, request, uploads, f"legal:{duty.clock.code}")
        return None

    return sheet.answer(request, keep)
