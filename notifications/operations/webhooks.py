"""Where systems outside listen: made, changed, tried out, disabled, and told again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.roles import Permission
from journal import operations as journal
from journal.clock import now
from journal.moves import sources
from journal.refusal import AlreadyDone, Invalid, Refusal
from notifications import events, signing
from notifications.models import (
    DELIVERY_MOVES,
    DeliveryState,
    DisabledFor,
    EndpointState,
    WebhookDelivery,
    WebhookEndpoint,
)
from notifications.models.webhooks import RETRIES
from notifications.operations.disabling import disable
from notifications.operations.events import event_id, hint
from notifications.operations.locking import lock_row
from notifications.sealing import seal
from notifications.transports.webhook import Forbidden, require_allowed

LONGEST_OVERLAP = 168
MOST_RETRIES, LONGEST_WAIT = 20, 7 * 86_400
MOST_REPLAYED = 10_000
OVER = sources(DELIVERY_MOVES, DeliveryState.DUE)  # and may be sent again


class NoSuchWebhook(Refusal):
    """There is no such endpoint or delivery."""

    status: ClassVar[int] = 404


class BadWebhook(Invalid):
    """An address, event or wait that cannot be used."""


class WebhookChanged(Refusal):
    """Somebody changed the endpoint since it was looked at."""

    status: ClassVar[int] = 412


class WebhookDisabled(Refusal):
    """Nothing is sent to a disabled endpoint; enable it first."""


@dataclass(frozen=True)
class WebhookFacts:
    """What a person decides about an endpoint; no kinds means all."""

    url: str
    description: str
    kinds: Sequence[str] = ()
    region_code: str = ""
    retries: Sequence[int] = field(default_factory=lambda: tuple(RETRIES))
    patience_hours: int = 72


def checked(facts: WebhookFacts) -> dict[str, object]:
    """The facts as fields. Raises BadWebhook."""
    try:
        require_allowed(facts.url.strip())
    except Forbidden:
        raise BadWebhook(
            _("Give an https:// address that this installation may send to; private ones need the operator's leave.")
        ) from None
    if len(facts.url.strip()) > 500:
        raise BadWebhook(_("The address is too long."))
    description = facts.description.strip()
    if not description or len(description) > 200 or not description.isprintable():
        raise BadWebhook(_("Say in 1 to 200 characters what listens there."))
    kinds = sorted(set(facts.kinds))
    if unknown := [kind for kind in kinds if kind not in events.known()]:
        raise BadWebhook(_("There is no event “%(kind)s”.") % {"kind": unknown[0]}, unknown=unknown)
    waits = list(facts.retries)
    if len(waits) > MOST_RETRIES or any(not 1 <= wait <= LONGEST_WAIT for wait in waits):
        raise BadWebhook(_("At most 20 waits, each from a second to a week."))
    if not 1 <= facts.patience_hours <= 720:
        raise BadWebhook(_("An endpoint may fail for 1 to 720 hours before it is disabled."))
    return {
        "url": facts.url.strip(),
        "description": description,
        "kinds": kinds,
        "region_code": facts.region_code.strip()[:12],
        "retries": waits,
        "patience_hours": facts.patience_hours,
    }


def lock_webhook(endpoint_id: int, expected_version: int | None = None) -> WebhookEndpoint:
    """The endpoint, locked. Raises NoSuchWebhook, WebhookChanged."""
    missing = NoSuchWebhook(_("There is no such webhook."))
    rows = WebhookEndpoint.objects.filter(pk=endpoint_id)
    return lock_row(rows, expected_version, missing=missing, changed=WebhookChanged)


def note(endpoint_id: int, kind: str, by: Actor, **payload: object) -> None:
    journal.write(
        kind=f"webhook.{kind}",
        subject=f"webhook:{endpoint_id}",
        reference="webhooks",
        by=by,
        payload={"webhook": f"webhook:{endpoint_id}", **payload},
    )


@transaction.atomic
def create_webhook(*, facts: WebhookFacts, by: Actor) -> tuple[WebhookEndpoint, str]:
    """Tell a system outside from now on; return the endpoint and its secret, which is shown this once.

    Journals webhook.created. Raises BadWebhook, NotAllowed.
    """
    by.require(Permission.MANAGE_TEMPLATES, region=facts.region_code)
    secret = signing.new_secret()
    endpoint = WebhookEndpoint.objects.create(
        **checked(facts), sealed=seal(secret), created_at=now(), created_by=str(by)
    )
    note(endpoint.pk, "created", by, kinds=endpoint.kinds)
    return endpoint, secret


@transaction.atomic
def change_webhook(
    *, endpoint_id: int, facts: WebhookFacts, by: Actor, expected_version: int | None = None
) -> WebhookEndpoint:
    """Change where it listens or what it wants; what is due already goes to the new address.

    Journals webhook.changed with the names of the fields, nothing when nothing changed. Raises BadWebhook,
    NoSuchWebhook, WebhookChanged, NotAllowed.
    """
    by.require(Permission.MANAGE_TEMPLATES, region=facts.region_code)
    endpoint = lock_webhook(endpoint_id, expected_version)
    by.require(Permission.MANAGE_TEMPLATES, region=endpoint.region_code)
    wanted = checked(facts)
    changed = sorted(name for name, value in wanted.items() if getattr(endpoint, name) != value)
    if not changed:
        return endpoint
    for name in changed:
        setattr(endpoint, name, wanted[name])
    endpoint.version += 1
    endpoint.save(update_fields=[*changed, "version"])
    note(endpoint.pk, "changed", by, fields=changed)
    return endpoint


@transaction.atomic
def rotate_webhook_secret(*, endpoint_id: int, by: Actor, overlap_hours: int = 24) -> tuple[WebhookEndpoint, str]:
    """Make a new secret and return it, shown this once; the old one signs as well for `overlap_hours` (0: no more).

    Journals webhook.secret_rotated. Raises BadWebhook, NoSuchWebhook, NotAllowed.
    """
    by.require(Permission.MANAGE_TEMPLATES)
    if not 0 <= overlap_hours <= LONGEST_OVERLAP:
        raise BadWebhook(_("The old secret may stay valid for 0 to 168 hours."))
    endpoint = lock_webhook(endpoint_id)
    by.require(Permission.MANAGE_TEMPLATES, region=endpoint.region_code)
    secret = signing.new_secret()
    endpoint.sealed_previous = endpoint.sealed if overlap_hours else ""
    endpoint.previous_until = now() + timedelta(hours=overlap_hours) if overlap_hours else None
    endpoint.sealed = seal(secret)
    endpoint.version += 1
    endpoint.save(update_fields=["sealed", "sealed_previous", "previous_until", "version"])
    note(endpoint.pk, "secret_rotated", by, hours=overlap_hours)
    return endpoint, secret


@transaction.atomic
def disable_webhook(*, endpoint_id: int, by: Actor) -> WebhookEndpoint:
    """Send it nothing more; what is due or comes is held. Journals webhook.disabled. Raises AlreadyDone,
    NoSuchWebhook, NotAllowed."""
    by.require(Permission.MANAGE_TEMPLATES)
    endpoint = lock_webhook(endpoint_id)
    by.require(Permission.MANAGE_TEMPLATES, region=endpoint.region_code)
    if endpoint.state == EndpointState.DISABLED:
        raise AlreadyDone(_("It is disabled already."))
    disable(endpoint, DisabledFor.PERSON, by)
    return endpoint


@transaction.atomic
def enable_webhook(*, endpoint_id: int, by: Actor, with_held: bool = False) -> WebhookEndpoint:
    """Tell it again; `with_held` sends what was held meanwhile as well.

    Journals webhook.enabled. Raises AlreadyDone, NoSuchWebhook, NotAllowed.
    """
    by.require(Permission.MANAGE_TEMPLATES)
    endpoint = lock_webhook(endpoint_id)
    by.require(Permission.MANAGE_TEMPLATES, region=endpoint.region_code)
    if endpoint.state == EndpointState.ACTIVE:
        raise AlreadyDone(_("It is active already."))
    endpoint.enable()
    endpoint.disabled_for, endpoint.disabled_at = "", None
    endpoint.failures, endpoint.failing_since = 0, None
    endpoint.version += 1
    endpoint.save(update_fields=["state", "disabled_for", "disabled_at", "failures", "failing_since", "version"])
    sent = 0
    if with_held:
        rows = WebhookDelivery.objects.filter(endpoint=endpoint, state=DeliveryState.HELD)
        sent = make_due(rows.order_by("id").values_list("pk", flat=True)[:MOST_REPLAYED])
    note(endpoint.pk, "enabled", by, sent=sent)
    return endpoint


@transaction.atomic
def delete_webhook(*, endpoint_id: int, by: Actor) -> None:
    """Forget an endpoint and its log. Journals webhook.deleted. Raises NoSuchWebhook, NotAllowed."""
    by.require(Permission.MANAGE_TEMPLATES)
    endpoint = lock_webhook(endpoint_id)
    by.require(Permission.MANAGE_TEMPLATES, region=endpoint.region_code)
    endpoint.delete()
    note(endpoint_id, "deleted", by)


@transaction.atomic
def try_webhook(*, endpoint_id: int, by: Actor) -> WebhookDelivery:
    """Send a test event now, whatever it subscribed to. Journals webhook.tested. Raises WebhookDisabled,
    NoSuchWebhook, NotAllowed."""
    by.require(Permission.MANAGE_TEMPLATES)
    endpoint = lock_webhook(endpoint_id)
    by.require(Permission.MANAGE_TEMPLATES, region=endpoint.region_code)
    if endpoint.state != EndpointState.ACTIVE:
        raise WebhookDisabled(_("It is disabled; enable it first."))
    moment = now()
    delivery = WebhookDelivery.objects.create(
        endpoint=endpoint,
        event_id=event_id(f"test:{endpoint.pk}:{moment.isoformat()}"),
        kind=events.TEST,
        payload={"webhook": endpoint.pk},
        happened_at=moment,
        due_at=moment,
    )
    hint()
    note(endpoint.pk, "tested", by)
    return delivery


def make_due(ids: Iterable[int]) -> int:
    """Send these again under the ids they have, from the first wait on; those under way stay as they are."""
    count = WebhookDelivery.objects.filter(pk__in=list(ids), state__in=OVER).update(
        state=DeliveryState.DUE, tries=0, due_at=now(), lease_until=None
    )
    if count:
        hint()
    return count


@transaction.atomic
def replay_delivery(*, delivery_id: int, by: Actor) -> WebhookDelivery:
    """Send one event again, with the same webhook-id, whether or not it had arrived.

    Journals webhook.replayed. Raises AlreadyDone while it is due, WebhookDisabled, NoSuchWebhook, NotAllowed.
    """
    by.require(Permission.MANAGE_TEMPLATES)
    delivery = WebhookDelivery.objects.filter(pk=delivery_id).first()
    if delivery is None:
        raise NoSuchWebhook(_("There is no such delivery."))
    endpoint = lock_webhook(delivery.endpoint_id)
    by.require(Permission.MANAGE_TEMPLATES, region=endpoint.region_code)
    if endpoint.state != EndpointState.ACTIVE:
        raise WebhookDisabled(_("It is disabled; enable it first."))
    if not make_due([delivery.pk]):
        raise AlreadyDone(_("It is on its way already."))
    note(endpoint.pk, "replayed", by, count=1)
    delivery.refresh_from_db()
    return delivery


@transaction.atomic
def replay_webhook(*, endpoint_id: int, since: datetime, until: datetime, by: Actor, everything: bool = False) -> int:
    """Send what happened from `since` to `until` and did not arrive (or, with `everything`, all of it) again; return
    how many. At most 10,000, the oldest first.

    Journals webhook.replayed. Raises BadWebhook, WebhookDisabled, NoSuchWebhook, NotAllowed.
    """
    by.require(Permission.MANAGE_TEMPLATES)
    if until <= since:
        raise BadWebhook(_("The end must come after the beginning."))
    endpoint = lock_webhook(endpoint_id)
    by.require(Permission.MANAGE_TEMPLATES, region=endpoint.region_code)
    if endpoint.state != EndpointState.ACTIVE:
        raise WebhookDisabled(_("It is disabled; enable it first."))
    states = [DeliveryState.FAILED, DeliveryState.HELD, *([DeliveryState.DELIVERED] if everything else [])]
    rows = WebhookDelivery.objects.filter(
        endpoint=endpoint, happened_at__gte=since, happened_at__lt=until, state__in=states
    )
    count = make_due(rows.order_by("happened_at", "id").values_list("pk", flat=True)[:MOST_REPLAYED])
    if count:
        note(endpoint.pk, "replayed", by, count=count)
    return count


def forget_old_deliveries(*, days: int = 30) -> int:
    """Forget what is over and older; the log is for mending, the journal for evidence. Journals nothing."""
    old = WebhookDelivery.objects.filter(happened_at__lt=now() - timedelta(days=days), state__in=OVER)
    return old.delete()[0]
