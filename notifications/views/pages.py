"""Pages: channels and templates, the inbox and its bell."""

from __future__ import annotations

import re
from itertools import groupby

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.http import StaffRequest
from accounts.roles import Permission
from notifications import channels, gateways, operations, queries
from notifications.explaining import why
from notifications.masking import mask
from notifications.models import Batch, Chunk, Message, Template

RECENT = 15
RECENT_BATCHES = 5
INBOX = 100
LINK = re.compile(r"(https?://[\x21-\x7e]+)")


@login_required
@require_GET
def notifications(request: StaffRequest) -> HttpResponse:
    """Channels with their lights, the words we send, and what was sent lately."""
    request.actor.require(Permission.VIEW)
    templates = Template.objects.order_by("code", "channel", "language", "-version")
    purposes = [list(group) for _code, group in groupby(templates, key=lambda template: template.code)]
    context = {"purposes": [purpose(group) for group in purposes], "held": queries.send_held()}
    if request.actor.may(Permission.MANAGE_TEMPLATES):
        context["receipt_url"] = gateways.receipt_url()
        context["retention_days"] = operations.retention().days
    return render(request, "notifications/notifications.html", context)


def purpose(group: list[Template]) -> dict[str, object]:
    """The versions that matter of one purpose: per channel and language the one in use, and a newer draft."""
    shown: list[Template] = []
    group = sorted(group, key=lambda row: (channels.ORDER.index(row.channel), row.language != "zh-hans", -row.version))
    for _key, versions in groupby(group, key=lambda template: (template.channel, template.language)):
        rows = list(versions)
        current = next((row for row in rows if row.state == "approved"), None)
        draft = next((row for row in rows if row.state == "draft"), None)
        shown += [row for row in (current, draft) if row is not None] or rows[:1]
    return {"name": group[0], "variables": group[0].variables, "templates": shown}


@login_required
@require_GET
def channels_panel(request: StaffRequest) -> HttpResponse:
    request.actor.require(Permission.VIEW)
    return render(request, "notifications/channels.html", {"channels": channels.health()})


@login_required
@require_GET
def messages_panel(request: StaffRequest) -> HttpResponse:
    """The newest batches with their progress, and the newest single messages; addresses are masked."""
    request.actor.require(Permission.VIEW)
    # Single messages are found by their chunks: the message table may hold a million bulk rows above them.
    newest = Chunk.objects.filter(batch=None).order_by("-id").values_list("first", flat=True)[:RECENT]
    messages = Message.objects.filter(pk__in=list(newest)).select_related("template", "user").order_by("-id")
    batches = list(Batch.objects.order_by("-id")[:RECENT_BATCHES])
    labels = dict(Template.objects.filter(code__in={batch.template for batch in batches}).values_list("code", "pk"))
    templates = Template.objects.in_bulk(labels.values())
    context = {
        "rows": [
            {"message": message, "to": mask(message.destination), "why": why(message.state, message.code)}
            for message in messages
        ],
        "batches": [
            {
                "batch": batch,
                "name": templates[labels[batch.template]].label if batch.template in labels else batch.template,
                "progress": queries.batch_progress(batch.pk),
            }
            for batch in batches
        ],
    }
    return render(request, "notifications/messages.html", context)


@login_required
@require_GET
def inbox(request: StaffRequest) -> HttpResponse:
    """What the house told this person in the app. Opening the page reads nothing: a button does."""
    messages = queries.inbox(request.user.pk).select_related("template")[:INBOX]
    # Split at addresses: every second part is one.
    letters = [{"message": message, "parts": LINK.split(message.body)} for message in messages]
    return render(request, "notifications/inbox.html", {"letters": letters})


@login_required
@require_POST
def inbox_read(request: StaffRequest) -> HttpResponse:
    """Everything up to the message that was on top of the page is read."""
    up_to = request.POST.get("up_to", "")
    if up_to.isdigit():
        operations.read_inbox(user_id=request.user.pk, by=request.actor, up_to=int(up_to))
    return redirect("inbox")


@login_required
@require_GET
def inbox_bell(request: StaffRequest) -> HttpResponse:
    return render(request, "notifications/bell.html", {"unread": queries.unread(request.user.pk)})
