"""Taking in orders: one statement for a whole call."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from typing import Any

import msgspec
from django.db import DataError, OperationalError, connection, transaction
from psycopg2.errors import DeadlockDetected

from accounts.actors import Actor
from accounts.roles import Permission
from dispatch.intake import Batch, fold, illegal_move, read
from journal import clock
from journal import operations as journal

ATTEMPTS = 3


@dataclass(frozen=True)
class Intake:
    """What became of a call's rows. `ignored` were known in this or a newer version; `rows` lists by index those that
    were ignored or rejected, and why."""

    received: int
    created: int
    updated: int
    ignored: int
    rejected: int
    rows: list[dict[str, Any]] = field(default_factory=list)


def receive_orders(*, body: bytes, by: Actor) -> Intake:
    """Create or update orders from a JSON array (fields of dispatch.intake.OrderRow).

    A row changes an order only when its version is higher and the order may move to the row's state, so repeated and
    late calls are harmless; bad rows are reported and the good ones stand. Hours in which orders were delivered are
    counted with it. Journals one dispatch.orders_received with the counts and the body's SHA-256.
    Raises MalformedOrders, TooManyOrders, NotAllowed.
    """
    by.require(Permission.PUSH_ORDERS)
    batch = read(body)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return store(batch, body, by)
        except DataError:
            # PostgreSQL reads JSON a little differently (a number too long, an exotic date): spell the rows out.
            if not batch.as_sent:
                raise
            batch = read(body, careful=True)
        except OperationalError as error:
            # Two calls that name the same orders, one as new and one as a status, may wait for each other.
            joined = connection.in_atomic_block
            if joined or attempt == ATTEMPTS or not isinstance(error.__cause__, DeadlockDetected):
                raise
            batch = read(body, careful=not batch.as_sent)
    raise AssertionError("unreachable")


def store(batch: Batch, body: bytes, by: Actor) -> Intake:
    # 1. What a row names must exist.
    reject_unknown(batch)
    # 2. One row per order.
    indexes = {row.external_id: index for index, row in batch.rows.items()}
    if len(indexes) < len(batch.rows):
        batch.as_sent = False
        indexes = fold(batch)
    # 3. Write, and learn which rows took effect.
    created, applied = 0, set[str]()
    whole = [row for row in batch.rows.values() if row.whole]
    status = [row for row in batch.rows.values() if not row.whole]
    if status:
        batch.as_sent = False
        applied |= run(STATUS, msgspec.json.encode(status))[1]
    if whole:
        made, done = run(UPSERT, body if batch.as_sent else msgspec.json.encode(whole))
        created, applied = made, applied | done
    # 4. Explain the others. Their rows are locked by now, so what is read here is why.
    if len(applied) < len(indexes):
        explain(batch, {name: index for name, index in indexes.items() if name not in applied})
    rejected = len(batch.faults)
    updated = len(applied) - created
    ignored = batch.received - rejected - len(applied)
    journal.write(
        kind="dispatch.orders_received",
        subject=f"intake:{by}",
        reference="orders",
        by=by,
        payload={
            "received": batch.received,
            "created": created,
            "updated": updated,
            "ignored": ignored,
            "rejected": rejected,
            "sha256": hashlib.sha256(body).hexdigest(),
        },
    )
    rows: list[dict[str, Any]] = [{"result": "rejected", **asdict(fault)} for fault in batch.faults]
    if ignored:
        gone = {fault.index for fault in batch.faults} | {indexes[name] for name in applied}
        rows += [{"result": "ignored", "index": index} for index in range(batch.received) if index not in gone]
    return Intake(batch.received, created, updated, ignored, rejected, sorted(rows, key=lambda row: row["index"]))


KNOWN = """
SELECT 'region', code FROM dispatch_region WHERE code = ANY(%s::varchar[])
UNION ALL SELECT 'warehouse', code FROM dispatch_warehouse WHERE code = ANY(%s::varchar[])
UNION ALL SELECT 'carrier', code FROM dispatch_carrier WHERE code = ANY(%s::varchar[])
"""


def reject_unknown(batch: Batch) -> None:
    named = {
        kind: {value for row in batch.rows.values() if (value := getattr(row, kind)) is not None}
        for kind in ("region", "warehouse", "carrier")
    }
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, [list(values) for values in named.values()])
        for kind, code in cursor.fetchall():
            named[kind].discard(code)
    for kind, unknown in named.items():
        if unknown:
            for index, row in list(batch.rows.items()):
                if getattr(row, kind) in unknown:
                    batch.reject(index, f"unknown_{kind}", f"the network has no {kind} {getattr(row, kind)}")


def run(statement: str, rows: bytes) -> tuple[int, set[str]]:
    """How many orders it created, and the external ids it changed or created."""
    with connection.cursor() as cursor:
        cursor.execute(statement, {"rows": rows.decode(), "now": clock.now()})
        created, applied = cursor.fetchone()
    return created, set(applied or ())


def explain(batch: Batch, rows: dict[str, int]) -> None:
    """Find out why rows had no effect: an unknown order, an illegal move; all others were not newer."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT external_id, version, state FROM dispatch_order WHERE external_id = ANY(%s::varchar[])",
            [list(rows)],
        )
        known = {name: (version, state) for name, version, state in cursor.fetchall()}
    for name, index in rows.items():
        row = batch.rows[index]
        if name not in known:
            batch.reject(index, "unknown_order", "a status update of an order that was never sent whole")
        elif row.version > known[name][0]:
            batch.reject(index, "illegal_move", illegal_move(known[name][1], row.settled_state or known[name][1]))


