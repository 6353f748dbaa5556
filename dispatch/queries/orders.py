"""Finding orders."""

from __future__ import annotations

import re
from datetime import datetime

from django.db.models import Q, QuerySet
from django.db.models.functions import Right

from accounts.actors import Actor
from dispatch.models import Order
from dispatch.scope import covered_regions, six_digits

DIGITS = re.compile(r"[\d\s()+-]{4,}")


def visible_orders(by: Actor) -> QuerySet[Order]:
    """The orders that `by` may see: those of its regions and warehouses, all when it is not limited."""
    orders = Order.objects.all()
    if by.regions:
        orders = orders.filter(region_id__in=covered_regions(six_digits(code) for code in by.regions))
    if by.warehouses:
        orders = orders.filter(warehouse_id__in=by.warehouses)
    return orders


def find_orders(
    by: Actor,
    *,
    text: str = "",
    state: str = "",
    region: str = "",
    warehouse: str = "",
    carrier: str = "",
    updated_since: datetime | None = None,
) -> QuerySet[Order]:
    """Orders by any of these; `text` is an external id or the last four or more digits of a phone number.

    `region` covers the regions inside it. Ordered by id, which pages may continue after.
    """
    orders = visible_orders(by)
    if text:
        orders = orders.alias(phone_end=Right("phone", 4)).filter(matches(text))
    if state:
        orders = orders.filter(state=state)
    if region:
        orders = orders.filter(region_id__in=covered_regions([six_digits(region)]))
    if warehouse:
        orders = orders.filter(warehouse_id=warehouse)
    if carrier:
        orders = orders.filter(carrier_id=carrier)
    if updated_since:
        orders = orders.filter(updated_at__gte=updated_since)
    return orders.order_by("id")


def matches(text: str) -> Q:
    """Exact on the external id, or on the end of the phone number: both have an index."""
    text = text.strip().replace("\x00", "")
    found = Q(external_id=text)
    if DIGITS.fullmatch(text):
        digits = re.sub(r"\D", "", text)
        if len(digits) >= 4:
            found |= ~Q(phone="") & Q(phone_end=digits[-4:], phone__endswith=digits)
    return found
