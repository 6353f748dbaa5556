"""The situation pack: the sheet that says what is in it, and the file."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from accounts.http import StaffRequest
from accounts.roles import Permission
from incidents import operations
from incidents.models import Incident


@login_required
@require_http_methods(["GET", "POST"])
def incident_pack(request: StaffRequest, pk: int) -> HttpResponse:
    """GET: what the pack holds. POST: the file itself, which is journalled and therefore no GET."""
    request.actor.require(Permission.VIEW)
    incident = get_object_or_404(Incident, pk=pk)
    if request.method != "POST":
        return render(request, "incidents/pack_sheet.html", {"incident": incident})
    made = operations.export_pack(incident_id=pk, format=request.POST.get("format", "pdf"), by=request.actor)
    return file_of(made)


def file_of(made: operations.Exported) -> HttpResponse:
    response = HttpResponse(made.data, content_type=made.media_type)
    response["Content-Disposition"] = f'attachment; filename="{made.name}"'
    response["Cache-Control"] = "private, no-store"
    return response