FIELDS = {
    "external_id": "text",
    "version": "bigint",
    "state": "text",
    "region": "text",
    "service_level": "text",
    "warehouse": "text",
    "carrier": "text",
    "weight": "numeric",
    "quantity": "int",
    "lines": "jsonb",
    "priority": "smallint",
    "collected": "boolean",
    "ordered_at": "timestamptz",
    "promise_at": "timestamptz",
    "dispatched_at": "timestamptz",
    "delivered_at": "timestamptz",
    "cancelled_at": "timestamptz",
    "customer_ref": "text",
    "customer_name": "text",
    "phone": "text",
    "email": "text",
    "language": "text",
}
INCOMING = f"json_to_recordset(%(rows)s::json) AS i({', '.join(f'{name} {kind}' for name, kind in FIELDS.items())})"

# ORDER_MOVES as SQL: what is delivered or cancelled stays so.
NEWER_AND_LEGAL = "{new}.version > o.version AND (o.state = {new}.state OR o.state IN ('open', 'dispatched', 'held'))"

# Delivered orders are throughput: the hour they were delivered in gains one, a corrected time moves it.
COUNTED = """
deltas AS (
    SELECT hour, sum(delta) AS delta FROM (
        SELECT date_trunc('hour', after) AS hour, 1 AS delta FROM applied WHERE after IS DISTINCT FROM before
        UNION ALL SELECT date_trunc('hour', before), -1 FROM applied WHERE after IS DISTINCT FROM before
    ) moved WHERE hour IS NOT NULL GROUP BY hour HAVING sum(delta) <> 0 ORDER BY hour
), gained AS (
    INSERT INTO dispatch_hourlythroughput AS t (hour, orders) SELECT hour, delta FROM deltas WHERE delta > 0
    ON CONFLICT (hour, exercise) DO UPDATE SET orders = t.orders + excluded.orders
), lost AS (
    UPDATE dispatch_hourlythroughput t SET orders = greatest(t.orders + d.delta, 0) FROM deltas d
    WHERE t.hour = d.hour AND t.exercise IS NULL AND d.delta < 0
)
SELECT count(*) FILTER (WHERE created), array_agg(external_id) FROM applied
"""

