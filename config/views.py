"""The frame: board shell, health, preferences."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from accounts.http import StaffRequest
from config.clockwork import all_sources
from journal.clock import engine_state, now


@login_required
@require_GET
def board(request: HttpRequest) -> HttpResponse:
    return render(request, "board.html")


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
    """200 while a clock is alive and nothing is due for longer than it may be; 503 otherwise."""
    try:
        healthy, figures = engine_state(all_sources())
    except DatabaseError:
        return JsonResponse({"status": "database away"}, status=503)
    return JsonResponse({"status": "ok" if healthy else "sick", **figures}, status=200 if healthy else 503)


@login_required
@require_POST
def preferences(request: StaffRequest) -> HttpResponse:
    """Set language or theme of the user; goes back to where the request came from."""
    user = request.user
    language, theme = request.POST.get("language"), request.POST.get("theme")
    if language in dict(settings.LANGUAGES):
        user.language = language
    if theme in {"auto", "light", "dark"}:
        user.theme = theme
    user.save(update_fields=["language", "theme"])
    if request.htmx:
        return HttpResponse(status=204)
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = "/"
    response = redirect(target)
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, user.language, samesite="Lax", httponly=True)
    return response
