"""Warnings for the browser: the list, one message, and the panel of an incident room."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST

from accounts.http import StaffRequest
from accounts.roles import Permission
from alerts import cap, operations, queries
from alerts.models import Warning
from alerts.terms import word
from dispatch.models import Region

PAGE = 50


@login_required
@require_GET
def alert_list(request: StaffRequest) -> HttpResponse:
    """What is in force, then everything that came in, newest first."""
    request.actor.require(Permission.VIEW)
    return render(request, "alerts/list.html", listing(request))


@login_required
@require_GET
def alert_rows(request: StaffRequest) -> HttpResponse:
    request.actor.require(Permission.VIEW)
    return render(request, "alerts/rows.html", listing(request))


def listing(request: StaffRequest) -> dict[str, Any]:
    active = queries.active_warnings()
    rows = Warning.objects.defer("raw", "infos").prefetch_related("regions").order_by("-sent", "-id")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    shown = list(page)
    names = region_names([link.region_code for row in [*active, *shown] for link in row.regions.all()])
    return {
        "active": [described(row, names) for row in active],
        "page": page,
        "rows": [described(row, names) for row in shown],
        "active_ids": {row.pk for row in active},
    }


def described(warning: Warning, names: dict[str, str]) -> dict[str, Any]:
    """A warning with its words and the names of its regions."""
    codes = [row.region_code for row in warning.regions.all()]
    return {
        "warning": warning,
        "severity": word(warning.severity),
        "regions": [names.get(code, code) for code in codes],
    }


def region_names(codes: list[str]) -> dict[str, str]:
    return {region.code: region.label for region in Region.objects.filter(code__in=codes)}


@login_required
@require_GET
def alert_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """One message with all it says, what it folded and where it is in force."""
    request.actor.require(Permission.VIEW)
    warning = get_object_or_404(Warning.objects.defer("raw").prefetch_related("regions"), pk=pk)
    links = list(warning.regions.all())
    names = region_names([row.region_code for row in links])
    return render(
        request,
        "alerts/detail.html",
        {
            **described(warning, names),
            "links": [{"name": names.get(row.region_code, row.region_code), "row": row} for row in links],
            "infos": [info_words(info) for info in warning.infos],
            "in_force": queries.in_force().filter(pk=pk).exists(),
            "status": word(warning.status),
            "msg_type": word(warning.msg_type),
            "folded": warning.folds.defer("raw", "infos"),
        },
    )


def info_words(info: dict[str, Any]) -> dict[str, Any]:
    """One info with its codes as words and its times read."""
    said = {name: word(info[name]) for name in ("urgency", "severity", "certainty")}
    times = {name: cap.moment(info[name]) for name in ("effective", "onset", "expires")}
    return {
        **info,
        **times,
        "said": said,
        "categories": listed(info["categories"]),
        "responses": listed(info["responses"]),
        "web": info["web"] if info["web"].startswith(("http://", "https://")) else "",
    }


def listed(codes: list[str]) -> str:
    return pgettext("list", ", ").join(word(code) for code in codes)


@login_required
@require_GET
def alert_raw(request: StaffRequest, pk: int) -> HttpResponse:
    """The message as it came in, to save."""
    request.actor.require(Permission.VIEW)
    warning = get_object_or_404(Warning.objects.only("raw"), pk=pk)
    response = HttpResponse(bytes(warning.raw), content_type="application/xml")
    response["Content-Disposition"] = f'attachment; filename="warning-{pk}.xml"'
    return response


@login_required
@require_POST
def file_warning(request: StaffRequest) -> HttpResponse:
    """File a CAP message from a file that somebody was sent."""
    upload = request.FILES.get("file")
    xml = upload.read(cap.LARGEST + 1) if upload and not isinstance(upload, list) else b""
    warning = operations.file_warning(xml=xml, by=request.actor)
    messages.success(request, _("Warning filed.") if warning.fresh else _("This very message was filed before."))
    return redirect("alert_detail", pk=warning.pk)


@login_required
@require_GET
def panel(request: StaffRequest, reference: str) -> HttpResponse:
    """Warnings in force that touch the regions of a matter's affected orders, or those asked for
    (`?region=330000&region=…`); all without any. The room of an exercise shows exercise messages too."""
    request.actor.require(Permission.VIEW)
    scope = queries.scope_of(reference)
    regions = [code for code in request.GET.getlist("region") if code] or scope.regions
    rows = queries.active_warnings(regions or None, drills=scope.exercise)
    names = region_names([row.region_code for warning in rows for row in warning.regions.all()])
    return render(
        request, "alerts/panel.html", {"rows": [described(row, names) for row in rows], "everywhere": not regions}
    )
