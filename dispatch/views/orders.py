"""Orders in the browser: find one, see where it stands."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.http import StaffRequest, needs
from accounts.roles import Permission
from dispatch import queries
from dispatch.models import AffectedOrder, AffectedSet, OrderState, Region, RegionLevel, Warehouse
from journal import clock
from journal import queries as journal
from journal.kinds import describe, names_in

PAGE = 50
SETS_LOOKED_AT = 200
NO_ORDER = 2**63 - 1


@login_required
@require_GET
def order_list(request: StaffRequest) -> HttpResponse:
    """Newest first, page after page by id; the search finds a number's beginning or a phone's end."""
    request.actor.require(Permission.VIEW)
    names = ("q", "state", "region", "warehouse")
    given = {name: request.GET.get(name, "").replace("\x00", "").strip()[:64] for name in names}
    now = clock.now()
    orders = queries.find_orders(
        request.actor,
        text=given["q"],
        state=given["state"] if given["state"] in OrderState.values else "",
        region=given["region"],
        warehouse=given["warehouse"],
        late_at=now if given["state"] == "late" else None,
    ).select_related("region__parent", "warehouse", "carrier")
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit():
        orders = orders.filter(id__lt=min(int(before), NO_ORDER))
    rows = list(orders.order_by("-id")[: PAGE + 1])
    more = len(rows) > PAGE
    filters = {name: value for name, value in given.items() if value}
    return render(
        request,
        "dispatch/order_list.html",
        {
            **given,
            "rows": rows[:PAGE],
            "now": now,
            "older": urlencode({**filters, "before": rows[PAGE - 1].pk}) if more else "",
            "newest": urlencode(filters) if before else "",
            "filtered": bool(filters),
            "figures": queries.order_figures(),
            "states": OrderState.choices,
            "provinces": Region.objects.filter(level=RegionLevel.PROVINCE).order_by("code"),
            "warehouses": Warehouse.objects.order_by("code"),
        },
    )


@needs(Permission.VIEW)
@require_GET
def order_intake(request: StaffRequest) -> HttpResponse:
    """The last calls of the order system."""
    entries = journal.timeline("orders").filter(kind__in=["dispatch.orders_received", "dispatch.network_imported"])
    return render(request, "dispatch/order_intake.html", {"rows": describe(list(entries[:5]))})


@login_required
@require_GET
def order_page(request: StaffRequest, pk: int) -> HttpResponse:
    """One order: who, where, by when, and what it was caught in."""
    request.actor.require(Permission.VIEW)
    visible = queries.visible_orders(request.actor)
    order = get_object_or_404(
        visible.select_related("region__parent", "warehouse__region", "carrier", "lane"), pk=min(pk, NO_ORDER)
    )
    sets = list(AffectedSet.objects.order_by("-id").values_list("id", flat=True)[:SETS_LOOKED_AT])
    caught = AffectedOrder.objects.filter(affected_set_id__in=sets, order_id=order.pk).select_related(
        "affected_set", "warehouse", "carrier"
    )
    rows = sorted(caught, key=lambda row: -row.affected_set_id)
    names = names_in(row.affected_set.reference for row in rows)
    return render(
        request,
        "dispatch/order_page.html",
        {
            "order": order,
            "now": clock.now(),
            "caught": [(row, names.get(row.affected_set.reference, row.affected_set.reference)) for row in rows],
        },
    )
