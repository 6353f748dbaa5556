"""The network in the browser: what runs, what is closed, closing and opening by hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.http import StaffRequest
from accounts.roles import Permission
from dispatch import operations, queries
from dispatch.models import Carrier, Lane, Region, RegionLevel, Warehouse
from dispatch.queries import network_pages
from dispatch.scope import Scope, UnknownScope
from journal.kinds import names_in

PAGE = 50
BY_HAND = "closure:"  # references of closures made on this page


@login_required
@require_GET
def network_page(request: StaffRequest) -> HttpResponse:
    request.actor.require(Permission.VIEW)
    return render(
        request,
        "dispatch/network_page.html",
        {"filters": urlencode(lane_filters(request)), "may_close": may_close(request)},
    )


@login_required
@require_GET
def network_state(request: StaffRequest) -> HttpResponse:
    """Figures, warehouses and carriers."""
    request.actor.require(Permission.VIEW)
    warehouses, carriers = network_pages.warehouses(), network_pages.carriers()
    closed = network_pages.closed_now()
    named = closures({row.reference for row in closed})
    return render(
        request,
        "dispatch/network_state.html",
        {
            "capacity": queries.network_capacity(),
            "closed": [(row, named[row.reference]) for row in closed],
            "warehouses": [(part, shown(part.references, named)) for part in warehouses],
            "carriers": [(part, shown(part.references, named)) for part in carriers],
            "may_close": may_close(request),
        },
    )


@login_required
@require_GET
def network_lanes(request: StaffRequest) -> HttpResponse:
    """One page of lanes, filtered."""
    request.actor.require(Permission.VIEW)
    filters = lane_filters(request)
    page = Paginator(network_pages.lanes(**filters), PAGE).get_page(request.GET.get("page"))
    lanes: list[Any] = list(page)
    named = closures({reference for lane in lanes for reference in lane.closed_for or []})
    return render(
        request,
        "dispatch/network_lanes.html",
        {
            **filters,
            "page": page,
            "lanes": [(lane, shown(lane.closed_for or [], named)) for lane in lanes],
            "query": urlencode({name: value for name, value in filters.items() if value}),
            "may_close": may_close(request),
            "warehouses": Warehouse.objects.order_by("code"),
            "carriers": Carrier.objects.order_by("code"),
            "provinces": Region.objects.exclude(level=RegionLevel.CITY).order_by("code"),
        },
    )


@login_required
@require_GET
def closing(request: StaffRequest) -> HttpResponse:
    """What closing something would mean, with the button that does it. Changes nothing."""
    request.actor.require(Permission.VIEW)
    kind, code = request.GET.get("kind", ""), request.GET.get("code", "")
    regions = Region.objects.filter(level__in=(RegionLevel.PROVINCE, RegionLevel.CITY)).order_by("code")
    context: dict[str, object] = {"kind": kind, "code": code, "regions": regions if kind == "region" else None}
    if code:
        scope = scope_of(kind, code)
        impact = queries.impact(scope)
        worst = sorted(impact.by_region.items(), key=lambda item: -item[1])[:5]
        names = names_in([f"{kind}:{code}", *(f"region:{region}" for region, _orders in worst)])
        context |= {
            "impact": impact,
            "label": names.get(f"{kind}:{code}", code),
            "worst": [(names.get(f"region:{region}", region), orders) for region, orders in worst],
            "further": len(impact.by_region) - len(worst),
        }
    return render(request, "dispatch/closing.html", context)


@login_required
@require_POST
def close(request: StaffRequest) -> HttpResponse:
    kind, code = request.POST.get("kind", ""), request.POST.get("code", "")
    lanes = operations.close_scope(reference=f"{BY_HAND}{kind}:{code}", scope=scope_of(kind, code), by=request.actor)
    messages.success(request, ngettext("Closed: %(count)s lane.", "Closed: %(count)s lanes.", lanes) % {"count": lanes})
    return redirect("network")


@login_required
@require_POST
def reopen(request: StaffRequest) -> HttpResponse:
    """Opens what was closed on this page; what a response closed is opened by the response."""
    reference = request.POST.get("reference", "")
    if not reference.startswith(BY_HAND) or len(reference) > 64 or "\x00" in reference:
        raise UnknownScope(_("Only what was closed on this page is opened on it."))
    lanes = operations.reopen_scope(reference=reference, by=request.actor)
    messages.success(request, ngettext("Opened: %(count)s lane.", "Opened: %(count)s lanes.", lanes) % {"count": lanes})
    return redirect("network")


@login_required
@require_POST
def lane_state(request: StaffRequest, pk: int) -> HttpResponse:
    """Degrade a lane, or restore it."""
    change = operations.restore_lane if request.POST.get("state") == "open" else operations.degrade_lane
    try:
        change(lane_id=min(pk, 2**63 - 1), by=request.actor)
    except Lane.DoesNotExist as error:
        raise Http404 from error
    return HttpResponse(status=204)


def scope_of(kind: str, code: str) -> Scope:
    """The scope of one thing named in a form."""
    if kind == "lane" and code.isascii() and code.isdigit():
        return Scope(lanes=(int(code),))
    if kind in ("warehouse", "carrier", "region") and code:
        return Scope.from_json({f"{kind}s": [code]})
    raise UnknownScope(_("Choose a warehouse, carrier, region or lane."))


def lane_filters(request: StaffRequest) -> dict[str, str]:
    given = {name: request.GET.get(name, "").replace("\x00", "")[:32] for name in ("warehouse", "carrier", "region")}
    state = request.GET.get("state", "")
    return {**given, "state": state if state in ("open", "closed", "degraded") else ""}


@dataclass(frozen=True)
class Closure:
    """For whom something is closed; what was closed on this page may be opened on it."""

    reference: str
    label: str

    @property
    def by_hand(self) -> bool:
        return self.reference.startswith(BY_HAND)


def closures(references: Iterable[str]) -> dict[str, Closure]:
    """References with what they are called; those of this page by the thing that was closed."""
    things = {reference: reference.removeprefix(BY_HAND) for reference in references}
    named = names_in(things.values())
    return {
        reference: Closure(
            reference,
            _("by hand: %(thing)s") % {"thing": named.get(thing, thing)}
            if reference.startswith(BY_HAND)
            else str(named.get(reference, reference)),
        )
        for reference, thing in things.items()
    }


def shown(references: Iterable[str], named: dict[str, Closure]) -> list[Closure]:
    """Another closure may have come or gone between two reads of a page."""
    return [named[reference] for reference in references if reference in named]


def may_close(request: StaffRequest) -> bool:
    return request.actor.may(Permission.APPROVE_REROUTE)
