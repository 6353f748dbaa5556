"""Rows that cannot go the fast way: late ones, several of one order, and status updates that came before their order.

Each is laid over its order by dispatch.intake.merging; what changed is written by one statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import connection, transaction
from django.db.models import Min

from dispatch.intake import Batch, OrderRow, illegal_move
from dispatch.intake.merging import PARTS, Known, lay_over
from dispatch.models import EarlyStatus, IntakeEvent
from dispatch.operations.intake_sql import MERGED, MOVED_PARCELS, OLD_PARCELS, PARCELS
from journal import clock
from journal.clock import Now

LOOK_AGAIN = (timedelta(seconds=5), timedelta(minutes=10))  # after a status update began to wait
KEPT, EVENTS_KEPT = timedelta(days=7), timedelta(days=30)
SWEPT = 500

LOAD = """
SELECT o.id, o.external_id, o.version, o.state, o.region_id, o.service_level, o.warehouse_id, o.carrier_id, o.lane_id,
    o.ordered_at, o.promise_at, o.first_promise_at, o.dispatched_at, o.delivered_at, o.cancelled_at,
    o.details_version, o.allocation_version, o.state_version, o.promise_version, o.first_promise_version,
    o.dispatched_version, coalesce((SELECT max(p.version) FROM dispatch_parcel p WHERE p.order_id = o.id), -1)
FROM dispatch_order o WHERE o.external_id = ANY(%s::varchar[]) ORDER BY o.external_id FOR UPDATE OF o
"""
COLUMNS = (
    *("id", "external_id", "version", "state", "region", "service_level", "warehouse", "carrier", "lane"),
    *("ordered_at", "promise_at", "first_promise_at", "dispatched_at", "delivered_at", "cancelled_at"),
    *(f"{part}_version" for part in PARTS),
)


def load(names: Iterable[str]) -> dict[str, Known]:
    """The orders of these external ids, locked."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(LOAD, [sorted(names)])
        for values in cursor.fetchall():
            columns = dict(zip(COLUMNS, values, strict=True))
            name = columns.pop("external_id")
            found[name] = Known.read(columns)
    return found


def merge_rows(batch: Batch, rows: Mapping[int, OrderRow]) -> dict[str, int]:
    """Lay rows over their orders, by version; return {external id: index of the last row that changed it}.

    Rows whose move is not legal are rejected, status updates without an order begin to wait; the others are known.
    """
    if not rows:
        return {}
    orders = load({row.external_id for row in rows.values()})
    changed, now = {}, clock.now()
    for index, row in sorted(rows.items(), key=lambda item: (item[1].version, item[0])):
        order = orders.get(row.external_id)
        if order is None:
            batch.waiting.append(index)
            continue
        took = lay_over(order, row, now)
        if took is None:
            text = illegal_move(order.state, row.settled_state or order.state)
            batch.reject(index, "illegal_move", text, "state")
        elif took:
            changed[row.external_id] = index
    write(orders, now)
    keep_waiting([rows[index] for index in batch.waiting], now)
    return changed


def write(orders: Mapping[str, Known], now: datetime) -> None:
    touched = {name: order for name, order in orders.items() if order.changed}
    if not touched:
        return
    rows, facts = [], []
    for name, order in sorted(touched.items()):
        row = order.details or OrderRow(name, 0)
        times = ("ordered_at", "promise_at", "dispatched_at", "delivered_at", "cancelled_at")
        given = {field: getattr(order, field) for field in ("version", "state", *times)}
        rows.append(msgspec.structs.replace(row, **given, warehouse=None, carrier=None, parcels=None))
        facts.append(
            {
                "external_id": name,
                "id": order.id,
                "whole": order.details is not None,
                "allocated": order.lane is None and order.reallocated,
                "to_region": order.region,
                "to_service": order.service_level,
                "to_warehouse": order.warehouse,
                "to_carrier": order.carrier,
                "to_lane": order.lane,
                "first_promise_at": order.first_promise_at,
                **order.stored_versions(),
            }
        )
    with connection.cursor() as cursor:
        cursor.execute(MERGED, {"rows": encoded(rows), "orders": encoded(facts), "now": now})
        moved = cursor.fetchone()[2]
    move_parcels(moved)
    write_parcels([order.parcels for order in touched.values() if order.parcels is not None])


