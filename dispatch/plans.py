"""A plan order by order, as arrays that outlive the instance they were solved from: written, packed, compared."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass

import numpy as np

from dispatch.instance import Instance
from dispatch.solver import Result
from dispatch.solver.costs import hours_judged
from dispatch.solver.problem import Bools, Floats, Ints

UNKNOWN = np.iinfo(np.int64).min
KINDS = {
    "order": "<i8",
    "version": "<i8",
    "zone": "<i1",
    "outcome": "<i1",
    "way": "<i8",
    "day": "<i2",
    "cost": "<i8",
    "cost_before": "<i8",
    "on_time": "<i1",
}
DELTA = ("order",)


@dataclass(frozen=True)
class Plan:
    """One entry per order, in order of id.

    `way` is a lane's id, or -(1 + index into `houses`) for an order collected there, or 0 without a way. `zone` is an
    index into dispatch.instance.ZONES, `outcome` an Outcome, `day` counts from the day of the solve. `cost` and
    `cost_before` are whole units, UNKNOWN where none is known; `on_time` is 1, 0, or -1 without a promise.
    """

    houses: list[str]
    order: Ints
    version: Ints
    zone: Ints
    outcome: Ints
    way: Ints
    day: Ints
    cost: Ints
    cost_before: Ints
    on_time: Ints

    @property
    def served(self) -> Bools:
        return self.way != 0

    def pack(self) -> bytes:
        """The plan as few bytes: a line of JSON, then each array."""
        head = json.dumps({"houses": self.houses, "orders": len(self.order)}).encode()
        parts = []
        for name, kind in KINDS.items():
            values = getattr(self, name)
            values = np.diff(values, prepend=0) if name in DELTA else values
            parts.append(values.astype(kind).tobytes())
        return zlib.compress(head + b"\n" + b"".join(parts), 1)


def unpack(packed: bytes) -> Plan:
    """What `Plan.pack` made."""
    raw = zlib.decompress(packed)
    line = raw.index(b"\n")
    head = json.loads(raw[:line])
    at, arrays = line + 1, {}
    for name, kind in KINDS.items():
        values = np.frombuffer(raw, kind, head["orders"], at)
        at += values.nbytes
        arrays[name] = (np.cumsum(values) if name in DELTA else values).astype(np.int64)
    return Plan(houses=head["houses"], **arrays)


def plan_of(instance: Instance, result: Result, before: Floats) -> Plan:
    """What the solver decided, by ids. `before` is what each order costs on its way today (NaN: unknown)."""
    served = result.lane >= 0
    collected = served & instance.is_collection(result.lane)
    lane = np.where(served & ~collected, result.lane, 0)
    lane_id = instance.lane_ids[lane] if len(instance.lane_ids) else lane
    house = instance.network.lane_warehouse[np.where(served, result.lane, 0)] if len(served) else lane
    way = np.where(collected, -1 - house, np.where(served, lane_id, 0))
    return Plan(
        houses=instance.warehouse_codes,
        order=instance.order_ids,
        version=instance.order_versions,
        zone=instance.zone,
        outcome=result.reason,
        way=way,
        day=days_of(result),
        cost=np.where(served, units(result.cost, result.scale), UNKNOWN),
        cost_before=np.where(np.isnan(before), UNKNOWN, units(before, result.scale)),
        on_time=np.where(np.isinf(instance.orders.slack), -1, in_time(instance, result.lane, result.day)).astype(
            np.int64
        ),
    )


def days_of(result: Result) -> Ints:
    """The day on which each order leaves, 0 for those that do not leave at all."""
    return np.maximum(result.day, 0)


def units(cost: Floats, scale: int) -> Ints:
    return np.rint(np.nan_to_num(cost) * scale).astype(np.int64)


def in_time(instance: Instance, lane: Ints, day: Ints | int = 0) -> Bools:
    """Whether each order reaches its customer by the first promise on the given lane and day; False without a lane."""
    orders, found = instance.orders, np.zeros(len(lane), np.bool_)
    row = np.flatnonzero(lane >= 0)
    later = 24.0 * np.broadcast_to(np.maximum(day, 0), lane.shape)[row]
    found[row] = hours_judged(instance.network, orders, row, lane[row]) + later <= orders.slack[row]
    return found
