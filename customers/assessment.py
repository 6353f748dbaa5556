"""What each order of a matter would get: one statement, however many orders there are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy

from customers.models import CompensationPolicy, RunScope
from dispatch.models import AffectedSet


class Verdict(TextChoices):
    """Why an order gets something or nothing."""

    PAYABLE = "payable", pgettext_lazy("compensation", "gets something")
    EXEMPT = "exempt", pgettext_lazy("compensation", "excused by force majeure")
    EARLY = "early", pgettext_lazy("compensation", "late, but by less than the first band")
    IN_TIME = "in_time", pgettext_lazy("compensation", "in time so far")
    CANCELLED = "cancelled", pgettext_lazy("compensation", "cancelled")
    NO_PROMISE = "no_promise", pgettext_lazy("compensation", "never promised for a time")
    SETTLED = "settled", pgettext_lazy("compensation", "has a grant already")


# 1. `asked`: the orders, each with the span from its order to its delivery (or now) and its customer's tier.
# 2. `spared`: for each pair of destination and warehouse, the union of the confirmed exempt spans that hold there.
# 3. `timed`: how late, and how much of that does not count. A span excuses what it covers of the order's life, but only
#    if it began before the order was late: force majeure excuses nobody who was in default already (Civil Code 590).
# 4. `priced`: of the bands that the order falls into, the one that gives most, with and without the exemption.
ASSESSED = """
WITH bands AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%(bands)s::jsonb) AS b(position int, code text, clock text, over numeric,
        reach text, regions text[], rate numeric, minimum numeric, maximum numeric)
),
tiers AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%(tiers)s::jsonb) AS t(code text, factor numeric)
),
asked AS MATERIALIZED (
    SELECT o.id, o.region_id, coalesce(o.warehouse_id, '') AS house, o.state, o.value, o.dispatched_at,
        coalesce(o.first_promise_at, o.promise_at) AS promise,
        coalesce(o.delivered_at, %(now)s::timestamptz) AS until,
        least(coalesce(o.ordered_at, o.received_at), o.first_promise_at, o.promise_at,
            coalesce(o.delivered_at, %(now)s::timestamptz)) AS since,
        CASE WHEN o.customer_ref <> '' THEN
            (SELECT t.tier FROM customers_customertier t WHERE t.customer_ref = o.customer_ref) END AS tier,
        CASE WHEN left(o.region_id, 2) IN ('71', '81', '82') THEN 'abroad'
            WHEN left(w.region_id, 4) = left(o.region_id, 4) THEN 'city' ELSE 'domestic' END AS reach,
        EXISTS (SELECT 1 FROM customers_grant g
            WHERE g.order_id = o.id AND g.reference = %(reference)s AND NOT g.state = 'rejected') AS settled
    FROM (SELECT DISTINCT order_id FROM dispatch_affectedorder WHERE affected_set_id = ANY(%(sets)s){among}) a
    JOIN dispatch_order o ON o.id = a.order_id
    LEFT JOIN dispatch_warehouse w ON w.code = o.warehouse_id
    WHERE {wanted}
),
spared AS MATERIALIZED (
    SELECT p.region_id, p.house, array_agg(e.id ORDER BY e.id) AS ids,
        range_agg(tstzrange(e.starts_at, least(coalesce(e.ends_at, %(now)s), %(now)s::timestamptz))) AS spans
    FROM (SELECT DISTINCT region_id, house FROM asked) p
    JOIN customers_exemptspan e ON e.reference = %(reference)s AND e.state = 'confirmed' AND e.starts_at < %(now)s
        AND (cardinality(e.regions) = 0
            OR EXISTS (SELECT 1 FROM unnest(e.regions) AS code WHERE starts_with(p.region_id, code)))
        AND (cardinality(e.warehouses) = 0 OR p.house = ANY(e.warehouses))
    GROUP BY 1, 2
),
timed AS (
    SELECT a.*, s.ids, coalesce(f.factor, 1) AS factor, coalesce(f.code, '') AS tier_code,
        greatest(extract(epoch FROM a.until - a.promise), 0) AS late, coalesce(x.seconds, 0) AS exempt,
        (a.until AT TIME ZONE %(zone)s)::date - (a.dispatched_at AT TIME ZONE %(zone)s)::date AS days
    FROM asked a
    LEFT JOIN tiers f ON f.code = a.tier
    LEFT JOIN spared s ON s.region_id = a.region_id AND s.house = a.house
    LEFT JOIN LATERAL (
        SELECT sum(extract(epoch FROM upper(part) - lower(part))) AS seconds
        FROM unnest(s.spans * tstzmultirange(tstzrange(a.since, a.until))) AS part
        WHERE lower(part) <= coalesce(a.promise, 'infinity')
    ) x ON s.ids IS NOT NULL
),
priced AS (
    SELECT t.*, b.band, b.amount, b.gross,
        CASE
            WHEN t.settled THEN 'settled'
            WHEN t.state = 'cancelled' THEN 'cancelled'
            WHEN b.amount > 0 THEN 'payable'
            WHEN b.gross > 0 THEN 'exempt'
            WHEN t.promise IS NULL THEN 'no_promise'
            WHEN t.late > 0 THEN 'early'
            ELSE 'in_time'
        END AS verdict
    FROM timed t
    CROSS JOIN LATERAL (
        SELECT (array_agg(code ORDER BY amount DESC, position DESC) FILTER (WHERE counts))[1] AS band,
            max(amount) FILTER (WHERE counts) AS amount, max(amount) AS gross
        FROM (
            SELECT b.code, b.position,
                round(least(greatest(coalesce(b.rate * t.value, 0), b.minimum), b.maximum) * t.factor, 2) AS amount,
                CASE b.clock WHEN 'promise' THEN (t.late - t.exempt) / 3600 > b.over
                    ELSE t.days - t.exempt / 86400 > b.over END AS counts
            FROM bands b
            WHERE (b.reach = 'any' OR b.reach = t.reach)
                AND CASE b.clock WHEN 'promise' THEN t.late / 3600 > b.over ELSE t.days > b.over END
                AND (cardinality(b.regions) = 0
                    OR EXISTS (SELECT 1 FROM unnest(b.regions) AS code WHERE starts_with(t.region_id, code)))
        ) one
    ) b
)
"""

WANTED = {
    RunScope.DELIVERED: "o.state = 'delivered'",
    RunScope.ALL: "true",
    RunScope.CLAIMS: (
        "o.id IN (SELECT c.order_id FROM customers_choice c"
        " WHERE c.reference = %(reference)s AND c.kind = 'claim' AND c.state = 'asked')"
    ),
}

SIMULATE = """
SELECT verdict, coalesce(band, ''), tier_code, state NOT IN ('delivered', 'cancelled'),
    CASE WHEN verdict = 'exempt' THEN ids END, count(*), coalesce(sum(amount), 0), coalesce(max(amount), 0)
