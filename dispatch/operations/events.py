"""CloudEvents of the order system: the inbox, then the same intake as a bulk call."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from typing import Any

import msgspec
from django.db import connection

from accounts.actors import Actor
from accounts.roles import Permission
from dispatch.intake import Batch, Fault, OrderRow, checked
from dispatch.intake.events import ORDER, STOCK, Event, Events, convert
from dispatch.intake.stock import StockRow
from dispatch.operations.intake import Intake, in_one_transaction, outcome, store
from dispatch.operations.stock import StockIntake, note_stock, set_stock
from journal import clock

INBOX = """
INSERT INTO dispatch_intakeevent (source, event_id, received_at)
SELECT DISTINCT i.source, i.id, %(now)s::timestamptz FROM json_to_recordset(%(rows)s::json) AS i(source text, id text)
ORDER BY i.source, i.id ON CONFLICT DO NOTHING RETURNING source, event_id
"""
FORGET = """
DELETE FROM dispatch_intakeevent e USING json_to_recordset(%(rows)s::json) AS i(source text, id text)
WHERE e.source = i.source AND e.event_id = i.id
"""


@dataclass(frozen=True)
class EventIntake:
    """What became of a call's events. `used` had an effect or wait for their order, `duplicates` were known by source
    and id, `ignored` brought nothing newer. `rows` lists all but the used ones by index, and why."""

    received: int
    used: int
    duplicates: int
    ignored: int
    rejected: int
    rows: list[dict[str, Any]] = field(default_factory=list)


def receive_events(*, events: Events, body: bytes, by: Actor) -> EventIntake:
    """Use each event once: its source and id enter the inbox in the transaction that applies its data.

    Data is applied as in a bulk call, so a version that is not newer changes nothing. An event that was rejected does
    not stay in the inbox; it may be sent again under its id when it is mended. Journals what receive_orders and
    receive_stock do. Raises TooBusy, NotAllowed.
    """
    by.require(Permission.PUSH_ORDERS)

    def stored(_batch: Batch) -> EventIntake:
        return use(events, body, by)

    # Events are decoded already; there is no other way to read them.
    return in_one_transaction(lambda _careful: Batch(rows={}), stored)


def use(events: Events, body: bytes, by: Actor) -> EventIntake:
    # 1. Into the inbox; a twin in another transaction waits here.
    fresh = enter(events.events)
    rows = [{"result": "rejected", **asdict(fault)} for fault in events.faults]
    rows += [{"result": "duplicate", "index": event.index} for event in events.events if event.index not in fresh]
    # 2. The data, each kind as in a call of its own.
    new = [event for event in events.events if event.index in fresh]
    told = use_orders([event for event in new if event.type == ORDER], body, by)
    told += use_stock([event for event in new if event.type == STOCK], body, by)
    rows += [row for row in told if row["result"] != "waiting"]
    # 3. What was rejected may come again.
    wrong = {row["index"] for row in told if row["result"] == "rejected"}
    forget([event for event in new if event.index in wrong])
    counts = {name: sum(row["result"] == name for row in rows) for name in ("duplicate", "ignored", "rejected")}
    return EventIntake(
        received=events.received,
        used=events.received - sum(counts.values()),
        duplicates=counts["duplicate"],
        ignored=counts["ignored"],
        rejected=counts["rejected"],
        rows=sorted(rows, key=lambda row: row["index"]),
    )


def named(events: list[Event]) -> str:
    return msgspec.json.encode([{"source": event.source, "id": event.id} for event in events]).decode()


def enter(events: list[Event]) -> set[int]:
    """The indexes of the events that were not in the inbox; of two alike in a call the first."""
    if not events:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(INBOX, {"rows": named(events), "now": clock.now()})
        entered = set(cursor.fetchall())
    fresh = set()
    for event in events:
        if (event.source, event.id) in entered:
            entered.discard((event.source, event.id))
            fresh.add(event.index)
    return fresh


def forget(events: list[Event]) -> None:
    if events:
        with connection.cursor() as cursor:
            cursor.execute(FORGET, {"rows": named(events)})


def converted(events: list[Event], shape: type[Any]) -> tuple[dict[int, Any], list[Fault]]:
    rows, faults = {}, []
    for event in events:
        try:
            rows[event.index] = convert(event, shape)
        except ValueError as error:
            faults.append(Fault(event.index, "", "invalid", str(error)[:300], "data"))
    return rows, faults


def use_orders(events: list[Event], body: bytes, by: Actor) -> list[dict[str, Any]]:
    if not events:
        return []
    rows, faults = converted(events, OrderRow)
    batch = checked(Batch(rows=rows, faults=faults, received=len(events)))
    done: Intake = outcome(batch, store(batch, b""), body, by, [event.index for event in events])
    return done.rows


def use_stock(events: list[Event], body: bytes, by: Actor) -> list[dict[str, Any]]:
    if not events:
        return []
    rows, faults = converted(events, StockRow)
    applied = set_stock(rows, faults)
    ignored = len(events) - applied - len(faults)
    told = [{"result": "rejected", **asdict(fault)} for fault in faults]
    note_stock(
        StockIntake(len(events), applied, ignored, len(faults)),
        hashlib.sha256(body).hexdigest(),
        by,
    )
    return told
