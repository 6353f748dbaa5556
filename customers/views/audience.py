"""Whom a notice is for, in the browser: the filters with their live count, and everybody with what became of them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.http import StaffRequest
from accounts.models import Channel
from accounts.naming import in_language
from accounts.roles import Permission
from customers import audience
from customers.filters import CHANNELS, read_filters
from customers.models import CompensationPolicy, NoticeRun
from customers.operations.drafts import policy
from customers.preview import named
from customers.queries import people
from journal.refusal import Refusal

PAGE = 50


def filters_in(form: QueryDict) -> dict[str, Any]:
    """The filters as the page's form sends them."""
    found: dict[str, Any] = {name: form.getlist(name) for name in ("regions", "tiers", "channels")}
    found |= {name: bool(form.get(name)) for name in ("at_risk", "skip_told")}
    found |= {name: form.get(name, "").strip() or None for name in ("value_from", "value_to")}
    priority = form.get("priority", "")
    return found | {"priority": int(priority) if priority.isascii() and priority.isdigit() else 0}


@login_required
@require_GET
def filters(request: StaffRequest, pk: int) -> HttpResponse:
    """The form that narrows a draft's audience."""
    request.actor.require(Permission.SEND_NOTICES)
    run = get_object_or_404(NoticeRun, pk=pk)
    in_force = CompensationPolicy.objects.filter(state="in_force").first()
    tiers = in_force.content.get("tiers", []) if in_force else []
    context = {
        "run": run,
        "chosen": run.filters,
        "regions": people.region_tree(run),
        "tiers": [(row["code"], in_language(row["name"], row.get("name_en", ""))) for row in tiers],
        "channels": [(code, Channel(code).label) for code in CHANNELS],
        "told_hours": policy().told_hours,
        "follows": run.follows_id is not None,
    }
    return render(request, "customers/filters.html", context | counted(run, run.filters))


@login_required
@require_GET
def count(request: StaffRequest, pk: int) -> HttpResponse:
    """How many the filters in the query would reach; nothing is changed."""
    request.actor.require(Permission.SEND_NOTICES)
    run = get_object_or_404(NoticeRun, pk=pk)
    return render(request, "customers/count.html", {"run": run} | counted(run, filters_in(request.GET)))


def counted(run: NoticeRun, given: dict[str, Any]) -> dict[str, Any]:
    try:
        found = audience.count(run, read_filters(given), policy())
    except Refusal as refusal:
        return {"problem": str(refusal)}
    return {
        "found": found,
        "reasons": dict(found.reasons),
        "zones": named(found.zones),
        "by_channel": [(Channel(code).label, number) for code, number in found.channels.most_common()],
    }


@login_required
@require_GET
def recipients(request: StaffRequest, pk: int) -> HttpResponse:
    """Everybody of a notice, each with the messages they got and where these stand; addresses are masked."""
    request.actor.require(Permission.SEND_NOTICES)
    run = get_object_or_404(NoticeRun, pk=pk)
    chosen = request.GET.get("show", "")
    rows = people.recipients_of(run, chosen)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {"run": run, "page": page, "rows": people.with_messages(list(page)), "show": chosen}
    return render(request, "customers/people.html", context | {"shows": people.SHOWS})
