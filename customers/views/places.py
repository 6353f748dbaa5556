"""A notice's people on the map."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from accounts.http import StaffRequest
from accounts.roles import Permission
from customers.models import NoticeRun
from customers.queries.places import Place, Places, places_of
from journal.fragments import shared, unless_unchanged

MANY_FAILED = 0.05  # of a province's people: it is marked


def topics_of(run: NoticeRun) -> list[str]:
    """What the figures follow: the notice and the batches of its waves."""
    return [f"notice:{run.pk}", *(f"batch:{batch}" for batch in run.waves.values_list("batch", flat=True) if batch)]


def shared_places(request: StaffRequest, run: NoticeRun) -> Places:
    """The provinces, counted once for everybody who looks while nothing changes."""
    return shared(request, *topics_of(run), name=f"places of notice {run.pk}", make=lambda: places_of(run))


@login_required
@require_GET
def notice_map(request: StaffRequest, pk: int) -> HttpResponse:
    """What the map draws: each province's share (of those who are told; before the launch, of the largest), whether
    many failed there, and what is said of it."""
    request.actor.require(Permission.VIEW)
    run = get_object_or_404(NoticeRun, pk=pk)
    rows = shared_places(request, run).rows
    most = max((row.people for row in rows), default=1)
    launched = run.launched_at is not None
    places = {row.zone: place_of(row, most=most, launched=launched) for row in rows}
    return unless_unchanged(request, JsonResponse({"launched": launched, "places": places}))


def place_of(row: Place, *, most: int, launched: bool) -> dict[str, Any]:
    share = row.told / row.reachable if launched and row.reachable else 0.0 if launched else row.people / most
    bad = launched and row.failed + row.unclear > MANY_FAILED * row.reachable
    return {"name": row.name, "share": round(share, 3), "bad": bad, "lines": lines_of(row, launched=launched)}


def lines_of(row: Place, *, launched: bool) -> list[str]:
    figures = [(_("people affected"), row.people)]
    if launched:
        figures = [
            (pgettext("notice place", "told"), row.told),
            (pgettext("notice place", "waiting"), row.waiting),
            (pgettext("notice place", "failed"), row.failed),
            (pgettext("notice place", "unclear"), row.unclear),
        ]
    figures.append((_("cannot be reached"), row.unreachable))
    return [f"{label} {intcomma(number)}" for label, number in figures if number or label == figures[0][0]]
