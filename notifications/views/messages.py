"""One message with its whole history, its masked address, and how long messages keep personal data."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.http import StaffRequest, needs
from accounts.roles import Permission
from journal.numbers import whole
from notifications import operations
from notifications.history import history
from notifications.masking import mask
from notifications.models import Message
from notifications.operations.privacy import ViewReason


@login_required
@require_GET
def message(request: StaffRequest, pk: int) -> HttpResponse:
    """What a message said, to whom (masked), and everything that happened to it."""
    request.actor.require(Permission.VIEW)
    return show(request, get_object_or_404(Message.objects.select_related("template", "user", "batch"), pk=pk))


@needs(Permission.SERVE_CUSTOMERS)
@require_POST
def unmask(request: StaffRequest, pk: int) -> HttpResponse:
    """The same with the whole address, for a reason that the journal keeps; no cache keeps the page."""
    found = get_object_or_404(Message.objects.select_related("template", "user", "batch"), pk=pk)
    address = operations.unmask_message(message_id=pk, reason=request.POST.get("reason", ""), by=request.actor)
    answer = show(request, found, address)
    answer["Cache-Control"] = "no-store"
    return answer


def show(request: StaffRequest, found: Message, address: str = "") -> HttpResponse:
    context = {
        "message": found,
        "address": address or (mask(found.destination) if found.destination else ""),
        "unmasked": bool(address),
        "events": history(found),
        "reasons": ViewReason.choices,
        "may_unmask": request.actor.may(Permission.SERVE_CUSTOMERS),
    }
    return render(request, "notifications/message.html", context)


@login_required
@require_POST
def retention(request: StaffRequest) -> HttpResponse:
    operations.set_retention(days=whole(request.POST.get("days", ""), digits=9) or 0, by=request.actor)
    return redirect("notifications")