def encoded(rows: list[Any]) -> str:
    return msgspec.json.encode(rows).decode()


def write_parcels(rows: list[OrderRow]) -> None:
    """Make each order's parcels those that its row has."""
    if not rows:
        return
    given = [{"external_id": row.external_id, "version": row.version, "parcels": row.parcels} for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(OLD_PARCELS, {"rows": encoded(given)})
        cursor.execute(PARCELS, {"rows": encoded(given)})


def move_parcels(names: list[str] | None) -> None:
    if names:
        with connection.cursor() as cursor:
            cursor.execute(MOVED_PARCELS, [names])


# --- status updates that wait for their order ------------------------------------------------------------------------

WAIT = """
INSERT INTO dispatch_earlystatus (external_id, version, row, received_at, due_at)
SELECT i.external_id, i.version, i.row, %(now)s, %(due)s
FROM json_to_recordset(%(rows)s::json) AS i(external_id text, version bigint, row jsonb)
ORDER BY i.external_id, i.version ON CONFLICT DO NOTHING
"""
TAKE = """
DELETE FROM dispatch_earlystatus WHERE external_id = ANY(%s::varchar[]) RETURNING row
"""
ANY_WAITING = "SELECT EXISTS (SELECT 1 FROM dispatch_earlystatus)"


def keep_waiting(rows: list[OrderRow], now: datetime) -> None:
    if not rows:
        return
    waiting = [{"external_id": row.external_id, "version": row.version, "row": row} for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(WAIT, {"rows": encoded(waiting), "now": now, "due": now + LOOK_AGAIN[0]})
    clock.wake()


def apply_early(names: Iterable[str]) -> int:
    """Apply what waited for these orders; return how many rows that was. They exist and stay locked by the caller."""
    wanted = list(names)
    with connection.cursor() as cursor:
        cursor.execute(ANY_WAITING)
        if not wanted or not cursor.fetchone()[0]:
            return 0
        cursor.execute(TAKE, [wanted])
        rows = [msgspec.json.decode(row, type=OrderRow) for (row,) in cursor.fetchall()]
    merge_rows(Batch(rows=dict(enumerate(rows))), dict(enumerate(rows)))
    return len(rows)


def match_early() -> int:
    """Find status updates whose order came at the same moment in another transaction, and apply them.

    A row is looked at twice: after that no transaction can be open any more in which its order was on the way.
    """
    with transaction.atomic():
        due = list(
            EarlyStatus.objects.filter(due_at__lte=Now()).select_for_update(skip_locked=True).order_by("due_at")[:SWEPT]
        )
        known = load({row.external_id for row in due})
        apply_early(known)
        for row in due:
            if row.external_id not in known:
                last = row.due_at is None or row.due_at > row.received_at + LOOK_AGAIN[0]
                next_look = None if last else row.received_at + LOOK_AGAIN[1]
                EarlyStatus.objects.filter(pk=row.pk).update(due_at=next_look)
    return len(due)


def forget_early() -> int:
    """Give up status updates whose order has not come for a week, and events that nobody sends again; return how many.

    The versions of the orders guard against what comes later still.
    """
    early, _each = EarlyStatus.objects.filter(received_at__lt=Now() - KEPT).delete()
    events, _each = IntakeEvent.objects.filter(received_at__lt=Now() - EVENTS_KEPT).delete()
    return early + events


def next_match() -> datetime | None:
    return EarlyStatus.objects.aggregate(at=Min("due_at"))["at"]
