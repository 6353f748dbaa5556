"""Pages for administrators: which systems outside are told what, how that goes, and the log with every payload."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import StaffRequest, needs, secret_page
from accounts.roles import Permission
from journal.clock import now
from journal.numbers import whole
from journal.refusal import Refusal
from notifications import events, operations, webhooks
from notifications.engine.webhooks import body_of
from notifications.explaining import trouble
from notifications.models import DeliveryState, WebhookEndpoint
from notifications.models.webhooks import RETRIES
from notifications.operations.webhooks import BadWebhook, WebhookFacts

PAGE = 30
OVERLAPS = (0, 24, 72, 168)


def facts_in(request: StaffRequest) -> WebhookFacts:
    """The form's facts. Raises BadWebhook."""
    form = request.POST
    waits = form.get("retries", "").replace(",", " ").replace("，", " ").split()
    patience = form.get("patience_hours", "72").strip()
    if not all(wait.isascii() and wait.isdigit() and len(wait) < 8 for wait in [*waits, patience]):
        raise BadWebhook(_("Write waits in seconds and the patience in hours, as whole numbers."))
    return WebhookFacts(
        url=form.get("url", ""),
        description=form.get("description", ""),
        kinds=[] if form.get("all") == "1" else form.getlist("kinds"),
        region_code=form.get("region_code", ""),
        retries=[int(wait) for wait in waits],
        patience_hours=int(patience),
    )


def form_of(facts: WebhookFacts | WebhookEndpoint | None) -> dict[str, Any]:
    """What the form shows."""
    wanted = list(facts.kinds) if facts else []
    return {
        "facts": facts,
        "waits": " ".join(str(wait) for wait in (facts.retries if facts else RETRIES)),
        "patience": facts.patience_hours if facts else 72,
        "everything": not wanted,
        "kinds": [{"kind": kind, "label": label, "wanted": kind in wanted} for kind, label in events.known().items()],
    }


def own(request: StaffRequest, pk: int) -> WebhookEndpoint:
    return get_object_or_404(webhooks.visible_webhooks(request.actor), pk=pk)


@needs(Permission.MANAGE_TEMPLATES)
@require_http_methods(["GET", "POST"])
def webhook_list(request: StaffRequest) -> HttpResponse:
    """Every endpoint with its light, and the form for a new one."""
    context: dict[str, Any] = {"problem": ""}
    facts: WebhookFacts | None = None
    if request.method == "POST":
        try:
            facts = facts_in(request)
            _endpoint, secret = operations.create_webhook(facts=facts, by=request.actor)
        except Refusal as refusal:
            context["problem"] = str(refusal)
        else:
            return show_secret(request, secret)
    context |= form_of(facts) | {"rows": webhooks.health(webhooks.visible_webhooks(request.actor))}
    return render(request, "notifications/webhooks.html", context, status=422 if context["problem"] else 200)


def show_secret(request: StaffRequest, secret: str, pk: int | None = None) -> HttpResponse:
    title = _("Secret of the webhook")
    back = reverse("webhook", args=[pk]) if pk else reverse("webhooks")
    template = "notifications/webhook_secret.html"
    return secret_page(request, title=title, secret=secret, back=back, template=template)


@needs(Permission.MANAGE_TEMPLATES)
@require_GET
def webhook_rows(request: StaffRequest) -> HttpResponse:
    rows = webhooks.health(webhooks.visible_webhooks(request.actor))
    return render(request, "notifications/webhook_rows.html", {"rows": rows})


@needs(Permission.MANAGE_TEMPLATES)
@require_http_methods(["GET", "POST"])
def webhook(request: StaffRequest, pk: int) -> HttpResponse:
    """One endpoint: its state, its log, what it is told, its secret."""
    endpoint = own(request, pk)
    context: dict[str, Any] = {"problem": ""}
    shown: WebhookFacts | WebhookEndpoint = endpoint
    if request.method == "POST":
        version = request.POST.get("version", "")
        try:
            shown = facts_in(request)
            operations.change_webhook(
                endpoint_id=pk,
                facts=shown,
                by=request.actor,
                expected_version=whole(version, digits=9),
            )
        except Refusal as refusal:
            context["problem"] = str(refusal)
        else:
            return redirect("webhook", pk=pk)
    context |= form_of(shown) | state_of(endpoint) | log_of(request, endpoint)
    moment = timezone.localtime(now())
    context |= {
        "overlaps": OVERLAPS,
        "since": f"{moment - timedelta(days=1):%Y-%m-%dT%H:%M}",
        "until": f"{moment + timedelta(minutes=1):%Y-%m-%dT%H:%M}",
    }
    return render(request, "notifications/webhook.html", context, status=422 if context["problem"] else 200)


