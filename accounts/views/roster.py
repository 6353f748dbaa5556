"""The duty roster."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts import queries
from accounts.http import StaffRequest
from accounts.roles import Permission
from journal.clock import now
from journal.kinds import names_in


@login_required
@require_GET
def roster(request: StaffRequest) -> HttpResponse:
    """Who is on duty now by post, and a week of primaries with the gaps."""
    request.actor.require(Permission.VIEW)
    at = now()
    regions = queries.rostered_regions()
    region = request.GET.get("region", "")
    if region not in regions:
        region = ""
    # Regions belong to a room above; it has told the journal how to name them.
    named = names_in(f"region:{code:0<6}" for code in regions)
    choices = [(code, named.get(f"region:{code:0<6}", code)) for code in sorted(regions)]
    monday = monday_of(request.GET.get("week", ""), at)
    context = {
        "now_rows": [row for row in queries.roster_now(at) if row.region_code == region],
        "at": at,
        "weeks": queries.roster_week(monday, region),
        "regions": choices,
        "region": region,
        "days": [monday + timedelta(days=number) for number in range(7)],
        "today": timezone.localtime(at).date(),
        "previous": f"{monday - timedelta(days=7):%Y-%m-%d}",
        "next": f"{monday + timedelta(days=7):%Y-%m-%d}",
        "monday": monday,
    }
    return render(request, "accounts/roster.html", context)


def monday_of(text: str, at: datetime) -> datetime:
    """Midnight, in the reader's zone, of the Monday of the week that `text` (a date) names, else of this week."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007
        if not 2000 <= day.year <= 2200:
            raise ValueError(text)
    except ValueError:
        day = timezone.localtime(at).date()
    first = day - timedelta(days=day.weekday())
    return timezone.make_aware(datetime(first.year, first.month, first.day))  # noqa: DTZ001
