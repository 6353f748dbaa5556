"""Taking a reroute or a wave back: first what that means, then the act."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import StaffRequest
from accounts.roles import Permission
from accounts.views.answers import done
from dispatch import operations
from dispatch.models import WAVES_AHEAD, RerouteRun
from dispatch.queries.rollbacks import consequence
from journal.numbers import whole


def number_in(data: QueryDict) -> int | None:
    return whole(data.get("wave", ""), digits=4)


@login_required
@require_http_methods(["GET", "POST"])
def roll_back(request: StaffRequest, pk: int) -> HttpResponse:
    """What it means for the run, or for `wave` of it; then the act, with `fitting=1` as far as there is room."""
    request.actor.require(Permission.APPROVE_REROUTE)
    return act(request, pk) if request.method == "POST" else shown(request, pk)


def act(request: StaffRequest, pk: int) -> HttpResponse:
    number, fitting = number_in(request.POST), request.POST.get("fitting") == "1"
    if number is None:
        operations.roll_back_run(run_id=pk, by=request.actor, fitting=fitting)
    else:
        operations.roll_back_wave(run_id=pk, number=number, by=request.actor, fitting=fitting)
    return done(_("Rolled back"))


def shown(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(RerouteRun.objects.select_related("affected_set"), pk=pk)
    number = number_in(request.GET)
    wave = None if number is None else get_object_or_404(run.waves, number=number)
    found = consequence(run, None if wave is None else wave.number)
    context = {**found, "run": run, "wave": wave, "ahead": run.waves.filter(state__in=WAVES_AHEAD).exists()}
    return render(request, "dispatch/rollback.html", context)
