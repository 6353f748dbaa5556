"""Where a response would find no plan of its own."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.http import StaffRequest, needs
from accounts.roles import Permission
from incidents import queries
from incidents.models import Level
from incidents.views.plans.reading import region_names


@needs(Permission.VIEW)
@require_GET
def plan_coverage(request: StaffRequest) -> HttpResponse:
    """Category × level for everywhere or one region: what would run, what is being written, and the gaps."""
    regions = queries.coverage_regions()
    codes = {row.code for row in regions}
    asked = request.GET.get("region", "")
    region = asked if asked in codes else ""
    (grid,) = queries.coverage([region])
    inside = {code for row in grid.rows for cell in row.cells for code in cell.narrower}
    names = region_names(inside)
    context = {
        "grid": grid,
        "regions": regions,
        "region": region,
        "region_label": next((row.label for row in regions if row.code == region), ""),
        "levels": list(Level.values),
        "rows": [
            (row.label, [(cell, "、".join(names.get(code, code) for code in cell.narrower)) for cell in row.cells])
            for row in grid.rows
        ],
        "may_draft": request.actor.may(Permission.MANAGE_PLANS),
        "tab": "coverage",
    }
    return render(request, "incidents/plan_coverage.html", context)
