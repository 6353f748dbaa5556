"""The figures page and the panel in an incident's room."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.http import StaffRequest, needs
from accounts.roles import Permission, Post
from incidents.models import Incident, Level
from journal.kinds import names_in
from kpis.queries import IncidentFigures, incident_figures, means, measured_incidents

SHOWN = 30
CHOSEN = 5  # curves on one chart


def curve_data(figures: IncidentFigures) -> dict[str, Any]:
    """What the chart draws: hours since the declaration, share of the baseline."""
    begun = figures.declared_at or figures.reported_at
    origin = figures.incident.reported_at + figures.incident.times.between(figures.incident.reported_at, begun)
    return {
        "name": figures.incident.title,
        "level": Level(figures.incident.response_level or Level.IV).label,
        "points": [
            [round((point.hour - origin).total_seconds() / 3600 + 0.5, 2), round(point.share, 4)]
            for point in figures.curve
            if point.share is not None
        ],
        "t80": round(figures.t80.total_seconds() / 3600, 2) if figures.t80 is not None else None,
    }


def words() -> dict[str, str]:
    """The chart's own words, in the user's language."""
    return {
        "hours": _("hours since the declaration"),
        "share": _("share of the baseline"),
        "target": _("48 h target"),
        "eighty": _("80 %"),
        "recovered": _("T80"),
    }


@login_required
@require_GET
def kpi_list(request: StaffRequest) -> HttpResponse:
    """Closed incidents with their figures, and their recovery curves; `?drills=1` shows exercises instead."""
    request.actor.require(Permission.VIEW)
    drills = request.GET.get("drills") == "1"
    rows = [incident_figures(incident.pk) for incident in measured_incidents(exercise=drills)[:SHOWN]]
    return render(
        request,
        "kpis/list.html",
        {
            "rows": rows,
            "drills": drills,
            "means": means(rows),
            "chart": {"curves": [curve_data(row) for row in rows[:CHOSEN]], "words": words()},
        },
    )


@login_required
@require_GET
def kpi_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """One incident's figures, curve and everybody's arrival."""
    request.actor.require(Permission.VIEW)
    incident = get_object_or_404(Incident, pk=pk)
    figures = incident_figures(incident.pk)
    return render(request, "kpis/detail.html", {"figures": figures, **people(figures), "chart": chart(figures)})


@needs(Permission.VIEW)
@require_GET
def kpis_panel(request: HttpRequest, reference: str) -> HttpResponse:
    """The figures of the incident `reference` ("incident:42") as they stand now."""
    prefix, _colon, key = reference.partition(":")
    if prefix != "incident" or not key.isdecimal():
        raise Http404
    incident = get_object_or_404(Incident, pk=int(key))
    figures = incident_figures(incident.pk)
    return render(request, "kpis/panel.html", {"figures": figures, **people(figures), "chart": chart(figures)})


def chart(figures: IncidentFigures) -> dict[str, Any]:
    return {"curves": [curve_data(figures)], "words": words()}


def people(figures: IncidentFigures) -> dict[str, Any]:
    """Arrivals with names, in the order of the calls."""
    named = names_in(arrival.user for arrival in figures.arrivals)
    return {
        "people": [
            {
                "name": named.get(arrival.user, arrival.user),
                "post": Post(arrival.post).label if arrival.post in Post.values else arrival.post,
                "arrival": arrival,
            }
            for arrival in figures.arrivals
        ]
    }
