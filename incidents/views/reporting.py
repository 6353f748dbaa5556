"""The list of incidents, and the form in which one is reported while its grade is shown."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import StaffRequest, needs
from accounts.roles import Permission
from dispatch.models import Carrier, Hub, Region, Warehouse
from dispatch.queries import impact
from dispatch.scope import Scope, UnknownScope
from incidents import grading, network, operations, queries
from incidents.forms import ReportForm
from incidents.models import Category, Incident, Level, SeverityIndicator
from incidents.network import MEASURED
from incidents.operations import autostart
from incidents.operations.intake import matrix
from incidents.queries import pages
from incidents.views import previews
from journal.refusal import Refusal

PAGE = 30
FOUND = 24
# What a scope may be picked from.
PICKED: dict[str, type[Any]] = {"warehouses": Warehouse, "hubs": Hub, "carriers": Carrier, "regions": Region}


@needs(Permission.VIEW)
@require_GET
def incident_list(request: StaffRequest) -> HttpResponse:
    """All incidents, newest first; drills apart."""
    asked = {name: request.GET.get(name, "") for name in ("state", "level", "category", "q", "kind")}
    exercise = {"drills": True, "all": None}.get(asked["kind"], False)
    rows = queries.incident_list(
        state=asked["state"] if asked["state"] in {*Incident.State.values, "open"} else "",
        level=int(asked["level"]) if asked["level"] in map(str, Level.values) else None,
        category=asked["category"] if asked["category"] in Category.values else "",
        search=asked["q"].replace("\x00", "")[:80],
        exercise=exercise,
    )
    context = {
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "asked": asked,
        "states": Incident.State.choices,
        "levels": Level.choices,
        "categories": Category.choices,
    }
    template = "incidents/rows.html" if request.htmx and not request.htmx.boosted else "incidents/list.html"
    return render(request, template, context)


def scope_of(request: StaffRequest) -> Scope:
    """The scope picked in the form. Raises UnknownScope."""
    return Scope.from_json({kind: request.POST.getlist(kind) for kind in PICKED})


@login_required
@require_http_methods(["GET", "POST"])
def incident_report(request: StaffRequest) -> HttpResponse:
    """Report that something happened, and go to its room."""
    request.actor.require(Permission.REPORT_INCIDENT)
    form = ReportForm(request.POST or None, initial={"key": secrets.token_hex(12)})
    picked: list[dict[str, str]] = []
    if request.method == "POST":
        picked = picked_places(request)
        if form.is_valid():
            try:
                incident = report(form, request)
            except Refusal as refusal:
                form.add_error(None, str(refusal))
            else:
                return redirect("incident_room", incident.pk)
    context = {"form": form, "picked": picked, "places": place_rows("")}
    return render(request, "incidents/report.html", context, status=422 if form.errors else 200)


def report(form: ReportForm, request: StaffRequest) -> Incident:
    """Report, and grade at once when the reporter may."""
    values = form.cleaned_data
    incident = operations.report_incident(
        title=values["title"],
        category=values["category"],
        scope=scope_of(request).to_json(),
        site=values["site"],
        description=values["description"],
        occurred_at=values["occurred_at"],
        indicators=form.indicators(),
        official_class=values["official_class"],
        warning_color=values["warning_color"],
        legal_clocks=values["legal_clocks"],
        key=values["key"] or None,
        by=request.actor,
    )
    if request.actor.may(Permission.COMMAND) and incident.state == Incident.State.REPORTED:
        incident = operations.grade_incident(incident_id=incident.pk, by=request.actor)
    return incident


@login_required
@require_POST
def grade_preview(request: StaffRequest) -> HttpResponse:
    """What the matrix says to what is filled in so far; nothing is kept."""
    request.actor.require(Permission.REPORT_INCIDENT)
    form = ReportForm(request.POST)
    form.is_valid()
    context: dict[str, Any] = {"problem": "", "impact": None, "measured": []}
    figures: dict[str, float] = {}
    try:
        scope = scope_of(request)
        if scope:
            found = impact(scope)
            figures = {code: float(getattr(found, name) or 0) for code, name in MEASURED.items()}
            context["impact"] = found
    except UnknownScope as refusal:
        context["problem"] = str(refusal)
    rows = matrix()
    known = {row.code for row in rows}
    figures = {code: value for code, value in {**figures, **form.indicators()}.items() if code in known}
    grade = grading.grade(rows, figures)
    graded = Incident(
        grade=grade.level,
        graded_by_indicator=grade.indicator or "",
        grade_value=grade.value,
        grade_threshold=grade.threshold,
        category=form.cleaned_data.get("category") or Category.NATURAL,
        region_code=network.region_of(scope.to_json()) if not context["problem"] else "",
    )
    starts = autostart.matching(autostart.candidates(graded), figures)
    context |= {
        "level": grade.level,
        "sentence": queries.grade_sentence(graded),
        "names": "、".join(pages.scope_names(scope.to_json())) if not context["problem"] else "",
        "preview": previews.preview_of_response(graded, grade.level),
        "starts": starts,
        "missing": SeverityIndicator.objects.filter(code__in=grade.missing, measured=False).count(),
    }
    return render(request, "incidents/preview.html", context)


def place_rows(search: str) -> list[dict[str, str]]:
    """Regions, warehouses, hubs and carriers whose name or code contains `search`; provinces without one."""
    search = search.strip().replace("\x00", "")[:40]
    if not search:
        provinces = Region.objects.filter(level="province")
        return [{"kind": "regions", "code": row.code, "label": row.label} for row in provinces]
    wanted = Q(name__icontains=search) | Q(name_en__icontains=search) | Q(code__startswith=search)
    return [
        {"kind": kind, "code": row.pk, "label": row.label}
        for kind, model in PICKED.items()
        for row in model._default_manager.filter(wanted)[:FOUND]
    ]


def picked_places(request: StaffRequest) -> list[dict[str, str]]:
    """What was picked in a form that comes back with an error."""
    rows = []
    for kind, model in PICKED.items():
        codes = [code for code in request.POST.getlist(kind) if "\x00" not in code]
        for row in model._default_manager.filter(pk__in=codes):
            rows.append({"kind": kind, "code": row.pk, "label": row.label})
    return rows


@needs(Permission.VIEW)
@require_GET
def places(request: StaffRequest) -> HttpResponse:
    """Search results of the scope picker."""
    return render(request, "incidents/places.html", {"places": place_rows(request.GET.get("q", ""))})