UPSERT = f"""
WITH applied AS (
    INSERT INTO dispatch_order AS o (external_id, version, state, region_id, service_level, warehouse_id, lane_id,
        carrier_id, weight, quantity, lines, priority, collected, ordered_at, promise_at, first_promise_at,
        dispatched_at, delivered_at, cancelled_at, customer_ref, customer_name, phone, email, language, received_at,
        updated_at)
    SELECT i.external_id, i.version, coalesce(i.state, 'open'), i.region, i.service_level, i.warehouse, lane.id,
        i.carrier, coalesce(i.weight, 0),
        coalesce(i.quantity, (SELECT sum((line ->> 'quantity')::int) FROM jsonb_array_elements(i.lines) line), 1),
        coalesce(i.lines, '[]'), coalesce(i.priority, 0), coalesce(i.collected, false), i.ordered_at, i.promise_at,
        i.promise_at,
        CASE i.state WHEN 'dispatched' THEN coalesce(i.dispatched_at, %(now)s::timestamptz)
            WHEN 'delivered' THEN i.dispatched_at END,
        CASE WHEN i.state = 'delivered' THEN i.delivered_at END,
        CASE WHEN i.state = 'cancelled' THEN coalesce(i.cancelled_at, %(now)s::timestamptz) END,
        coalesce(i.customer_ref, ''), coalesce(i.customer_name, ''), coalesce(i.phone, ''), coalesce(i.email, ''),
        coalesce(i.language, 'zh-hans'), %(now)s, %(now)s
    FROM {INCOMING}
    LEFT JOIN LATERAL (
        SELECT l.id FROM dispatch_lane l
        WHERE l.warehouse_id = i.warehouse AND l.region_id = i.region AND l.carrier_id = i.carrier
            AND l.service_level = i.service_level
        ORDER BY l.transit_hours, l.id LIMIT 1
    ) lane ON i.collected IS NOT TRUE
    ORDER BY i.external_id
    ON CONFLICT (external_id) DO UPDATE SET
        version = excluded.version, state = excluded.state, region_id = excluded.region_id,
        service_level = excluded.service_level,
        warehouse_id = coalesce(excluded.warehouse_id, o.warehouse_id),
        carrier_id = CASE WHEN excluded.warehouse_id IS NULL THEN o.carrier_id ELSE excluded.carrier_id END,
        lane_id = CASE WHEN excluded.warehouse_id IS NOT NULL THEN excluded.lane_id
            WHEN excluded.region_id = o.region_id AND excluded.service_level = o.service_level THEN o.lane_id END,
        weight = excluded.weight, quantity = excluded.quantity, lines = excluded.lines,
        priority = excluded.priority, collected = excluded.collected,
        ordered_at = coalesce(excluded.ordered_at, o.ordered_at),
        promise_at = coalesce(excluded.promise_at, o.promise_at),
        first_promise_at = coalesce(o.first_promise_at, excluded.promise_at),
        -- A time that was not sent is %(now)s above; one that is known already goes before it.
        dispatched_at = CASE WHEN excluded.state <> 'open' THEN
            coalesce(nullif(excluded.dispatched_at, %(now)s::timestamptz), o.dispatched_at, excluded.dispatched_at) END,
        delivered_at = excluded.delivered_at,
        cancelled_at = CASE WHEN excluded.state = 'cancelled' THEN
            coalesce(nullif(excluded.cancelled_at, %(now)s::timestamptz), o.cancelled_at, excluded.cancelled_at) END,
        customer_ref = excluded.customer_ref, customer_name = excluded.customer_name, phone = excluded.phone,
        email = excluded.email, language = excluded.language, updated_at = excluded.updated_at
    WHERE {NEWER_AND_LEGAL.format(new="excluded")}
    RETURNING o.external_id, old.id IS NULL AS created, old.delivered_at AS before, new.delivered_at AS after
), {COUNTED}
"""

STATUS = f"""
WITH incoming AS MATERIALIZED (SELECT * FROM {INCOMING}),
locked AS MATERIALIZED (
    SELECT o.id, coalesce(i.state, o.state) AS state, i.version, i.promise_at, i.dispatched_at, i.delivered_at,
        i.cancelled_at
    FROM dispatch_order o JOIN incoming i USING (external_id) ORDER BY o.external_id FOR UPDATE OF o
), applied AS (
    UPDATE dispatch_order o SET version = k.version, state = k.state,
        promise_at = coalesce(k.promise_at, o.promise_at),
        first_promise_at = coalesce(o.first_promise_at, k.promise_at),
        dispatched_at = CASE WHEN k.state <> 'open' THEN coalesce(k.dispatched_at, o.dispatched_at,
            CASE WHEN k.state = 'dispatched' THEN %(now)s::timestamptz END) END,
        delivered_at = CASE WHEN k.state = 'delivered' THEN coalesce(k.delivered_at, o.delivered_at) END,
        cancelled_at = CASE WHEN k.state = 'cancelled'
            THEN coalesce(k.cancelled_at, o.cancelled_at, %(now)s::timestamptz) END,
        updated_at = %(now)s
    FROM locked k
    WHERE k.id = o.id AND {NEWER_AND_LEGAL.format(new="k")}
    RETURNING o.external_id, false AS created, old.delivered_at AS before, new.delivered_at AS after
), {COUNTED}
"""
