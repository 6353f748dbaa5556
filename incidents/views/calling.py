"""Answers of people who were called: in the room by somebody else, and by themselves through their link."""

from __future__ import annotations

from collections.abc import Callable
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
from accounts.http import StaffRequest
from incidents import operations
from incidents.forms import ArrivalForm
from incidents.models import CallOut
from incidents.queries import call_out_page
from incidents.views.answers import Sheet, done
from journal import clock
from journal.refusal import AlreadyDone, Refusal


@login_required
@require_http_methods(["GET", "POST"])
def callout_step(request: StaffRequest, pk: int, action: str) -> HttpResponse:
    """Log what somebody said on the phone, or that they were seen on post."""
    call = get_object_or_404(CallOut.objects.select_related("user"), pk=pk)
    name = {"name": call.user.label}
    if action == "acknowledge" and request.method == "POST":
        operations.acknowledge_callout(call_out_id=pk, by=request.actor)
        return done()
    if action == "arrive":
        data = request.POST if request.method == "POST" else None
        form = ArrivalForm(data, initial={"arrived_at": timezone.localtime(clock.now())})
        sheet = Sheet(
            _("%(name)s is on post?") % name,
            _("Log arrival"),
            [_("The time counts from the call; it stands in the log as entered by you")],
            form,
        )

        def arrive(values: dict[str, Any]) -> object:
            moment = max(values["arrived_at"], call.called_at)
            return operations.arrive_callout(call_out_id=pk, arrived_at=moment, by=request.actor)

        return sheet.answer(request, arrive)
    if action == "decline":
        sheet = Sheet(
            _("%(name)s cannot come?") % name,
            _("Call the alternate"),
            [_("The next alternate on the roster is called at once")],
            danger=True,
        )
        return sheet.answer(request, lambda values: operations.decline_callout(call_out_id=pk, by=request.actor))
    raise Http404


@login_required
@require_POST
def seat_step(request: StaffRequest, pk: int, post: str) -> HttpResponse:
    """Take an open post oneself."""
    operations.take_seat(incident_id=pk, post=post, by=request.actor)
    return done()


@login_required
@require_POST
def check_step(request: StaffRequest, pk: int, code: str) -> HttpResponse:
    """Tick a line of the readiness checklist."""
    operations.tick_readiness(incident_id=pk, code=code, by=request.actor)
    return done()


ANSWERS: dict[str, Callable[..., object]] = {
    "acknowledge": operations.acknowledge_callout,
    "arrive": operations.arrive_callout,
    "decline": operations.decline_callout,
}


@csrf_exempt  # The secret is the link itself: who holds it may answer, cookies or not.
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def callout_link(request: HttpRequest, token: str) -> HttpResponse:
    """The page of somebody who is called, without log-in. Looking at it changes nothing: mail scanners look, too."""
    page = call_out_page(token)
    if page is None:
        return render(request, "incidents/callout_unknown.html", status=404)
    known = dict(settings.LANGUAGES)
    wanted = request.GET.get("lang", "")
    language = wanted if wanted in known else page.call_out.user.language
    with translation.override(language):
        refusal = ""
        if request.method == "POST":
            answer = ANSWERS.get(request.POST.get("answer", ""))
            if answer is None:
                raise Http404
            try:
                answer(call_out_id=page.call_out.pk, by=link_actor("link", page.call_out.pk))
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
            "level": page.incident.response_level or 4,
            "language": language,
            "other": "en" if language != "en" else "zh-hans",
            "refusal": refusal,
        }
        return render(request, "incidents/callout.html", context, status=409 if refusal else 200)
