"""The page behind the link in a notice: no log-in, nothing personal in the address, nothing but the customer's own
orders on it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from customers import links
from customers.models import NoticeRecipient, NoticeRun, NoticeState
from dispatch.models import AffectedOrder, Order
from journal.clock import now

VALID_FOR = timedelta(days=30)
MOST_ORDERS = 50
LANGUAGES = {"zh-hans", "en"}


@never_cache
@require_GET
def status(request: HttpRequest, token: str) -> HttpResponse:
    """What happened to the customer's orders, and when they are expected now. 404 for a link that is not ours, 410 for
    one that is older than thirty days."""
    number = links.read_token(token, links.link_key(settings.SECRET_KEY)) if len(token) <= 32 else None
    recipients = NoticeRecipient.objects.select_related("notice").filter(notice__launched_at__isnull=False)
    recipient = recipients.filter(pk=number).first() if number else None
    chosen = request.GET.get("lang", "")
    language = chosen if chosen in LANGUAGES else recipient.language if recipient else settings.LANGUAGE_CODE
    with translation.override(language):
        request.LANGUAGE_CODE = language  # type: ignore[attr-defined]
        if recipient is None:
            return answer(request, "customers/no_link.html", {"gone": False}, 404)
        launched = recipient.notice.launched_at
        if launched is None or now() - launched > VALID_FOR:
            return answer(request, "customers/no_link.html", {"gone": True}, 410)
        return answer(request, "customers/status.html", context_of(recipient, language), 200)


def context_of(recipient: NoticeRecipient, language: str) -> dict[str, Any]:
    newest = (
        NoticeRun.objects.filter(reference=recipient.reference, launched_at__isnull=False)
        .exclude(state=NoticeState.CANCELLED)
        .order_by("-launched_at")
        .first()
    )
    run = newest or recipient.notice
    orders = orders_of(recipient)
    return {
        "run": run,
        "cause": run.cause_en if language == "en" else run.cause,
        "since": recipient.notice.since,
        "orders": orders,
        "open": any(order.state in {"open", "dispatched"} for order in orders),
        "updated_at": run.launched_at,
        "drill": run.exercise is not None,
        "other": "zh-hans" if language == "en" else "en",
    }


def orders_of(recipient: NoticeRecipient) -> list[Order]:
    """The customer's orders among the affected ones."""
    own = Order.objects.filter(pk=recipient.order_id)
    order = own.first()
    if order is not None and order.customer_ref and recipient.orders > 1:
        ids = AffectedOrder.objects.filter(affected_set_id=recipient.notice.affected_set).values("order_id")
        own = Order.objects.filter(pk__in=ids, customer_ref=order.customer_ref)
    return list(own.select_related("region").order_by("promise_at", "id")[:MOST_ORDERS])


def answer(request: HttpRequest, template: str, context: dict[str, Any], code: int) -> HttpResponse:
    response = render(request, template, context, status=code)
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response