FROM priced GROUP BY 1, 2, 3, 4, 5
"""

SINGLE = """
SELECT id, verdict, coalesce(band, ''), tier_code, round(late / 3600, 1), round(least(exempt, late) / 3600, 1),
    coalesce(amount, 0), coalesce(ids, ARRAY[]::bigint[])
FROM priced
"""


@dataclass(frozen=True)
class Assessed:
    """What one order would get as things stand, and why. Hours are those after the first promise."""

    order_id: int
    verdict: str
    band: str
    tier: str
    late_hours: Decimal
    exempt_hours: Decimal
    amount: Decimal
    spans: list[int]


@dataclass(frozen=True)
class Line:
    """Orders of one kind, and what they get together."""

    code: str
    orders: int
    amount: Decimal


@dataclass(frozen=True)
class Simulation:
    """What it would cost to compensate a matter as things stand. `open` of the payable orders are still on their way:
    their delay grows. `excused` counts exempt orders by the spans that excuse them."""

    looked_at: int
    orders: int
    open: int
    amount: Decimal
    largest: Decimal
    bands: list[Line]
    tiers: list[Line]
    others: list[Line]
    excused: list[tuple[tuple[int, ...], int]]


def parameters(policy: CompensationPolicy, reference: str, moment: datetime) -> dict[str, Any]:
    """What ASSESSED needs to know of the policy and the matter."""
    bands = [
        {**band, "position": place, "maximum": band["maximum"] or None}
        for place, band in enumerate(policy.content["bands"])
    ]
    return {
        "bands": json.dumps(bands),
        "tiers": json.dumps(policy.content["tiers"]),
        "reference": reference,
        "sets": list(AffectedSet.objects.filter(reference=reference).values_list("id", flat=True)),
        "now": moment,
        "zone": settings.TIME_ZONE,
    }


def assessed(scope: str) -> str:
    return ASSESSED.format(wanted=WANTED[RunScope(scope)], among="")


def simulate(policy: CompensationPolicy, reference: str, scope: str, moment: datetime) -> Simulation:
    """One statement over all orders of all the matter's frozen sets. Changes nothing."""
    with connection.cursor() as cursor:
        cursor.execute(assessed(scope) + SIMULATE, parameters(policy, reference, moment))
        rows = cursor.fetchall()
    payable = [row for row in rows if row[0] == Verdict.PAYABLE]
    excused: dict[tuple[int, ...], int] = {}
    for row in rows:
        if row[4]:
            excused[tuple(row[4])] = excused.get(tuple(row[4]), 0) + row[5]
    return Simulation(
        looked_at=sum(row[5] for row in rows),
        orders=sum(row[5] for row in payable),
        open=sum(row[5] for row in payable if row[3]),
        amount=sum((row[6] for row in payable), Decimal(0)),
        largest=max((row[7] for row in payable), default=Decimal(0)),
        bands=lines(payable, 1),
        tiers=lines(payable, 2),
        others=lines([row for row in rows if row[0] != Verdict.PAYABLE], 0),
        excused=sorted(excused.items(), key=lambda pair: -pair[1]),
    )


def lines(rows: Sequence[Sequence[Any]], column: int) -> list[Line]:
    """Summed up by a column, the most orders first."""
    found: dict[str, Line] = {}
    for row in rows:
        line = found.get(row[column], Line(row[column], 0, Decimal(0)))
        found[row[column]] = Line(line.code, line.orders + row[5], line.amount + row[6])
    return sorted(found.values(), key=lambda line: (-line.orders, line.code))


def assess_orders(
    policy: CompensationPolicy, reference: str, order_ids: Sequence[int], moment: datetime
) -> Mapping[int, Assessed]:
    """What these orders of the matter would get; those that it never hit are absent."""
    sql = ASSESSED.format(wanted="true", among=" AND order_id = ANY(%(orders)s)") + SINGLE
    values = {**parameters(policy, reference, moment), "orders": list(order_ids)}
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return {row[0]: Assessed(*row) for row in cursor.fetchall()}
