"""A frozen set of affected orders in the browser: what it amounts to, how it differs, its orders."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.http import StaffRequest
from accounts.roles import Permission
from accounts.views.answers import gone_to
from dispatch.models import AffectedSet, Region
from dispatch.operations import refresh_affected
from dispatch.queries.affected import SetFigures, set_figures
from dispatch.queries.affected_rows import CHANGES, GONE, set_page
from dispatch.views import filters
from journal import clock
from journal.kinds import names_in

PAGE, REGIONS_SHOWN, VERSIONS_SHOWN = 50, 12, 20
NO_SET = 2**63 - 1


@login_required
@require_GET
def affected_page(request: StaffRequest, pk: int) -> HttpResponse:
    """One version of what a matter hit."""
    request.actor.require(Permission.VIEW)
    frozen = get_object_or_404(AffectedSet, pk=min(pk, NO_SET))
    given = filters.given(request, "transit", "change")
    given["state"] = ""
    change = given["change"] if given["change"] in CHANGES and frozen.version > 1 else ""
    after = request.GET.get("before", "")[:20]
    page = set_page(
        request.actor,
        frozen,
        filters.order_filter(given),
        in_transit={"yes": True, "no": False}.get(given["transit"]),
        change=change,
        after=after,
        size=PAGE,
    )
    figures = set_figures(frozen)
    versions = list(
        AffectedSet.objects.filter(reference=frozen.reference, exercise=frozen.exercise).order_by("-version")
    )
    return render(
        request,
        "dispatch/affected_page.html",
        {
            **given,
            **filters.choices(),
            "change": change,
            "frozen": frozen,
            "name": names_in([frozen.reference]).get(frozen.reference, frozen.reference),
            "versions": versions[:VERSIONS_SHOWN],
            "newest": versions[0],
            "may_refresh": versions[0] == frozen and request.actor.may(Permission.DO_MEASURE),
            "figures": figures,
            "regions": regions(figures),
            "hours": hours(figures),
            "page": page,
            "gone": change == GONE,
            "now": clock.now(),
            "older": filters.address({**given, "change": change}, before=page.next) if page.next else "",
            "paged": bool(after),
            "query": filters.address({**given, "change": change}),
            "filtered": any(given.values()),
        },
    )


def regions(figures: SetFigures) -> dict[str, Any]:
    """The destinations with most orders, each with its share of the largest, and how many more there are."""
    shown = figures.regions[:REGIONS_SHOWN]
    names = {
        row.code: row for row in Region.objects.filter(code__in=[line.key for line in shown]).select_related("parent")
    }
    most = shown[0].orders if shown else 1
    return {
        "rows": [(names.get(line.key), line, line.orders / most) for line in shown],
        "more": len(figures.regions) - len(shown),
    }


def hours(figures: SetFigures) -> dict[str, Any]:
    """Promises by the hour in which an order must leave at the latest to keep them: lost already, then hour by hour,
    and those that can wait longer."""
    by_hour = dict(figures.hours)
    lost, later = by_hour.pop(-1, 0), by_hour.pop(48, 0)
    most = max([*by_hour.values(), 1])
    bars, sum_so_far = [], lost
    for hour in range(48):
        sum_so_far += by_hour.get(hour, 0)
        bars.append((hour, by_hour.get(hour, 0), by_hour.get(hour, 0) / most, sum_so_far))
    return {"lost": lost, "later": later, "bars": bars, "any": bool(figures.hours)}


@login_required
@require_POST
def affected_refresh(request: StaffRequest, pk: int) -> HttpResponse:
    """Freeze what the same scope hits now, and show it."""
    request.actor.require(Permission.DO_MEASURE)
    get_object_or_404(AffectedSet, pk=min(pk, NO_SET))
    frozen = refresh_affected(set_id=pk, by=request.actor)
    return gone_to(reverse("affected", args=[frozen.pk])) if request.htmx else redirect("affected", pk=frozen.pk)
