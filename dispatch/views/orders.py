"""Orders in the browser: find one, see where it stands."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.http import StaffRequest, needs
from accounts.roles import Permission
from dispatch import queries
from dispatch.models import AffectedOrder, AffectedSet, Order
from dispatch.queries.search import Search
from dispatch.views import filters
from journal import clock
from journal import queries as journal
from journal.kinds import describe, names_in

PAGE = 50
SETS_LOOKED_AT = 200
NO_ORDER = 2**63 - 1
INTAKES = ("dispatch.orders_received", "dispatch.stock_received", "dispatch.network_imported")


@login_required
@require_GET
def order_list(request: StaffRequest) -> HttpResponse:
    """Newest first, page after page; a search by number is in the order of the numbers."""
    request.actor.require(Permission.VIEW)
    given = filters.given(request)
    wanted = filters.order_filter(given)
    search = Search(request.actor, wanted)
    after = request.GET.get("before", "").replace("\x00", "")[:64]
    found = search.page(PAGE, after)
    orders = Order.objects.filter(pk__in=found.ids).select_related("region__parent", "warehouse", "carrier")
    by_id = {order.pk: order for order in orders}
    filtered = any(given.values())
    return render(
        request,
        "dispatch/order_list.html",
        {
            **given,
            **filters.choices(),
            "rows": [by_id[pk] for pk in found.ids if pk in by_id],
            "now": clock.now(),
            "older": filters.address(given, before=found.next) if found.next else "",
            "searched": found.searched,
            "newest": filters.address(given) if after else "",
            "paged": bool(after),
            "filtered": filtered,
            "more_filters": any(given[name] for name in ("lane", "priority", "promise_from", "promise_to")),
            "count": search.count(found, not after) if filtered else None,
            "query": filters.address(given),
            "figures": queries.order_figures(),
        },
    )


@needs(Permission.VIEW)
@require_GET
def order_intake(request: StaffRequest) -> HttpResponse:
    """The last calls of the order system."""
    entries = journal.timeline("orders").filter(kind__in=INTAKES)
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
            "parcels": list(order.parcels.select_related("warehouse", "carrier", "lane__region")),
            "caught": [(row, names.get(row.affected_set.reference, row.affected_set.reference)) for row in rows],
        },
    )
