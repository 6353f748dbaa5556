"""The frame: board shell, health, preferences."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST
from django_prometheus.exports import ExportToDjangoView
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request

from accounts.authentication import actor_of
from accounts.http import StaffRequest, needs
from accounts.operations import change_preferences
from accounts.roles import Permission
from config import board as panels
from config import watchdog
from journal.clock import now
from journal.fragments import fragment, unless_unchanged


@needs(Permission.VIEW)
@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """The shell; each panel fetches its own part."""
    return render(request, "board.html")


@needs(Permission.VIEW)
@require_GET
@fragment("*")
def board_map_data(request: HttpRequest) -> HttpResponse:
    """What the map draws, as JSON."""
    return JsonResponse(panels.map_data(), json_dumps_params={"ensure_ascii": False})


@needs(Permission.VIEW)
@require_GET
@fragment("*")
def board_throughput_data(request: HttpRequest) -> HttpResponse:
    """The last 48 hours as [ms, orders, baseline], and when responses began."""
    curve = panels.curve()
    return JsonResponse({"points": curve.points, "marks": curve.marks})


@needs(Permission.VIEW)
@require_GET
@fragment("*")
def board_throughput(request: HttpRequest) -> HttpResponse:
    curve = panels.curve()
    return render(request, "board/throughput.html", {"share": curve.share, "drill": curve.drill})


@needs(Permission.VIEW)
@require_GET
@fragment("*")
def board_status(request: HttpRequest) -> HttpResponse:
    return render(request, "board/status.html", panels.status())


@needs(Permission.VIEW)
@require_GET
@fragment("*")
def board_warnings(request: HttpRequest) -> HttpResponse:
    rows = panels.shown_warnings()
    return render(request, "board/warnings.html", {"warnings": rows[:3], "more": max(0, len(rows) - 3)})


@needs(Permission.VIEW)
@require_GET
@fragment("*")
def board_incidents(request: HttpRequest) -> HttpResponse:
    return render(request, "board/incidents.html", panels.cards())


@needs(Permission.VIEW)
@require_GET
@fragment("*")
def board_orders(request: HttpRequest) -> HttpResponse:
    return render(request, "board/orders.html", panels.order_figures())


@needs(Permission.VIEW)
@require_GET
@fragment("*")
def board_supplies(request: HttpRequest) -> HttpResponse:
    return render(request, "board/supplies.html", panels.supply_gaps())


@require_GET
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when this process can reach the database; `now` (ms) is the house's time, for the timers of browsers."""
    try:
        moment = now()
    except DatabaseError:
        return JsonResponse({"status": "database away"}, status=503)
    return JsonResponse({"status": "ok", "now": int(moment.timestamp() * 1000)})


@require_GET
def health_engine(request: HttpRequest) -> JsonResponse:
    """200 while a clock is alive and nothing is due for longer than it may be; 503 otherwise, with the reasons."""
    engine = watchdog.ask()
    if engine.away:
        return JsonResponse({"status": "database away"}, status=503)
    body = {"status": "ok" if engine.healthy else "sick", **engine.figures}
    return JsonResponse(body, status=200 if engine.healthy else 503)


@needs(Permission.COMMAND)
@require_GET
def engine_banner(request: HttpRequest) -> HttpResponse:
    """What tells those who may command that the timers stand still; empty while all is well."""
    return unless_unchanged(request, render(request, "fragments/engine.html", {"engine": watchdog.watchdog.look()}))


@needs(Permission.VIEW)
@require_GET
@fragment("*")
def board_duty(request: HttpRequest) -> HttpResponse:
    """A quiet line when nobody will be on duty at some time of the coming week."""
    return render(request, "board/duty.html", panels.duty_gaps())


@require_GET
def robots(request: HttpRequest) -> HttpResponse:
    """Nothing here is for search engines."""
    return HttpResponse("User-agent: *\nDisallow: /\n", content_type="text/plain")


@extend_schema(exclude=True)
@api_view(["GET"])
def metrics(request: Request) -> HttpResponse:
    """Prometheus' figures, for an API key or a person that may audit; nobody else learns how busy we are."""
    actor_of(request).require(Permission.AUDIT)
    return ExportToDjangoView(request)


@login_required
@require_POST
def preferences(request: StaffRequest) -> HttpResponse:
    """Set language or theme of the user; goes back to where the request came from."""
    user = change_preferences(language=request.POST.get("language"), theme=request.POST.get("theme"), by=request.actor)
    if request.htmx:
        return HttpResponse(status=204)
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = "/"
    response = redirect(target)
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, user.language, samesite="Lax", httponly=True)
    return response
