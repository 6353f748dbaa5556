"""Ceasing to tell a system outside, and telling those who can mend it."""

from __future__ import annotations

from django.conf import settings

from accounts.actors import SYSTEM, Actor
from accounts.models import Channel
from accounts.queries import able
from accounts.roles import Permission
from journal import operations as journal
from journal.clock import now
from notifications.models import DeliveryState, DisabledFor, WebhookDelivery, WebhookEndpoint
from notifications.operations.telling import tell_people

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
    tell_people(
        able(Permission.MANAGE_TEMPLATES)[:MOST_TOLD],
        template="webhook_disabled",
        variables={
            "name": endpoint.description,
            "url": f"{settings.PUBLIC_URL}/notifications/webhooks/{endpoint.pk}/",
        },
        channels=[Channel.IN_APP, Channel.EMAIL],
        key=f"webhook-disabled:{endpoint.pk}:{endpoint.disabled_at:%Y%m%d%H%M%S%f}",
        by=SYSTEM,
        urgent=False,
    )
