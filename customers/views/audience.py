"""Whom a notice is for, in the browser: the filters with their live count, and everybody with what became of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import FileResponse, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import StaffRequest, needs
from accounts.models import Channel
from accounts.naming import in_language
from accounts.roles import Permission
from customers import audience
from customers.filters import CHANNELS, read_filters
from customers.models import CompensationPolicy, NoticeRun
from customers.operations.desk import UnmaskReason
from customers.operations.drafts import policy
from customers.operations.exporting import allow_whole_addresses
from customers.preview import named
from customers.queries import people
from customers.texts import template_label
from customers.views.files import file_of
from dispatch.excel import Column, Value
from journal.kinds import names_in
from journal.numbers import whole
from journal.refusal import Refusal

PAGE = 50


def people_columns() -> list[Column]:
    return [
        Column(_("Order"), width=22),
        Column(_("Orders"), "whole", 8),
        Column(_("Province"), width=14),
        Column(_("Channel"), width=10),
        Column(_("Number or address"), width=22),
        Column(_("State"), width=12),
        Column(_("Sent at"), "moment", 17),
        Column(_("Code"), width=22),
        Column(_("Why not"), width=26),
    ]


def people_cells(run: NoticeRun, show: str, *, masked: bool) -> Iterator[Sequence[Value]]:
    """A row for each message, and one for everybody without any."""
    zones = people.zone_names()
    for told in people.in_parts(people.recipients_of(run, show), masked=masked):
        row = told.recipient
        who = (told.order, row.orders, zones.get(row.zone, row.zone))
        for message, address in told.pairs:
            state = (str(message.get_channel_display()), address, str(message.get_state_display()))
            yield (*who, *state, message.sent_at, message.code, "")
        if not told.messages:
            yield (*who, "", "", "", None, "", str(told.reason))


def filters_in(form: QueryDict) -> dict[str, Any]:
    """The filters as the page's form sends them."""
    found: dict[str, Any] = {name: form.getlist(name) for name in ("regions", "tiers", "channels")}
    found |= {name: bool(form.get(name)) for name in ("at_risk", "skip_told")}
    found |= {name: form.get(name, "").strip() or None for name in ("value_from", "value_to")}
    return found | {"priority": whole(form.get("priority", ""), digits=9) or 0}


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
    may_unmask = request.actor.may(Permission.SERVE_CUSTOMERS)
    more = {
        "shows": people.SHOWS,
        "reasons": UnmaskReason.choices if may_unmask else [],
        "label": template_label(run.template),
        "matter": names_in([run.reference]).get(run.reference, run.reference),
    }
    return render(request, "customers/people.html", context | more)


@needs(Permission.SEND_NOTICES)
@require_http_methods(["GET", "POST"])
def people_file(request: StaffRequest, pk: int, kind: str) -> FileResponse | HttpResponse:
    """Everybody of a notice as Excel or CSV: addresses masked, or whole by POST with a reason, which is kept."""
    run = get_object_or_404(NoticeRun, pk=pk)
    whole = request.method == "POST"
    if whole:
        allow_whole_addresses(notice_id=pk, reason=request.POST.get("reason", ""), by=request.actor)
    cells = people_cells(run, request.GET.get("show", ""), masked=not whole)
    title = _("Everybody of notice %(number)s") % {"number": run.pk}
    return file_of(request, kind, people_columns(), cells, title=title, name=f"notice-{run.pk}")
