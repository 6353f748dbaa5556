"""Ceasing to tell a system outside, and telling those who can mend it."""

from __future__ import annotations

import structlog
from django.conf import settings
from django.db.models import Q

from accounts.actors import SYSTEM, Actor
from accounts.models import Channel, User
from accounts.queries import addresses
from accounts.roles import GRANTS, Permission
from journal import operations as journal
from journal.clock import now
from journal.refusal import Refusal
from notifications.models import DeliveryState, DisabledFor, WebhookDelivery, WebhookEndpoint
from notifications.operations.messages import queue_message

log = structlog.get_logger()

MOST_TOLD = 20


def disable(endpoint: WebhookEndpoint, why: DisabledFor, by: Actor = SYSTEM) -> None:
    """Send it nothing more; what is due is held. The caller holds the endpoint's row.

    When nobody did it by hand, those who manage channels are told in the app and by mail.
    Journals webhook.disabled.
    """
    endpoint.disable()
    endpoint.disabled_for, endpoint.disabled_at = why, now()
    endpoint.version += 1
    endpoint.save(update_fields=["state", "disabled_for", "disabled_at", "version"])
    held = WebhookDelivery.objects.filter(endpoint=endpoint, state=DeliveryState.DUE, lease_until=None).update(
        state=DeliveryState.HELD
    )
    if why != DisabledFor.PERSON:
        tell_administrators(endpoint)
    journal.write(
        kind="webhook.disabled",
        subject=f"webhook:{endpoint.pk}",
        reference="webhooks",
        by=by,
        payload={"webhook": f"webhook:{endpoint.pk}", "why": f"disabled_for:{why}", "held": held},
    )


def tell_administrators(endpoint: WebhookEndpoint) -> None:
    roles = [role for role, permissions in GRANTS.items() if Permission.MANAGE_TEMPLATES in permissions]
    managers = User.objects.filter(Q(grants__role__in=roles) | Q(is_superuser=True), is_active=True).distinct()
    moment = f"{endpoint.disabled_at:%Y%m%d%H%M%S%f}"
    for user in managers.order_by("id")[:MOST_TOLD]:
        for channel in (Channel.IN_APP, Channel.EMAIL):
            destination = str(user.pk) if channel == Channel.IN_APP else addresses([user.pk], channel).get(user.pk)
            if not destination:
                continue
            try:
                queue_message(
                    template="webhook_disabled",
                    channel=channel,
                    language=user.language,
                    destination=destination,
                    variables={
                        "name": endpoint.description,
                        "url": f"{settings.PUBLIC_URL}/notifications/webhooks/{endpoint.pk}/",
                    },
                    key=f"webhook-disabled:{endpoint.pk}:{moment}:{user.pk}:{channel}",
                    by=SYSTEM,
                    user_id=user.pk,
                    urgent=False,
                )
            except Refusal as refusal:
                log.warning("message refused", template="webhook_disabled", channel=channel, reason=str(refusal))
