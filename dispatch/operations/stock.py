"""What the warehouses have to give, as the order system says."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from typing import Any

import msgspec
from django.db import connection, transaction

from accounts.actors import Actor
from accounts.roles import Permission
from dispatch.intake import Fault
from dispatch.intake.stock import StockRow, read_stock
from dispatch.operations.pressure import rows_in_use, take_slot
from journal import clock
from journal import operations as journal


@dataclass(frozen=True)
class StockIntake:
    """What became of a call's rows: `applied` of the `received` were newer than what was known. `rows` lists the
    rejected ones by index, and why."""

    received: int
    applied: int
    ignored: int
    rejected: int
    rows: list[dict[str, Any]] = field(default_factory=list)


UNKNOWN = """
SELECT DISTINCT code FROM unnest(%s::varchar[]) AS given(code)
WHERE NOT EXISTS (SELECT 1 FROM dispatch_warehouse w WHERE w.code = given.code)
"""
# Of several rows about one warehouse and product in a call the newest counts. What waves have taken that a figure knows
# of is held no more: those up to its cursor, which is read when a wave's assignments have all been pulled.
UPSERT = """
WITH given AS MATERIALIZED (
    SELECT DISTINCT ON (i.warehouse, i.product) i.*,
        coalesce(nullif(split_part(i.cursor, '.', 1), '')::bigint, (SELECT fenghuo_horizon()) - 1) AS position
    FROM json_to_recordset(%(rows)s::json)
        AS i(warehouse text, product text, quantity bigint, version bigint, cursor text)
    ORDER BY i.warehouse, i.product, i.version DESC
),
applied AS (
    INSERT INTO dispatch_stock AS s (warehouse_id, product, quantity, version, updated_at)
    SELECT warehouse, product, quantity, version, %(now)s FROM given ORDER BY warehouse, product
    ON CONFLICT (warehouse_id, product) DO UPDATE SET quantity = excluded.quantity, version = excluded.version,
        updated_at = excluded.updated_at
    WHERE excluded.version > s.version RETURNING s.warehouse_id, s.product
),
known AS (
    SELECT r.id FROM dispatch_stockreservation r JOIN applied USING (warehouse_id, product)
    JOIN given ON given.warehouse = r.warehouse_id AND given.product = r.product
    WHERE r.released_at IS NULL AND r.used_position <= given.position ORDER BY r.id FOR UPDATE OF r
),
released AS (
    UPDATE dispatch_stockreservation r SET released_at = %(now)s FROM known WHERE r.id = known.id
) SELECT count(*) FROM applied
"""


def receive_stock(*, body: bytes, by: Actor, lines: bool = False) -> StockIntake:
    """Set how many units of products warehouses have, from rows of dispatch.intake.stock.StockRow.

    A row counts only when its version is higher than the known one, so calls may be repeated and may come late; bad
    rows are reported and the good ones stand. What applied waves took is held no longer once a figure knows of it.
    Journals one dispatch.stock_received with the counts and the body's
    SHA-256. Raises MalformedOrders, TooManyOrders, TooBusy, NotAllowed.
    """
    by.require(Permission.PUSH_ORDERS)
    rows, faults, received = read_stock(body, lines=lines)
    with rows_in_use(), transaction.atomic():
        take_slot()
        applied = set_stock(rows, faults)
        told = StockIntake(
            received=received,
            applied=applied,
            ignored=received - applied - len(faults),
            rejected=len(faults),
            rows=[{"result": "rejected", **asdict(fault)} for fault in sorted(faults, key=lambda fault: fault.index)],
        )
        note_stock(told, hashlib.sha256(body).hexdigest(), by)
    return told


def set_stock(rows: dict[int, StockRow], faults: list[Fault]) -> int:
    """Write rows inside the caller's transaction; return how many were new. Unknown warehouses become faults."""
    with connection.cursor() as cursor:
        cursor.execute(UNKNOWN, [list({row.warehouse for row in rows.values()})])
        unknown = {code for (code,) in cursor.fetchall()}
        for index, row in rows.items():
            if row.warehouse in unknown:
                text = f"the network has no warehouse {row.warehouse}; import it first, or mend the code"
                faults.append(Fault(index, row.product, "unknown_warehouse", text, "warehouse"))
        known = [row for row in rows.values() if row.warehouse not in unknown]
        cursor.execute(UPSERT, {"rows": msgspec.json.encode(known).decode(), "now": clock.now()})
        return int(cursor.fetchone()[0])


def note_stock(told: StockIntake, sha256: str, by: Actor) -> None:
    """The journal's entry about a call of stock."""
    journal.write(
        kind="dispatch.stock_received",
        subject=f"intake:{by}",
        reference="orders",
        by=by,
        payload={
            "received": told.received,
            "applied": told.applied,
            "ignored": told.ignored,
            "rejected": told.rejected,
            "sha256": sha256,
        },
    )