def state_of(endpoint: WebhookEndpoint) -> dict[str, Any]:
    ((_endpoint, health),) = webhooks.health([endpoint])
    return {"endpoint": endpoint, "health": health}


def log_of(request: StaffRequest, endpoint: WebhookEndpoint) -> dict[str, Any]:
    before = request.GET.get("before", "")
    state, kind = request.GET.get("state", ""), request.GET.get("kind", "")
    found = webhooks.delivery_log(
        endpoint,
        state=state,
        kind=kind,
        before=whole(before),
    )
    rows = list(found[: PAGE + 1])
    shown = [
        {
            "delivery": row,
            "label": events.KINDS.get(row.kind, row.kind),
            "trouble": trouble(row.problem) if row.problem != "status" else "",
            "body": json.dumps(json.loads(body_of(row)), ensure_ascii=False, indent=2),
            "again": row.state != DeliveryState.DUE and endpoint.state == "active",
        }
        for row in rows[:PAGE]
    ]
    older = rows[PAGE - 1].pk if len(rows) > PAGE else None
    return {"log": shown, "older": older, "state": state, "kind": kind, "states": DeliveryState.choices}


@needs(Permission.MANAGE_TEMPLATES)
@require_GET
def webhook_state(request: StaffRequest, pk: int) -> HttpResponse:
    return render(request, "notifications/webhook_state.html", state_of(own(request, pk)))


@needs(Permission.MANAGE_TEMPLATES)
@require_GET
def webhook_log(request: StaffRequest, pk: int) -> HttpResponse:
    endpoint = own(request, pk)
    return render(request, "notifications/webhook_log.html", {"endpoint": endpoint, **log_of(request, endpoint)})


@needs(Permission.MANAGE_TEMPLATES)
@require_POST
def webhook_step(request: StaffRequest, pk: int, step: str) -> HttpResponse:
    """test, enable, disable, rotate, replay or delete."""
    own(request, pk)
    by = request.actor
    if step == "test":
        operations.try_webhook(endpoint_id=pk, by=by)
    elif step == "enable":
        operations.enable_webhook(endpoint_id=pk, by=by, with_held=request.POST.get("held") == "1")
    elif step == "disable":
        operations.disable_webhook(endpoint_id=pk, by=by)
    elif step == "rotate":
        hours = whole(request.POST.get("hours", ""), digits=4)
        kept = 24 if hours is None else hours
        _endpoint, secret = operations.rotate_webhook_secret(endpoint_id=pk, by=by, overlap_hours=kept)
        return show_secret(request, secret, pk)
    elif step == "replay":
        operations.replay_webhook(
            endpoint_id=pk,
            since=moment_in(request, "since"),
            until=moment_in(request, "until"),
            everything=request.POST.get("everything") == "1",
            by=by,
        )
    elif step == "delete":
        operations.delete_webhook(endpoint_id=pk, by=by)
        return redirect("webhooks")
    else:
        raise Http404
    return redirect("webhook", pk=pk)


def moment_in(request: StaffRequest, name: str) -> datetime:
    """A moment as the browser's field writes it, in the reader's zone. Raises BadWebhook."""
    try:
        return timezone.make_aware(datetime.fromisoformat(request.POST.get(name, "")))
    except (ValueError, OverflowError):
        raise BadWebhook(_("Give both moments.")) from None


@needs(Permission.MANAGE_TEMPLATES)
@require_POST
def replay_one(request: StaffRequest, pk: int) -> HttpResponse:
    delivery = operations.replay_delivery(delivery_id=pk, by=request.actor)
    return redirect("webhook", pk=delivery.endpoint_id)
