"""The duty roster: who is on duty now, the weeks ahead, and swaps."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import operations, queries
from accounts.calendars import address_of, post_address
from accounts.forms import SwapForm
from accounts.http import StaffRequest
from accounts.models import HIGHEST_RANK, Duty, Swap, User
from accounts.roles import Permission, Post, rank_name
from accounts.views.answers import done
from journal.clock import now
from journal.kinds import names_in
from journal.numbers import whole
from journal.refusal import Refusal

SPANS = {"week": 7, "month": 28}


@login_required
@require_GET
def roster(request: StaffRequest) -> HttpResponse:
    """Who is on duty now by post, the turns of a week or four with the gaps, and one's own calendar."""
    request.actor.require(Permission.VIEW)
    return render(request, "accounts/roster.html", board_context(request))


@login_required
@require_GET
def roster_board(request: StaffRequest) -> HttpResponse:
    """The part of the page that changes when somebody changes the roster."""
    request.actor.require(Permission.VIEW)
    return render(request, "accounts/roster_board.html", board_context(request))


def board_context(request: StaffRequest) -> dict[str, Any]:
    at = now()
    regions = queries.rostered_regions()
    region = request.GET.get("region", "")
    if region not in regions:
        region = ""
    # Regions belong to a room above; it has told the journal how to name them.
    named = names_in(f"region:{code:0<6}" for code in regions)
    names = {code: named.get(f"region:{code:0<6}", code) for code in sorted(regions)}
    span = request.GET.get("span", "")
    span = span if span in SPANS else "week"
    asked = request.GET.get("rank", "0")
    rank = int(asked) if asked in {str(number) for number in range(HIGHEST_RANK + 1)} else 0
    monday = monday_of(request.GET.get("week", ""), at)
    days = SPANS[span]
    until = monday + timedelta(days=days)
    found = queries.coming_gaps(at)
    return {
        "now_rows": [row for row in queries.roster_now(at) if row.region_code == region],
        "at": at,
        "lanes": queries.roster_lanes(monday, days, at, region_code=region, rank=rank),
        "days": queries.roster_days(monday, days, at),
        "now_at": 100 * (at - monday) / timedelta(days=days) if monday <= at < until else None,
        "gaps": [(gap, names.get(gap.region_code, gap.region_code)) for gap in found[:6]],
        "more_gaps": max(0, len(found) - 6),
        "unknown_years": queries.unknown_years(monday.date(), until.date()),
        "regions": list(names.items()),
        "region": region,
        "region_name": names.get(region, ""),
        "span": span,
        "rank": rank,
        "ranks": [(number, rank_name(number)) for number in range(queries.highest_rank(region) + 1)],
        "today": timezone.localtime(at).date(),
        "previous": f"{monday - timedelta(days=days):%Y-%m-%d}",
        "next": f"{until:%Y-%m-%d}",
        "monday": monday,
        "query": request.GET.urlencode(),
        "rotations": [row for row in queries.rotations() if row.region_code == region],
        "calendar_url": address_of(request.user),
        "post_urls": [(label, post_address(request.user, post, region)) for post, label in Post.choices],
    }


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


@login_required
@require_http_methods(["GET", "POST"])
def roster_swap(request: StaffRequest) -> HttpResponse:
    """A sheet that lets somebody else take a turn, or an empty time: choose a person, and it is done."""
    request.actor.require(Permission.VIEW)
    if request.method == "POST":
        return swapped(request)
    duty = named_duty(request)
    at = now()
    if duty and duty.swap_id and duty.swap:
        swap = Swap.objects.select_related("user").get(pk=duty.swap_id)
        return render(request, "accounts/swap_cancel.html", {"swap": swap, "post": Post(swap.post).label})
    form = SwapForm.of(duty, at) if duty else SwapForm(request.GET)
    if duty is None and not form.is_bound_with_a_span():
        raise Http404
    people = queries.stand_ins(duty) if duty else []
    context = {
        "duty": duty,
        "form": form,
        "post": Post(form.value("post")).label if form.value("post") in Post.values else "",
        "stand_ins": people[:6],
        "everybody": User.objects.filter(is_active=True).exclude(name="").order_by("name"),
        "own": duty is not None and duty.user_id == request.user.pk,
    }
    return render(request, "accounts/swap.html", context)


def named_duty(request: StaffRequest) -> Duty | None:
    number = whole(request.GET.get("duty", "")) or 0
    return Duty.objects.select_related("user", "swap", "rotation").filter(pk=number).first()


def swapped(request: StaffRequest) -> HttpResponse:
    form = SwapForm(request.POST)
    if not form.is_valid():
        return refused(request, " ".join(str(message) for messages in form.errors.values() for message in messages))
    try:
        swap = operations.swap_duty(**form.cleaned_data, by=request.actor)
    except Refusal as refusal:
        return refused(request, str(refusal), refusal.status)
    return done(_("%(name)s takes over.") % {"name": swap.user.label})


def refused(request: StaffRequest, message: str, status: int = 422) -> HttpResponse:
    response = render(request, "fragments/refusal.html", {"message": message, "status": status}, status=status)
    response["HX-Retarget"], response["HX-Reswap"] = "#swap-refusal", "innerHTML"
    return response


@login_required
@require_POST
def swap_cancel(request: StaffRequest, pk: int) -> HttpResponse:
    """Take a swap back; what it replaced holds again from now on."""
    operations.cancel_swap(swap_id=pk, by=request.actor)
    return done(_("The swap is cancelled."))
