"""The timeline of the room, what changed since one last looked, and what people write and add to it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import StaffRequest, needs
from accounts.roles import Permission
from accounts.views.answers import done
from incidents import files, operations, queries
from incidents.forms import DecisionForm
from incidents.models import Attachment, Incident, LastLook
from incidents.operations.attachments import checked
from incidents.refusals import UnusableFile
from incidents.served import response_of
from incidents.views.answers import Sheet
from journal.fragments import fragment
from journal.numbers import whole

MOST_FILES = 12


@needs(Permission.VIEW)
@require_GET
@fragment("incident:{pk}")
def incident_timeline(request: StaffRequest, pk: int) -> HttpResponse:
    """What happened, newest first; `show` filters, `all=1` shows it to the beginning. It is the same for everybody:
    what is new to a reader is marked by the page (room.js)."""
    incident = get_object_or_404(Incident, pk=pk)
    show = request.GET.get("show", queries.log.WORK)
    found = queries.log.room_timeline(incident, show=show, everything=request.GET.get("all") == "1")
    return render(request, "incidents/timeline.html", {"timeline": found, "incident": incident, "show": show})


@needs(Permission.VIEW)
@require_GET
def incident_changes(request: StaffRequest, pk: int) -> HttpResponse:
    """The bar that says what changed since one last looked; empty when nothing did."""
    incident = get_object_or_404(Incident, pk=pk)
    context = {"changes": queries.changes_since(incident, request.actor), "incident": incident}
    return render(request, "incidents/changes.html", context)


@needs(Permission.VIEW)
@require_POST
def incident_seen(request: StaffRequest, pk: int) -> HttpResponse:
    """Seen up to an entry. By the button the bar goes; by the page itself, after a while, nothing on it moves."""
    operations.mark_seen(incident_id=pk, entry=whole(request.POST.get("entry", "")), by=request.actor)
    return HttpResponse(status=204) if request.POST.get("quiet") else HttpResponse("")


def last_seen(incident: Incident, request: StaffRequest) -> int | None:
    look = LastLook.objects.filter(incident=incident, user=request.user).first()
    return look.entry if look else None


@login_required
@require_http_methods(["GET", "POST"])
def incident_note(request: StaffRequest, pk: int) -> HttpResponse:
    """GET: the sheet of a decision. POST: keep a note or a decision, with its files and the people it names."""
    request.actor.require(Permission.DO_MEASURE)
    incident = get_object_or_404(Incident, pk=pk)
    if request.method == "POST" and "sheet" not in request.GET:
        given = {"text": request.POST.get("text", ""), "kind": request.POST.get("kind", "note")}
        return done(keep_note(incident, request, given))
    form = DecisionForm(request.POST if request.method == "POST" else None)
    sheet = Sheet(
        _("Log a decision"),
        _("Log the decision"),
        [],
        form,
        extra="incidents/decision_extra.html",
        context={"incident": incident},
    )
    return sheet.answer(request, lambda values: keep_note(incident, request, {**values, "kind": "decision"}))


def keep_note(incident: Incident, request: StaffRequest, given: dict[str, Any]) -> str:
    """Keep words and files together: files that cannot be kept are refused before anything is written."""
    uploads = uploaded(request)
    text = str(given["text"])
    if not text.strip() and uploads:
        return keep_files(incident, request, uploads)
    picked = [person for value in request.POST.getlist("mentions") if (person := whole(value, digits=9))]
    note = operations.log_entry(
        incident_id=incident.pk,
        **given,
        mentions=[*dict.fromkeys([*queries.log.people_called(text), *picked])],
        by=request.actor,
    )
    for name, data in uploads:
        operations.attach_file(
            incident_id=incident.pk, name=name, data=data, subject=f"decision:{note.pk}", by=request.actor
        )
    return ""


def keep_files(incident: Incident, request: StaffRequest, uploads: list[tuple[str, bytes]], subject: str = "") -> str:
    for name, data in uploads:
        operations.attach_file(incident_id=incident.pk, name=name, data=data, subject=subject, by=request.actor)
    return ngettext("%(count)s file kept", "%(count)s files kept", len(uploads)) % {"count": len(uploads)}


def uploaded(request: StaffRequest) -> list[tuple[str, bytes]]:
    """The files of a form as (name, bytes), every one of a kind that is kept. Raises UnusableFile."""
    found: list[UploadedFile] = [file for file in request.FILES.getlist("files") if file.name]
    if len(found) > MOST_FILES:
        raise UnusableFile(_("Send at most %(count)s files at a time.") % {"count": MOST_FILES})
    sent = []
    for file in found:
        name = str(file.name)
        # The rest of a file that is too large is not read.
        data = file.read(files.LARGEST + 1)
        checked(name, data)
        sent.append((name, data))
    return sent


@login_required
@require_http_methods(["GET", "POST"])
def incident_files(request: StaffRequest, pk: int) -> HttpResponse:
    """GET: every file of the incident. POST: add some, to what `subject` names."""
    incident = get_object_or_404(Incident, pk=pk)
    if request.method == "POST":
        request.actor.require(Permission.DO_MEASURE)
        uploads = uploaded(request)
        if not uploads:
            raise UnusableFile(_("Choose a photo or a file first."))
        return done(keep_files(incident, request, uploads, request.POST.get("subject", "")[:64]))
    request.actor.require(Permission.VIEW)
    return render(request, "incidents/files.html", {"incident": incident, "rows": queries.files.listed(incident)})


@needs(Permission.VIEW)
@require_GET
def incident_file(request: StaffRequest, pk: int) -> HttpResponse:
    """The bytes of a photo or a file, as they were taken, where nothing in them can run."""
    file = get_object_or_404(Attachment, pk=pk)
    if not files.path_of(file.sha256).exists():
        raise Http404(_("The bytes of this file are not on this server; restore them from the backup."))
    return response_of(file)


@login_required
@require_GET
def incident_people(request: StaffRequest, pk: int) -> HttpResponse:
    """People whose name holds what stands behind an "@"."""
    request.actor.require(Permission.DO_MEASURE)
    return render(request, "incidents/people.html", {"people": queries.log.suggested_people(request.GET.get("q", ""))})
