"""Answers to call-outs: logged by whoever spoke to the person, or given by themselves through their link."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actors import link_actor
from accounts.http import StaffRequest, needs
from accounts.queries import zone_of
from accounts.roles import Permission
from accounts.views.answers import done
from incidents import links, operations
from incidents.callingforms import ArrivalForm, DeclineForm, EtaForm
from incidents.models import CallOut
from incidents.queries import call_out_page
from incidents.views.answers import Sheet, seen
from journal import clock
from journal.refusal import AlreadyDone, Refusal

ETAS = (5, 10, 15, 20, 30, 45)  # minutes that one tap says


@needs(Permission.VIEW)
@require_http_methods(["GET", "POST"])
def callout_step(request: StaffRequest, pk: int, action: str) -> HttpResponse:
    """Log what somebody said on the phone, or that they were seen on post."""
    call = get_object_or_404(CallOut.objects.select_related("user"), pk=pk)
    name = {"name": call.user.label}
    data = request.POST if request.method == "POST" else None
    common: dict[str, Any] = {"call_out_id": pk, "by": request.actor, "expected_version": seen(request)}
    if action == "acknowledge":
        sheet = Sheet(
            _("%(name)s is on the way?") % name,
            _("Log it"),
            [_("The ladder stops climbing; the time to arrive runs on")],
            EtaForm(data),
            version=call.version,
        )
        return sheet.answer(request, lambda given: operations.acknowledge_callout(**common, **given))
    if action == "arrive":
        form = ArrivalForm(data, initial={"arrived_at": timezone.localtime(clock.now()), "note": call.user.label})
        sheet = Sheet(
            _("%(name)s is on post?") % name,
            _("Log arrival"),
            [_("The time counts from the call; it stands in the log as entered by you")],
            form,
            version=call.version,
        )

        def arrive(values: dict[str, Any]) -> object:
            moment = max(values["arrived_at"], call.called_at)
            proof = {} if call.user_id == request.actor.user_id else {"proof": values["proof"]}
            return operations.arrive_callout(**common, **proof, arrived_at=moment, note=values["note"])

        return sheet.answer(request, arrive)
    if action == "decline":
        sheet = Sheet(
            _("%(name)s cannot come?") % name,
            _("Call the alternate"),
            [_("The next alternate on the roster is called at once")],
            DeclineForm(data),
            danger=True,
            version=call.version,
        )
        return sheet.answer(request, lambda given: operations.decline_callout(**common, **given))
    raise Http404


@login_required
@require_POST
def check_step(request: StaffRequest, pk: int, code: str) -> HttpResponse:
    """Tick a line of the readiness checklist."""
    operations.tick_readiness(incident_id=pk, code=code, by=request.actor)
    return done()


def answer_of(request: HttpRequest, call_out_id: int) -> None:
    """Do what the person's phone says. Raises Http404 for an answer that does not exist, and every refusal."""
    given = request.POST
    by = link_actor("link", call_out_id)
    if given.get("eta", "").isdecimal():
        operations.acknowledge_callout(call_out_id=call_out_id, by=by, eta_minutes=min(int(given["eta"]), 1440))
    elif given.get("answer") == "acknowledge":
        operations.acknowledge_callout(call_out_id=call_out_id, by=by)
    elif given.get("answer") == "arrive":
        operations.arrive_callout(call_out_id=call_out_id, by=by)
    elif given.get("answer") == "decline":
        reason = given.get("reason", "").replace("\x00", "")
        operations.decline_callout(call_out_id=call_out_id, by=by, reason=reason)
    else:
        raise Http404


@csrf_exempt  # The secret is the link itself: who holds it may answer, cookies or not.
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def callout_link(request: HttpRequest, token: str) -> HttpResponse:
    """The page of somebody who is called, without log-in. Looking at it changes nothing: mail scanners look, too.

    The phone remembers whose call it was, so that the code at the door knows who scans it.
    """
    page = call_out_page(token)
    if page is None:
        return render(request, "incidents/callout_unknown.html", status=404)
    known = dict(settings.LANGUAGES)
    wanted = request.GET.get("lang", "")
    language = wanted if wanted in known else page.call_out.user.language
    with translation.override(language), timezone.override(zone_of(page.call_out.user)):
        refusal = ""
        if request.method == "POST":
            try:
                answer_of(request, page.call_out.pk)
            except AlreadyDone:
                return redirect(f"{request.path}?lang={language}")
            except Refusal as error:
                refusal = str(error)
            else:
                return redirect(f"{request.path}?lang={language}")
        # Read again in the page's language.
        page = call_out_page(token)
        assert page is not None
        context = {
            "page": page,
            "call": page.call_out,
            "incident": page.incident,
            "level": page.incident.response_level or 4,
            "language": language,
            "other": "en" if language != "en" else "zh-hans",
            "refusal": refusal,
            "etas": ETAS,
            "map_url": links.map_url(page.site),
        }
        response = render(request, "incidents/callout.html", context, status=409 if refusal else 200)
    remember(response, page.call_out)
    return response


def remember(response: HttpResponse, call: CallOut) -> None:
    """Let this browser prove at the door whose call it opened."""
    response.set_signed_cookie(
        links.COOKIE,
        str(call.pk),
        salt=links.COOKIE_SALT,
        max_age=links.COOKIE_DAYS * 24 * 3600,
        path=links.COOKIE_PATH,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
