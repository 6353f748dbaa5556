"""Reads about webhooks: how each endpoint fares, and its log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Avg, Count, Min, Q, QuerySet

from accounts.actors import Actor
from journal.clock import now
from notifications import events
from notifications.models import DeliveryState, DisabledFor, EndpointState, WebhookDelivery, WebhookEndpoint

LATE = timedelta(minutes=5)


@dataclass(frozen=True)
class Health:
    """`light`: ok, shaky (its last calls fail, or something waits for minutes), down (disabled for it), off (by
    hand) or quiet (never told anything). Counts are of the last 24 hours, `average_ms` of those that arrived."""

    light: str
    waiting: int
    oldest_due: datetime | None
    delivered: int
    failed: int
    held: int
    average_ms: int | None


def visible_webhooks(by: Actor) -> QuerySet[WebhookEndpoint]:
    """Those this person answers for: of their regions, all without a limit."""
    rows = WebhookEndpoint.objects.all()
    if by.regions:
        inside = Q()
        for code in by.regions:
            inside |= Q(region_code__startswith=code)
        rows = rows.filter(inside)
    return rows


def health(endpoints: Iterable[WebhookEndpoint]) -> list[tuple[WebhookEndpoint, Health]]:
    """Each endpoint with its light, in two queries."""
    rows = list(endpoints)
    moment = now()
    recent = Q(tried_at__gte=moment - timedelta(days=1))
    due = Q(state=DeliveryState.DUE)
    counted = (
        WebhookDelivery.objects.filter(endpoint__in=rows)
        .order_by()
        .values("endpoint")
        .annotate(
            waiting=Count("pk", filter=due),
            oldest=Min("happened_at", filter=due),
            delivered=Count("pk", filter=recent & Q(state=DeliveryState.DELIVERED)),
            failed=Count("pk", filter=recent & Q(state=DeliveryState.FAILED)),
            held=Count("pk", filter=Q(state=DeliveryState.HELD)),
            average=Avg("duration_ms", filter=recent & Q(state=DeliveryState.DELIVERED)),
        )
    )
    figures: dict[int, dict[str, Any]] = {row["endpoint"]: row for row in counted}
    found = []
    for endpoint in rows:
        row = figures.get(endpoint.pk, {})
        average = row.get("average")
        found.append(
            (
                endpoint,
                Health(
                    light=light(endpoint, row, moment),
                    waiting=row.get("waiting", 0),
                    oldest_due=row.get("oldest"),
                    delivered=row.get("delivered", 0),
                    failed=row.get("failed", 0),
                    held=row.get("held", 0),
                    average_ms=None if average is None else round(average),
                ),
            )
        )
    return found


def light(endpoint: WebhookEndpoint, row: dict[str, Any], moment: datetime) -> str:
    if endpoint.state == EndpointState.DISABLED:
        return "off" if endpoint.disabled_for == DisabledFor.PERSON else "down"
    oldest = row.get("oldest")
    if endpoint.failing_since is not None or row.get("failed") or (oldest and moment - oldest > LATE):
        return "shaky"
    return "ok" if endpoint.last_delivered_at else "quiet"


def delivery_log(
    endpoint: WebhookEndpoint, *, state: str = "", kind: str = "", before: int | None = None
) -> QuerySet[WebhookDelivery]:
    """The endpoint's deliveries, the newest first."""
    rows = WebhookDelivery.objects.filter(endpoint=endpoint).order_by("-id")
    if state in DeliveryState.values:
        rows = rows.filter(state=state)
    if kind in events.KINDS:
        rows = rows.filter(kind=kind)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return rows
