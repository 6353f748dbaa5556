"""Pages: channels and templates, one template, the inbox and its bell."""

from __future__ import annotations

import json
import re
from itertools import groupby

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.http import StaffRequest
from accounts.roles import Permission
from notifications import channels, gateways, operations, queries
from notifications.masking import mask
from notifications.models import Batch, Chunk, Message, Template
from notifications.rendering import DRILL_PREFIX, render_line
from notifications.rendering import render as fill
from notifications.variables import variables_of

RECENT = 15
RECENT_BATCHES = 5
INBOX = 100
LINK = re.compile(r"(https?://[\x21-\x7e]+)")
SEGMENT, LONG_SEGMENT = 70, 67  # characters of a short message, and of each part of a long one (Aliyun)
SAMPLES = {
    "lv": ("Ⅱ", "II"),
    "event": ("台风利奇马·华东", "Typhoon Lekima, East China"),
    "role": ("现场指挥", "Site Commander"),
    "time": ("03:25", "03:25"),
    "url": ("https://fenghuo.example/c/7Qx2", "https://fenghuo.example/c/7Qx2"),
    "what": ("仓库清点", "the head count"),
    "text": ("受影响订单12,480单，已改派81%。", "12,480 orders hit, 81% rerouted."),
    "no": ("SO20260812001", "SO20260812001"),
    "cause": ("台风", "a typhoon"),
    "eta": ("8月14日18时", "14 August, 18:00"),
    "area": ("台州市", "Taizhou"),
    "amt": ("5", "5"),
    "d": ("3", "3"),
}


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
        "rows": [{"message": message, "to": mask(message.destination)} for message in messages],
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
def template(request: StaffRequest, pk: int) -> HttpResponse:
    """One version as a recipient would see it, its history, and the steps one may take."""
    request.actor.require(Permission.VIEW)
    shown = get_object_or_404(Template, pk=pk)
    column = 0 if shown.language == "zh-hans" else 1
    values = {name: SAMPLES.get(name, (f"‹{name}›",) * 2)[column] for name in shown.variables}
    body = fill(shown.body, shown.variables, values)
    versions = Template.objects.filter(code=shown.code, channel=shown.channel, language=shown.language)
    account = gateways.default_account("sms")
    sign = account.sign_name if account else ""
    length = len(f"【{sign}】{body}") if shown.channel == "sms" else len(body)
    context = {
        "template": shown,
        "subject": render_line(shown.subject, shown.variables, values),
        "body": body,
        "drill": DRILL_PREFIX + body,
        "length": length,
        "segments": 1 if length <= SEGMENT else -(-length // LONG_SEGMENT),
        "versions": versions.order_by("-version"),
        "siblings": Template.objects.filter(code=shown.code, state="approved").exclude(pk=shown.pk),
        "variables": variables_of(shown),
        "samples": json.dumps(values),
        "prefixes": [(f"【{sign}】", _("In earnest")), (f"【{sign}】{DRILL_PREFIX}", _("Drill"))],
        "own": shown.created_by == str(request.actor),
    }
    return render(request, "notifications/template.html", context)


@login_required
@require_POST
def template_write(request: StaffRequest, pk: int) -> HttpResponse:
    """A new version with the same variables, as a draft."""
    old = get_object_or_404(Template, pk=pk)
    new = operations.add_version(
        code=old.code,
        channel=old.channel,
        language=old.language,
        subject=request.POST.get("subject", "").strip(),
        body=request.POST.get("body", "").strip(),
        variables=old.variables,
        provider_template=request.POST.get("provider_template", "").strip(),
        provider_drill_template=request.POST.get("provider_drill_template", "").strip(),
        by=request.actor,
    )
    return redirect("template", pk=new.pk)


@login_required
@require_POST
def template_approve(request: StaffRequest, pk: int) -> HttpResponse:
    operations.approve_template(template_id=get_object_or_404(Template, pk=pk).pk, by=request.actor)
    return redirect("template", pk=pk)


@login_required
@require_POST
def template_retire(request: StaffRequest, pk: int) -> HttpResponse:
    operations.retire_template(template_id=get_object_or_404(Template, pk=pk).pk, by=request.actor)
    return redirect("template", pk=pk)


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
