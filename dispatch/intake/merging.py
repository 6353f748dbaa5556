"""Laying a row over an order whatever the sequence in which rows came: no database, no clock.

The fast statements of dispatch.operations apply rows that are newer than all that is known. Everything else goes
through here: late rows, several rows of one order in a call, rows that waited for their order. Each part of an order
(details, allocation, state, dispatch time, promise, parcels) belongs to the row with the highest version that gave
it, the first promise to the lowest one; so the outcome does not depend on the sequence.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dispatch.intake.rows import OrderRow
from dispatch.models.orders import MOVING

NEVER = -1
AT_HOME = ("open", "held")  # states in which an order has not been dispatched


@dataclass
class Known:
    """An order as far as merging goes. `versions` tell which row gave each part, NEVER when none did."""

    id: int
    version: int
    state: str
    region: str
    service_level: str
    warehouse: str | None
    carrier: str | None
    lane: int | None
    ordered_at: datetime | None
    promise_at: datetime | None
    first_promise_at: datetime | None
    dispatched_at: datetime | None
    delivered_at: datetime | None
    cancelled_at: datetime | None
    versions: dict[str, int] = field(default_factory=dict)
    details: OrderRow | None = None
    parcels: OrderRow | None = None
    changed: bool = False
    reallocated: bool = False  # by a row of this order's destination and service: its lane is to be looked up

    @classmethod
    def read(cls, columns: dict[str, Any]) -> Known:
        """From the columns of dispatch_order named like the fields, the `…_version` ones and `parcels_version`."""
        versions = {name: columns.pop(f"{name}_version") for name in PARTS}
        known = cls(**columns)
        absent = known.absent()
        for name, version in versions.items():
            implied = NEVER if name in absent else known.version
            known.versions[name] = implied if version is None else version
        return known

    def absent(self) -> set[str]:
        """Parts that no row gave yet: for them None means NEVER."""
        empty = {
            "allocation": self.warehouse is None,
            "promise": self.promise_at is None,
            "first_promise": self.first_promise_at is None,
        }
        return {name for name, is_empty in empty.items() if is_empty}

    def stored_versions(self) -> dict[str, int | None]:
        """The `…_version` columns: None is "as version"."""
        absent = self.absent()
        return {
            f"{name}_version": None if version == self.version or name in absent else version
            for name, version in self.versions.items()
            if name != "parcels"
        }


PARTS = ("details", "allocation", "state", "promise", "first_promise", "dispatched", "parcels")


def may_move(before: str, after: str) -> bool:
    return before == after or before in MOVING


def lay_over(order: Known, row: OrderRow, now: datetime) -> bool | None:
    """Give `order` what it must have of `row`; True when that changed the order, False when all of it was known or
    newer, None when the move is not legal (then nothing was taken).

    A dispatch or cancellation whose time nobody sent is assumed to be `now`.
    """
    state, version = row.settled_state, row.version
    if state is not None and version > order.versions["state"] and not may_move(order.state, state):
        return None
    before = snapshot(order)
    if row.whole and version > order.versions["details"]:
        take_details(order, row)
    if row.warehouse is not None and version > order.versions["allocation"]:
        order.warehouse, order.carrier, order.versions["allocation"] = row.warehouse, row.carrier, version
        order.lane = None
        order.reallocated = (row.region, row.service_level) == (order.region, order.service_level)
    if state is not None:
        take_state(order, row, state, now)
    if row.promise_at is not None and version > order.versions["promise"]:
        order.promise_at, order.versions["promise"] = row.promise_at, version
    if row.parcels is not None and version > order.versions["parcels"]:
        order.parcels, order.versions["parcels"] = row, version
    taken = snapshot(order) != before
    if row.promise_at is not None and (order.first_promise_at is None or version < order.versions["first_promise"]):
        order.first_promise_at, order.versions["first_promise"] = row.promise_at, version
        order.changed = True
    if version > order.version:
        order.version = version
        taken = True
    order.changed = order.changed or taken
    return taken


def snapshot(order: Known) -> tuple[object, ...]:
    return (tuple(order.versions.values()), order.dispatched_at, order.cancelled_at)


def take_details(order: Known, row: OrderRow) -> None:
    assert row.region is not None
    assert row.service_level is not None
    if (row.region, row.service_level) != (order.region, order.service_level):
        order.lane, order.reallocated = None, False
    order.region, order.service_level, order.details = row.region, row.service_level, row
    order.ordered_at = row.ordered_at or order.ordered_at
    order.versions["details"] = row.version


def take_state(order: Known, row: OrderRow, state: str, now: datetime) -> None:
    if row.version > order.versions["state"]:
        order.delivered_at = row.delivered_at if state == "delivered" else None
        order.cancelled_at = (row.cancelled_at or order.cancelled_at or now) if state == "cancelled" else None
        order.state, order.versions["state"] = state, row.version
    if row.version > order.versions["dispatched"] and (state in AT_HOME or row.dispatched_at is not None):
        order.dispatched_at = None if state in AT_HOME else row.dispatched_at
        order.versions["dispatched"] = row.version
    if order.state == "dispatched" and order.dispatched_at is None:
        order.dispatched_at = now
