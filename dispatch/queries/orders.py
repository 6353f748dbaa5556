"""Finding orders."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Right

from accounts.actors import Actor
from dispatch.models import HourlyThroughput, Order, OrderState
from dispatch.queries.search import estimate
from dispatch.scope import covered_regions, six_digits
from journal import clock

MOST_FOUND = 1000
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
    late_at: datetime | None = None,
) -> QuerySet[Order]:
    """Orders by any of these; `text` begins an external id (3 characters or more) or ends a phone number (4 or more),
    and finds at most 1,000 orders.

    `region` covers the regions inside it. Ordered by id, which pages may continue after.
    """
    orders = visible_orders(by)
    if text:
        # Found first, sorted afterwards: a LIMIT would tempt the planner to walk all orders by id instead.
        found = Order.objects.alias(phone_end=Right("phone", 4)).filter(matches(text)).order_by()
        orders = orders.filter(pk__in=list(found.values_list("pk", flat=True)[:MOST_FOUND]))
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
    if late_at:
        orders = orders.filter(state__in=(OrderState.OPEN, OrderState.DISPATCHED), promise_at__lt=late_at)
    return orders.order_by("id")


MANY = 100_000


@dataclass(frozen=True)
class OrderFigures:
    """`open` and `late` orders as they stand (late: not dispatched and promised before now), `delivered` in the last
    24 full hours and the present one. Where there are more than MANY, `open` is what the index is known to hold and
    `late` what the planner expects, which `about` says."""

    open: int
    late: int
    delivered: int
    about: bool

    @property
    def late_about(self) -> bool:
        return self.about and self.late > MANY


COUNT = "SELECT count(*) FROM (SELECT 1 FROM dispatch_order o WHERE {where} LIMIT %(most)s) found"
KNOWN_OPEN = "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'open_order_by_promise'::regclass"
OPEN, LATE = "o.state = 'open'", "o.state = 'open' AND o.promise_at < %(now)s"


def order_figures() -> OrderFigures:
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(KNOWN_OPEN)
        waiting = int(cursor.fetchone()[0])
        about = waiting > MANY
        if not about:
            waiting = counted(cursor, OPEN, now)
            about = waiting > MANY
        # Counting to MANY takes its time as well: not where the planner knows that it would be in vain.
        late = estimate(f"SELECT 1 FROM dispatch_order o WHERE {LATE}", {"now": now}).rows if about else 0
        if late <= MANY:
            late = counted(cursor, LATE, now)
    late = min(late, waiting)
    day = HourlyThroughput.objects.filter(exercise=None, hour__gt=now - timedelta(hours=25))
    delivered = day.aggregate(orders=Sum("orders"))["orders"] or 0
    return OrderFigures(open=waiting, late=late, delivered=delivered, about=about)


def counted(cursor: CursorWrapper, where: str, now: datetime) -> int:
    """How many there are, at most one more than MANY."""
    cursor.execute(COUNT.format(where=where), {"most": MANY + 1, "now": now})
    return int(cursor.fetchone()[0])


def matches(text: str) -> Q:
    """The beginning of the external id, or the end of the phone number: both have an index."""
    text = text.strip().replace("\x00", "")
    found = Q(external_id=text)
    if len(text) >= 3:
        # A range, because only some collations let LIKE use the index.
        found |= Q(external_id__gte=text, external_id__lt=f"{text}\U0010ffff", external_id__startswith=text)
    if DIGITS.fullmatch(text):
        digits = re.sub(r"\D", "", text)
        if len(digits) >= 4:
            found |= ~Q(phone="") & Q(phone_end=digits[-4:], phone__endswith=digits)
    return found
