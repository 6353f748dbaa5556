"""The network in the browser: what runs, what is closed, closing and opening by hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.http import StaffRequest
from accounts.roles import Permission
from dispatch import operations, queries
from dispatch.models import (
    Carrier,
    CarrierContract,
    Cause,
    Hub,
    Lane,
    Mode,
    Region,
    RegionLevel,
    Warehouse,
    WarehouseOpening,
    WorkCalendar,
)
from dispatch.operations.closures import BadExplanation
from dispatch.parts import KINDS
from dispatch.queries import network_pages
from dispatch.queries.loads import loads
from dispatch.queries.network_map import network_map as network_map_data
from dispatch.queries.network_use import use_today
from dispatch.queries.reservations import local_day
from dispatch.queries.rooms import runs_on
from dispatch.scope import Scope, UnknownScope, resolve
from dispatch.views.openings import WhyForm
from journal import clock
from journal.kinds import names_in

PANELS = ("warehouse", "hub", "carrier", "contract", "calendar", "lane", "region")
SOON = timedelta(days=30)  # a contract that ends within this time is pointed out
PAGE = 50
BY_HAND = "closure:"  # references of closures made on this page


@login_required
@require_GET
def network_page(request: StaffRequest) -> HttpResponse:
    request.actor.require(Permission.VIEW)
    filters = lane_filters(request)
    part = request.GET.get("part", "")
    if part not in PANELS:
        part = "lane" if any(filters.values()) else "warehouse"
    return render(
        request,
        "dispatch/network_page.html",
        {
            "filters": urlencode(filters),
            "part": part,
            "kinds": [KINDS[name] for name in PANELS],
            "may_close": may_close(request),
            "may_edit": may_edit(request),
        },
    )


@login_required
@require_GET
def network_state(request: StaffRequest) -> HttpResponse:
    """Figures, what is closed and which standby warehouses are open."""
    request.actor.require(Permission.VIEW)
    closed = network_pages.closed_now()
    opened = list(WarehouseOpening.objects.filter(ended_at=None, exercise=None).select_related("warehouse"))
    named = closures({row.reference for row in closed} | {row.reference for row in opened})
    return render(
        request,
        "dispatch/network_state.html",
        {
            "capacity": queries.network_capacity(),
            "closed": [(row, named[row.reference]) for row in closed],
            "opened": [(row, named[row.reference]) for row in opened],
            "standby": Warehouse.objects.filter(standby=True, retired_at=None).count() - len(opened),
            "now": clock.now(),
            "may_close": may_close(request),
        },
    )


@login_required
@require_GET
def network_map(request: StaffRequest) -> JsonResponse:
    """What the map draws."""
    request.actor.require(Permission.VIEW)
    return JsonResponse(network_map_data())


@login_required
@require_GET
def network_parts(request: StaffRequest, kind: str) -> HttpResponse:
    """All things of a kind as they stand; lanes have a page of their own."""
    request.actor.require(Permission.VIEW)
    if kind not in PANELS or kind == "lane":
        raise Http404
    context: dict[str, Any] = {
        "kind": KINDS[kind],
        "may_close": may_close(request),
        "may_edit": may_edit(request),
        "now": clock.now(),
        "topics": "network",
    }
    if kind in ("warehouse", "hub", "carrier"):
        load = loads()
        parts = (
            network_pages.warehouses(use_today(clock.now(), load).warehouses, load)
            if kind == "warehouse"
            else network_pages.hubs()
            if kind == "hub"
            else network_pages.carriers(load)
        )
        context["counted_at"] = load.counted_at
        named = closures({reference for part in parts for reference in part.references})
        states = queries.warehouse_states() if kind == "warehouse" else {}
        context["rows"] = [(part, shown(part.references, named), states.get(part.thing.pk, "")) for part in parts]
    elif kind == "contract":
        today = local_day(clock.now())
        contracts = CarrierContract.objects.filter(retired_at=None).select_related("carrier", "warehouse", "region")
        context["rows"] = [(row, contract_state(row, today)) for row in contracts]
    elif kind == "calendar":
        calendars = WorkCalendar.objects.filter(retired_at=None).prefetch_related("days")
        today = local_day(clock.now())
        counted = calendars.annotate(
            lane_count=Count("lanes", distinct=True), carrier_count=Count("carriers", distinct=True)
        )
        context["rows"] = [(row, runs_on(row, today)) for row in counted]
    else:
        asked = request.GET.get("q", "").replace("\x00", "")[:40]
        regions = Region.objects.select_related("parent").order_by("code")
        if asked:
            regions = regions.filter(Q(code__startswith=asked) | Q(name__icontains=asked) | Q(name_en__icontains=asked))
        context |= {"page": Paginator(regions, PAGE).get_page(request.GET.get("page")), "q": asked}
    return render(request, "dispatch/network_parts.html", context)


def contract_state(row: CarrierContract, today: date) -> str:
    if row.valid_from > today:
        return "coming"
    if row.valid_until is not None and row.valid_until < today:
        return "over"
    return "soon" if row.valid_until is not None and row.valid_until - today < SOON else "in force"


@login_required
@require_GET
def network_lanes(request: StaffRequest) -> HttpResponse:
    """One page of lanes, filtered."""
    request.actor.require(Permission.VIEW)
    filters = lane_filters(request)
    bars = network_pages.lane_bars()
    page = Paginator(network_pages.lanes(bars, **filters), PAGE).get_page(request.GET.get("page"))
    lanes: list[Lane] = list(page)
    named = closures({bar.reference for lane in lanes for bar in bars.get(lane.pk, [])})
    load = loads()
    use = use_today(clock.now(), load).lanes if lanes else {}
    risks = queries.lane_risks() if lanes else {}
    states = queries.warehouse_states()
    return render(
        request,
        "dispatch/network_lanes.html",
        {
            **filters,
            "page": page,
            "counted_at": load.counted_at,
            "lanes": [
                (
                    lane,
                    marks(bars.get(lane.pk, []), named),
                    use.get(lane.pk),
                    risks.get(lane.pk, 0.0),
                    states.get(lane.warehouse_id, ""),
                )
                for lane in lanes
            ],
            "query": urlencode({name: value for name, value in filters.items() if value}),
            "may_close": may_close(request),
            "may_edit": may_edit(request),
            "warehouses": Warehouse.objects.filter(retired_at=None).order_by("code"),
            "carriers": Carrier.objects.filter(retired_at=None).order_by("code"),
            "hubs": Hub.objects.filter(retired_at=None).order_by("code"),
            "modes": Mode.choices,
            "provinces": Region.objects.exclude(level=RegionLevel.CITY).order_by("code"),
        },
    )


@login_required
@require_GET
def closing(request: StaffRequest) -> HttpResponse:
    """What closing something would mean, with the button that does it. Changes nothing."""
    request.actor.require(Permission.VIEW)
    kind, code = request.GET.get("kind", ""), request.GET.get("code", "")
    choices: Any = None
    if kind == "region":
        choices = Region.objects.filter(level__in=(RegionLevel.PROVINCE, RegionLevel.CITY)).order_by("code")
    elif kind == "hub":
        choices = Hub.objects.filter(retired_at=None).order_by("kind", "code")
    context: dict[str, object] = {"kind": kind, "code": code, "choices": choices, "why": WhyForm()}
    if code:
        scope = scope_of(kind, code)
        impact = queries.impact(scope)
        worst = sorted(impact.by_region.items(), key=lambda item: -item[1])[:5]
        names = names_in([f"{kind}:{code}", *(f"region:{region}" for region, _orders in worst)])
        hubs = resolve(scope).hubs if kind == "region" else []
        context |= {
            "impact": impact,
            "label": names.get(f"{kind}:{code}", code),
            "worst": [(names.get(f"region:{region}", region), orders) for region, orders in worst],
            "further": len(impact.by_region) - len(worst),
            "hubs": len(hubs),
        }
    return render(request, "dispatch/closing.html", context)


@login_required
@require_POST
def close(request: StaffRequest) -> HttpResponse:
    kind, code = request.POST.get("kind", ""), request.POST.get("code", "")
    scope = scope_of(kind, code)
    form = WhyForm(request.POST)
    if not form.is_valid():
        raise BadExplanation(next(iter(form.errors.values()))[0])
    lanes = operations.close_scope(
        reference=f"{BY_HAND}{kind}:{code}", scope=scope, by=request.actor, **form.cleaned_data
    )
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
    if kind in ("warehouse", "carrier", "region", "hub") and code:
        return Scope.from_json({f"{kind}s": [code]})
    raise UnknownScope(_("Choose a warehouse, carrier, region, hub or lane."))


def lane_filters(request: StaffRequest) -> dict[str, str]:
    names = ("warehouse", "carrier", "region", "hub", "mode")
    given = {name: request.GET.get(name, "").replace("\x00", "")[:32] for name in names}
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


@dataclass(frozen=True)
class Mark:
    """For whom a lane is closed, by what on its way, why and until when."""

    label: str
    thing: str
    cause: str
    expected_until: datetime | None


def marks(bars: Iterable[network_pages.LaneBar], named: dict[str, Closure]) -> list[Mark]:
    places = names_in([f"hub:{bar.thing}" for bar in bars if bar.thing])
    return [
        Mark(
            named[bar.reference].label if bar.reference in named else bar.reference,
            places.get(f"hub:{bar.thing}", bar.thing),
            str(Cause(bar.cause).label) if bar.cause in Cause.values else "",
            bar.expected_until,
        )
        for bar in bars
    ]


def may_edit(request: StaffRequest) -> bool:
    return request.actor.may(Permission.MANAGE_NETWORK)


def may_close(request: StaffRequest) -> bool:
    return request.actor.may(Permission.APPROVE_REROUTE)
