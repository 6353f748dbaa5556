"""Stock for the browser: one page for a phone and a desk, and the incident room's panel."""

from __future__ import annotations

import uuid
from typing import Any

import segno
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET, require_POST

from accounts.http import StaffRequest
from accounts.roles import Permission
from dispatch.models import Warehouse
from inventory import operations, queries
from inventory.api import StockSerializer
from inventory.models import Item, SupplyIssue
from journal.kinds import names_in

RECENT = 8


@login_required
@require_GET
def stock(request: StaffRequest) -> HttpResponse:
    """Log stock at one warehouse; the data lies in the page, so that it works on while the network is away."""
    request.actor.require(Permission.VIEW)
    houses = list(Warehouse.objects.filter(**scope(request)))
    chosen = request.GET.get("warehouse", "")
    house = next((row for row in houses if row.code == chosen), houses[0] if houses else None)
    rows = queries.stock([house.code] if house else [])
    return render(
        request,
        "inventory/stock.html",
        {
            "houses": houses,
            "house": house,
            "rows": StockSerializer(rows, many=True).data,
            "settings": page_settings(request, house),
            "has_items": Item.objects.exists(),
            "shortage_count": len(queries.shortages([row.code for row in houses])),
        },
    )


def scope(request: StaffRequest) -> dict[str, Any]:
    """The warehouses this person works at; all of them without a limit."""
    return {"code__in": sorted(request.actor.warehouses)} if request.actor.warehouses else {}


def page_settings(request: StaffRequest, house: Warehouse | None) -> dict[str, Any]:
    """What the page's script needs: addresses, permissions, matters to issue to, and its texts."""
    recent = dict.fromkeys(SupplyIssue.objects.order_by("-id").values_list("reference", flat=True)[:100])
    references = list(recent)[:RECENT]
    named = names_in(references)
    return {
        "warehouse": house.code if house else "",
        "user": str(request.actor),
        "may_log": request.actor.may(Permission.LOG_STOCK),
        "stock": reverse("api_stock"),
        "movements": reverse("api_movements"),
        "references": [{"value": value, "label": named.get(value, value)} for value in references],
        "texts": {
            "receive": pgettext("stock", "Receive"),
            "issue": pgettext("stock", "Issue"),
            "count": pgettext("stock", "Count"),
            "return": pgettext("stock", "Return"),
            "write_off": _("Write off"),
            "do_receive": _("Receive %s"),
            "do_issue": _("Issue %s"),
            "do_count": _("Set to %s"),
            "do_return": _("Take back %s"),
            "do_write_off": _("Write off %s"),
            "done_receive": _("Received %s"),
            "done_issue": _("Issued %s"),
            "done_count": _("Counted %s"),
            "done_return": _("Took back %s"),
            "done_write_off": _("Wrote off %s"),
            "now": _("Now on hand: %s"),
            "will_be": _("Then on hand: %s"),
            "too_many": _("Only %s on hand"),
            "undo": _("Undo (%s)"),
            "undone": _("Undone. On hand: %s"),
            "waiting": _("Offline: %s entries wait to be sent"),
            "sending": _("Sending %s entries…"),
            "kept": _("Kept on this phone. It will be sent when the network is back."),
            "refused": _("Refused: %s"),
            "dismiss": _("Discard"),
            "short": _("%s short"),
            "par": _("Par %s"),
            "never": _("never"),
            "overdue": _("overdue"),
            "expired": _("expired"),
            "no_camera": _("The camera cannot be used. Search instead."),
            "unknown_code": _("No item here has the code %s."),
        },
    }


@login_required
@require_GET
def shortages(request: StaffRequest) -> HttpResponse:
    """Everything below its par, at all warehouses one may see."""
    request.actor.require(Permission.VIEW)
    houses = {row.code: row for row in Warehouse.objects.filter(**scope(request))}
    rows = [{"row": row, "house": houses[row.warehouse]} for row in queries.shortages(list(houses))]
    return render(request, "inventory/shortages.html", {"rows": rows, "readiness": queries.readiness(list(houses))})


@login_required
@require_POST
def equip(request: StaffRequest) -> HttpResponse:
    """Give every warehouse the default items and pars."""
    lines = operations.equip_warehouses(by=request.actor)
    messages.success(
        request, ngettext("%(lines)s stock line added.", "%(lines)s stock lines added.", lines) % {"lines": lines}
    )
    return redirect("stock")


@login_required
@require_GET
def labels(request: StaffRequest) -> HttpResponse:
    """Shelf labels with a QR code each, to print."""
    request.actor.require(Permission.VIEW)
    items = [
        {"item": item, "code": segno.make(item.code, micro=False).svg_data_uri(scale=4, border=1)}
        for item in Item.objects.order_by("rank", "code")
    ]
    return render(request, "inventory/labels.html", {"items": items})


@login_required
@require_GET
def panel(request: StaffRequest, reference: str) -> HttpResponse:
    """What was issued to a matter, and what is short."""
    request.actor.require(Permission.VIEW)
    return show_panel(request, reference)


@login_required
@require_POST
def issue_missing(request: StaffRequest, reference: str) -> HttpResponse:
    """Issue what was short, as far as stock has come in."""
    operations.issue_missing(reference=reference, by=request.actor, key=request.POST.get("key", ""))
    return show_panel(request, reference)


def show_panel(request: StaffRequest, reference: str) -> HttpResponse:
    lines = queries.supplies_of(reference)
    houses = Warehouse.objects.in_bulk({line.warehouse for line in lines})
    available = queries.on_hand([(line.warehouse, line.item.pk) for line in lines if line.missing], reference)
    return render(
        request,
        "inventory/panel.html",
        {
            "lines": [
                {
                    "line": line,
                    "house": houses.get(line.warehouse),
                    "on_hand": available.get((line.warehouse, line.item.pk)),
                }
                for line in lines
            ],
            "missing": sum(1 for line in lines if line.missing),
            "can_issue": any(available.values()) and request.actor.may(Permission.LOG_STOCK),
            "reference": reference,
            "exercise": queries.exercise_of(reference),
            "key": uuid.uuid4().hex,
        },
    )
