"""The facts of an incident, with the plan as it was frozen when the response began."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.http import StaffRequest, needs
from accounts.naming import in_language
from accounts.roles import Permission
from incidents.models import Decision, Incident
from incidents.queries.family import announcements
from incidents.views.plans.reading import named_contacts
from journal.kinds import names_in


@needs(Permission.VIEW)
@require_GET
def incident_plan(request: StaffRequest, pk: int) -> HttpResponse:
    """The facts of an incident, the plan as it was frozen when the response began, and what people wrote down."""
    incident = get_object_or_404(Incident.objects.select_related("plan"), pk=pk)
    frozen = incident.plan_snapshot

    def text(name: str) -> str:
        return in_language(frozen.get(name, ""), frozen.get(f"{name}_en", ""))

    decisions = list(incident.decisions.all())
    names = names_in(
        [
            incident.reported_by,
            incident.verified_by,
            incident.declared_by,
            incident.confirmed_by,
            *(row.made_by for row in decisions),
        ]
    )
    context = {
        "incident": incident,
        "plan_name": text("name"),
        "version": frozen.get("version"),
        "texts": [
            (_("Objectives"), text("objectives")),
            (_("May be closed when"), text("exit_condition")),
            (_("Review"), text("review")),
        ],
        "contacts": named_contacts(frozen.get("contacts", [])),
        "people": [
            (_("Reported by"), names.get(incident.reported_by, incident.reported_by), incident.reported_at),
            (_("Verified by"), names.get(incident.verified_by, incident.verified_by), incident.verified_at),
            (_("Declared by"), names.get(incident.declared_by, incident.declared_by), incident.declared_at),
            (_("Confirmed by"), names.get(incident.confirmed_by, incident.confirmed_by), incident.confirmed_at),
        ],
        "decisions": [(row, names.get(row.made_by, row.made_by)) for row in decisions],
        "kinds": dict(Decision.Kind.choices),
        "notices": announcements(incident),
    }
    return render(request, "incidents/facts.html", context)
