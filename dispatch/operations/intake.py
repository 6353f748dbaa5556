"""Taking in orders: one statement for a whole call."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

import msgspec
from django.db import DataError, OperationalError, connection, transaction
from psycopg2.errors import DeadlockDetected

from accounts.actors import Actor
from accounts.roles import Permission
from dispatch.intake import Batch, OrderRow, as_array, read
from dispatch.operations.intake_sql import STATUS, UPSERT
from dispatch.operations.late_rows import apply_early, merge_rows, move_parcels, write_parcels
from dispatch.operations.pressure import rows_in_use, take_slot
from journal import clock
from journal import operations as journal

ATTEMPTS = 3
Result = TypeVar("Result")


@dataclass(frozen=True)
class Intake:
    """What became of a call's rows. `created` and `updated` count orders; `ignored` rows were known in this or a newer
    version, `waiting` ones are status updates kept until their order comes. `rows` lists by index those that were
    ignored, rejected or kept waiting, and why."""

    received: int
    created: int
    updated: int
    ignored: int
    rejected: int
    waiting: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)


def receive_orders(*, body: bytes, by: Actor, lines: bool = False) -> Intake:
    """Create or update orders from a JSON array of dispatch.intake.OrderRow, or from NDJSON when `lines`.

    A row changes an order only where it is newer than what is known and where the order may move to the row's state,
    so repeated, late and shuffled calls end in the same orders; bad rows are reported and the good ones stand. A
    status update of an order that has not come yet waits for it. Hours in which orders were delivered are counted
    with it. Journals one dispatch.orders_received with the counts and the body's SHA-256.
    Raises MalformedOrders, TooManyOrders, TooBusy, NotAllowed.
    """
    by.require(Permission.PUSH_ORDERS)

    def batch(careful: bool) -> Batch:
        return read(body, careful=careful, lines=lines)

    def stored(rows: Batch) -> Intake:
        return outcome(rows, store(rows, as_array(body) if lines else body), body, by)

    return in_one_transaction(batch, stored)


def in_one_transaction(read: Callable[[bool], Batch], store: Callable[[Batch], Result]) -> Result:
    """Read and store a call; again when two calls waited for each other, and carefully when PostgreSQL refuses a
    value that Python took. Takes one of the intake's slots."""
    batch = read(False)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with rows_in_use(), transaction.atomic():
                take_slot()
                return store(batch)
        except DataError:
            # PostgreSQL reads JSON a little differently (a number too long, an exotic date): spell the rows out.
            if not batch.as_sent:
                raise
            batch = read(True)
        except OperationalError as error:
            # Two calls that name the same orders, one as new and one as a status, may wait for each other.
            joined = connection.in_atomic_block
            if joined or attempt == ATTEMPTS or not isinstance(error.__cause__, DeadlockDetected):
                raise
            batch = read(not batch.as_sent)
    raise AssertionError("unreachable")


@dataclass
class Stored:
    """Orders that were created and those that changed, by external id, and which row of each counts."""

    created: set[str] = field(default_factory=set)
    applied: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)


def store(batch: Batch, body: bytes) -> Stored:
    """Write the rows of a batch; `body` is them as sent, which PostgreSQL reads when nothing needs rewriting."""
    # 1. What a row names must exist.
    reject_unknown(batch)
    # 2. One row per order goes the fast way; the others are laid over it afterwards.
    first, others = one_per_order(batch)
    done = Stored()
    whole = [row for row in first.values() if row.whole]
    status = [row for row in first.values() if not row.whole]
    if status:
        rows = [msgspec.structs.replace(row, state=row.settled_state) for row in status]
        done.applied |= run(STATUS, msgspec.json.encode(rows))[1]
    if whole:
        unchanged = batch.as_sent and not status and not others
        done.created, changed = run(UPSERT, body if unchanged else msgspec.json.encode(whole))
        done.applied |= changed
    write_parcels([row for row in first.values() if row.parcels is not None and row.external_id in done.applied])
    # 3. Status updates that waited for these orders.
    apply_early(done.created)
    # 4. Rows that are late, or not the only one of their order. Their orders are locked by now.
    if len(done.applied) == len(batch.rows):
        return done
    done.counts = {row.external_id: index for index, row in first.items() if row.external_id in done.applied}
    late = {index: row for index, row in first.items() if row.external_id not in done.applied}
    for name, index in merge_rows(batch, {**late, **others}).items():
        done.applied.add(name)
        done.counts[name] = index
    return done


