"""Exempt spans: force majeure with its evidence, confirmed by a second person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.roles import Permission
from customers.models import ExemptSpan, SpanState
from customers.operations import noting
from customers.policy import is_region, prefix_of
from customers.refusals import BadSpan, OwnWork, SpanMoved
from dispatch.models import Warehouse
from journal import clock

LONGEST = 120
FURTHEST = timedelta(days=400)
MOST_PLACES = 200


@transaction.atomic
def add_exempt_span(
    *,
    reference: str,
    starts_at: datetime,
    title: str,
    issuer: str,
    document: str,
    by: Actor,
    ends_at: datetime | None = None,
    regions: Sequence[str] = (),
    warehouses: Sequence[str] = (),
    address: str = "",
    exercise: int | None = None,
) -> ExemptSpan:
    """Propose a span of force majeure for a matter, with what proves it: who ordered what by which document.

    It counts once another person has confirmed it. Journals exemption.added. Raises BadSpan, NotAllowed.
    """
    by.require(Permission.SERVE_CUSTOMERS)
    texts = {name: " ".join(text.split()) for name, text in (("title", title), ("issuer", issuer), ("doc", document))}
    if not all(texts.values()) or any(len(text) > LONGEST or "\x00" in text for text in texts.values()):
        raise BadSpan(_("Name the event, the authority and its document, each in at most 120 characters."))
    moment = clock.now()
    if ends_at is not None and ends_at <= starts_at:
        raise BadSpan(_("The span must end after it begins."))
    if not moment - FURTHEST < starts_at < moment + FURTHEST or (ends_at and ends_at > moment + FURTHEST):
        raise BadSpan(_("The span lies too far away."))
    if len(regions) > MOST_PLACES or not all(is_region(code) for code in regions):
        raise BadSpan(_("Give regions by their codes, such as 33 or 330100."))
    if len(warehouses) > MOST_PLACES or set(warehouses) - known_warehouses(warehouses):
        raise BadSpan(_("There is no such warehouse."))
    if address and (urlsplit(address).scheme not in {"http", "https"} or len(address) > 500):
        raise BadSpan(_("The evidence's address must begin with https://."))
    span = ExemptSpan.objects.create(
        reference=reference,
        exercise=exercise,
        starts_at=starts_at,
        ends_at=ends_at,
        regions=[prefix_of(code) for code in regions],
        warehouses=list(warehouses),
        title=texts["title"],
        issuer=texts["issuer"],
        document=texts["doc"],
        address=address,
        added_by=str(by),
        added_at=moment,
    )
    tell("exemption.added", span, by)
    return span


def known_warehouses(codes: Sequence[str]) -> set[str]:
    return set(Warehouse.objects.filter(code__in=list(codes)).values_list("code", flat=True))


@transaction.atomic
def confirm_exempt_span(*, span_id: int, by: Actor) -> ExemptSpan:
    """Say that the evidence holds; from now on the span counts. Journals exemption.confirmed. Raises SpanMoved,
    OwnWork, NotAllowed."""
    by.require(Permission.APPROVE_COMPENSATION)
    span = locked(span_id, SpanState.PROPOSED)
    if span.added_by == str(by):
        raise OwnWork(_("Ask a second person to confirm what you added."))
    span.confirm()
    return decided(span, "exemption.confirmed", by)


@transaction.atomic
def withdraw_exempt_span(*, span_id: int, by: Actor) -> ExemptSpan:
    """Let a span count no more; what was granted meanwhile stays. Journals exemption.withdrawn. Raises SpanMoved,
    NotAllowed."""
    by.require(Permission.SERVE_CUSTOMERS)
    span = locked(span_id, SpanState.PROPOSED, SpanState.CONFIRMED)
    span.withdraw()
    return decided(span, "exemption.withdrawn", by)


def locked(span_id: int, *states: str) -> ExemptSpan:
    span = ExemptSpan.objects.select_for_update().get(pk=span_id)
    if span.state not in states:
        raise SpanMoved(
            _("This span is already: %(state)s.") % {"state": span.get_state_display()},  # type: ignore[attr-defined]
            state=span.state,
        )
    return span


def decided(span: ExemptSpan, kind: str, by: Actor) -> ExemptSpan:
    span.decided_by, span.decided_at = str(by), clock.now()
    span.save()
    tell(kind, span, by)
    return span


def tell(kind: str, span: ExemptSpan, by: Actor) -> None:
    payload = {"exemption": f"exemption:{span.pk}", "warehouses": [f"warehouse:{code}" for code in span.warehouses]}
    noting.write(kind, "exemption", span, by, payload)


STEPS = {"confirm": confirm_exempt_span, "withdraw": withdraw_exempt_span}
