"""Fragments about what comes after a decision: how the order system took it, and how deliveries come back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from accounts.http import StaffRequest
from accounts.roles import Permission
from dispatch.models import AffectedSet, RerouteRun
from dispatch.models.reroute import OVER
from dispatch.queries import forecast as forecasts
from dispatch.queries import handover
from journal.fragments import fragment

SHOWN = 20
EVERY = 3  # hours between the rows of the table


@login_required
@require_GET
def handover_panel(request: StaffRequest, pk: int) -> HttpResponse:
    """What the order system answered, what it refused and what was skipped; solve again with what is left."""
    request.actor.require(Permission.VIEW)
    run = get_object_or_404(RerouteRun, pk=pk)
    figures = handover.hand_over(run)
    refused = handover.refused_orders(run, limit=SHOWN + 1)
    skipped = handover.skipped_orders(run, limit=SHOWN + 1)
    newest = RerouteRun.objects.filter(reference=run.reference, exercise=run.exercise).order_by("-pk").first()
    again = (
        request.actor.may(Permission.APPROVE_REROUTE)
        and figures.next_time > 0
        and newest == run
        and run.state not in OVER
        and run.applied_at is not None
    )
    context = {
        "run": run,
        "figures": figures,
        "reasons": handover.refusal_reasons(run),
        "refused": refused[:SHOWN],
        "more_refused": len(refused) > SHOWN,
        "skipped": skipped[:SHOWN],
        "more_skipped": len(skipped) > SHOWN,
        "may_ask_again": again,
    }
    return render(request, "dispatch/handover_panel.html", context)


def milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)


@login_required
@require_GET
@fragment("{reference}")
def forecast_panel(request: StaffRequest, reference: str) -> HttpResponse:
    """The recovery as it is expected, as a curve and as a table."""
    request.actor.require(Permission.VIEW)
    newest = AffectedSet.objects.filter(reference=reference).order_by("-pk").first()
    found = forecasts.forecast(reference, exercise=newest.exercise if newest else None)
    context: dict[str, Any] = {"found": found, "reference": reference, "needed": forecasts.FEWEST_WEEKS}
    if found is not None and found.points:
        context["chart"] = chart(found)
        context["rows"] = found.points[::EVERY]
        context["late_by"] = (
            found.recovers_at - found.target_at if found.recovers_at and found.target_at and not found.in_time else None
        )
    return render(request, "dispatch/forecast_panel.html", context)


def chart(found: forecasts.Forecast) -> dict[str, Any]:
    """What forecast.js draws."""
    return {
        "points": [
            [
                milliseconds(point.hour),
                point.normal,
                point.delivered,
                point.expected,
                point.without,
                point.backlog,
                point.stuck,
            ]
            for point in found.points
        ],
        "start": milliseconds(found.starts_at),
        "now": milliseconds(found.moment),
        "target": milliseconds(found.target_at),
        "recovers": milliseconds(found.recovers_at),
        "rerouted": found.run_id is not None,
        "words": {
            "normal": pgettext("forecast", "normal"),
            "eighty": _("80 % of normal"),
            "delivered": pgettext("forecast", "delivered"),
            "expected": pgettext("forecast", "expected"),
            "without": _("without the reroute"),
            "backlog": pgettext("forecast", "waiting"),
            "stuck": _("without a way"),
            "start": pgettext("forecast", "closed"),
            "now": pgettext("forecast", "now"),
            "target": _("48 h"),
            "recovers": _("recovered"),
            "orders": _("orders an hour"),
            "queue": _("orders that wait"),
        },
    }