def one_per_order(batch: Batch) -> tuple[dict[int, OrderRow], dict[int, OrderRow]]:
    """The row of each order that goes the fast way, its oldest whole one if it has any, and all others."""
    chosen: dict[str, int] = {}
    for index, row in batch.rows.items():
        rival = chosen.setdefault(row.external_id, index)
        if rival != index:
            other = batch.rows[rival]
            if (not row.whole, row.version, index) < (not other.whole, other.version, rival):
                chosen[row.external_id] = index
    if len(chosen) == len(batch.rows):
        return batch.rows, {}
    first = {index: batch.rows[index] for index in sorted(chosen.values())}
    return first, {index: row for index, row in batch.rows.items() if index not in first}


def outcome(batch: Batch, done: Stored, body: bytes, by: Actor, indexes: Iterable[int] | None = None) -> Intake:
    """What the caller is told, and the journal's entry. `indexes` are those of the rows in the call, if not all."""
    rejected, waiting = len(batch.faults), len(batch.waiting)
    created, updated = len(done.created), len(done.applied - done.created)
    ignored = batch.received - rejected - waiting - created - updated
    counts = {
        "received": batch.received,
        "created": created,
        "updated": updated,
        "ignored": ignored,
        "rejected": rejected,
        "waiting": waiting,
    }
    journal.write(
        kind="dispatch.orders_received",
        subject=f"intake:{by}",
        reference="orders",
        by=by,
        payload={**counts, "sha256": hashlib.sha256(body).hexdigest()},
    )
    rows: list[dict[str, Any]] = [{"result": "rejected", **asdict(fault)} for fault in batch.faults]
    rows += [{"result": "waiting", "index": index} for index in batch.waiting]
    if ignored:
        places = range(batch.received) if indexes is None else indexes
        told = {fault.index for fault in batch.faults} | set(batch.waiting) | set(done.counts.values())
        rows += [{"result": "ignored", "index": index} for index in places if index not in told]
    return Intake(**counts, rows=sorted(rows, key=lambda row: row["index"]))


KNOWN = """
SELECT 'region', code FROM dispatch_region WHERE code = ANY(%s::varchar[])
UNION ALL SELECT 'warehouse', code FROM dispatch_warehouse WHERE code = ANY(%s::varchar[])
UNION ALL SELECT 'carrier', code FROM dispatch_carrier WHERE code = ANY(%s::varchar[])
"""


def codes_of(row: OrderRow, kind: str) -> set[str | None]:
    """Regions, warehouses or carriers that a row names, in its parcels too."""
    return {getattr(row, kind), *(getattr(parcel, kind, None) for parcel in row.parcels or ())} - {None}


def reject_unknown(batch: Batch) -> None:
    rows = batch.rows.values()
    unknown: dict[str, set[str | None]] = {
        "region": {row.region for row in rows},
        "warehouse": {row.warehouse for row in rows},
        "carrier": {row.carrier for row in rows},
    }
    for row in rows:
        if row.parcels is not None:
            for kind, names in unknown.items():
                names.update(codes_of(row, kind))
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, [list(names - {None}) for names in unknown.values()])
        for kind, code in cursor.fetchall():
            unknown[kind].discard(code)
    for kind, names in unknown.items():
        if missing := names - {None}:
            for index, row in list(batch.rows.items()):
                if wrong := codes_of(row, kind) & missing:
                    text = f"the network has no {kind} {min(map(str, wrong))}; import it first, or mend the code"
                    batch.reject(index, f"unknown_{kind}", text, kind)


def run(statement: str, rows: bytes) -> tuple[set[str], set[str]]:
    """The external ids that it created, and those it created or changed."""
    with connection.cursor() as cursor:
        cursor.execute(statement, {"rows": rows.decode(), "now": clock.now()})
        created, applied, moved = cursor.fetchone()
    move_parcels(moved)
    return set(created or ()), set(applied or ())
