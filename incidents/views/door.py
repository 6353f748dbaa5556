"""The code at the door: the screen that shows it, and the page on the phone that scanned it."""

from __future__ import annotations

from typing import Any

import segno
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.actors import Actor, link_actor
from accounts.http import StaffRequest
from accounts.models import User
from accounts.queries import zone_of
from accounts.roles import Permission
from incidents import door, links, operations
from incidents.models import CallOut, Incident
from incidents.queries.rows import post_label
from incidents.refusals import BadDoorCode, DoorCodeExpired, IllegalAnswer
from journal import clock
from journal.refusal import AlreadyDone, Refusal


def check_door(actor: Actor) -> None:
    """Whoever commands or does measures may put the code on a screen."""
    if not actor.may(Permission.DO_MEASURE):
        actor.require(Permission.COMMAND)


def code_context(incident: Incident) -> dict[str, Any]:
    now = clock.now()
    code = door.code_at(incident.pk, now)
    address = links.door_url(code)
    return {
        "incident": incident,
        "image": segno.make(address, error="m", micro=False).svg_data_uri(
            scale=10, border=2, dark="#000", light="#fff"
        ),
        "address": address,
        "shown_at": now,
        "next_at": door.changes_at(now),
        "next_in": door.seconds_left(now),
        "running": incident.under_way,
    }


@login_required
@never_cache
@require_GET
def incident_door(request: StaffRequest, pk: int) -> HttpResponse:
    """Full screen for a tablet at the door."""
    check_door(request.actor)
    incident = get_object_or_404(Incident, pk=pk)
    return render(request, "incidents/door.html", {**code_context(incident), "level": incident.response_level or 4})


@login_required
@never_cache
@require_GET
def incident_door_code(request: StaffRequest, pk: int) -> HttpResponse:
    """The next code; the screen asks for it when the last one has run its time."""
    check_door(request.actor)
    return render(request, "incidents/door_code.html", code_context(get_object_or_404(Incident, pk=pk)))


def who_scans(request: HttpRequest) -> User | None:
    """The person logged in, or the one whose call was opened on this phone."""
    if request.user.is_authenticated:
        return request.user  # type: ignore[return-value]
    key = request.get_signed_cookie(
        links.COOKIE, default="", salt=links.COOKIE_SALT, max_age=links.COOKIE_DAYS * 24 * 3600
    )
    call = CallOut.objects.filter(pk=int(key), user__is_active=True).select_related("user").first() if key else None
    return call.user if call else None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def door_scan(request: HttpRequest, code: str) -> HttpResponse:
    """The phone that scanned the door's code: one tap signs its owner in. Looking changes nothing."""
    user = who_scans(request)
    zone = zone_of(user) if user else timezone.get_current_timezone()
    with translation.override(user.language if user else translation.get_language()), timezone.override(zone):
        context: dict[str, Any] = {
            "person": user,
            "calls": [],
            "open_calls": [],
            "refusal": "",
            "expired": False,
            "level": 4,
        }
        try:
            incident = get_object_or_404(Incident, pk=door.incident_of(code))
        except BadDoorCode as error:
            return render(request, "incidents/door_scan.html", {**context, "refusal": str(error)}, status=404)
        status = 200
        try:
            door.check(code, incident_id=incident.pk, now=clock.now())
            if request.method == "POST" and user is not None:
                arrive(request, user, incident, code)
        except AlreadyDone:
            pass  # tapped twice
        except DoorCodeExpired as error:
            context |= {"refusal": str(error), "expired": True}
            status = error.status
        except Refusal as error:
            context["refusal"], status = str(error), error.status
        calls = CallOut.objects.filter(incident=incident, user=user) if user else CallOut.objects.none()
        shown = [(call, post_label(call.seat.post)) for call in calls.select_related("seat").order_by("id")]
        context |= {
            "incident": incident,
            "level": incident.response_level or 4,
            "calls": shown,
            "open_calls": [(call, post) for call, post in shown if call.waiting],
        }
        return render(request, "incidents/door_scan.html", context, status=status)


def arrive(request: HttpRequest, user: User, incident: Incident, code: str) -> None:
    """Sign the person in on their own call, whatever was sent."""
    wanted = request.POST.get("call", "")
    call = CallOut.objects.filter(pk=int(wanted) if wanted.isdecimal() and len(wanted) < 19 else 0).first()
    if call is None or call.incident_id != incident.pk or call.user_id != user.pk:
        raise IllegalAnswer(_("Only your own call can be answered here."), legal=[])
    actor = getattr(request, "actor", None) if request.user.is_authenticated else None
    operations.arrive_at_door(call_out_id=call.pk, code=code, by=actor or link_actor("link", call.pk))
