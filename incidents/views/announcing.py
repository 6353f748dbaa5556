"""A notice on a page of its own, to read out, post or print."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.http import StaffRequest, needs
from accounts.roles import Permission
from incidents.models import Announcement
from incidents.queries import notice_of
from journal.kinds import names_in


@needs(Permission.VIEW)
@require_GET
def incident_announcement(request: StaffRequest, pk: int, number: int) -> HttpResponse:
    """What was made known, in the reader's language, as it was frozen."""
    announcement = get_object_or_404(Announcement.objects.select_related("incident"), pk=number, incident_id=pk)
    context = {
        "incident": announcement.incident,
        "notice": notice_of(announcement),
        "by": names_in([announcement.issued_by]).get(announcement.issued_by, ""),
    }
    return render(request, "incidents/announcement.html", context)
