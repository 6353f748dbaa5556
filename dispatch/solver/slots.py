"""The network unrolled over days: a lane on a day is a slot, and so is a warehouse on a day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dispatch.solver.problem import Bools, Floats, Ints, Network, Options, Wishes


@dataclass(frozen=True)
class Slots:
    """What each lane and warehouse may take on each day. Slot = day x number of lanes (warehouses) + lane (warehouse).

    With one day, slots are the lanes and warehouses themselves. The first `lane_base` orders of a lane cost nothing
    extra, the rest of its capacity `surge_cost` each.
    """

    network: Network
    days: int
    lane_capacity: Ints
    lane_base: Ints
    surge_cost: Floats
    warehouse_capacity: Ints
    lane_warehouse: Ints

    @property
    def surges(self) -> Bools:
        """Where there is capacity that costs extra."""
        return (self.surge_cost > 0) & (self.lane_capacity > self.lane_base)

    @property
    def lanes(self) -> int:
        return len(self.lane_capacity)

    @property
    def warehouses(self) -> int:
        return len(self.warehouse_capacity)

    def lane(self, slot: Ints) -> Ints:
        return slot % max(self.network.lanes, 1)

    def day(self, slot: Ints) -> Ints:
        return slot // max(self.network.lanes, 1)


def unroll(network: Network, options: Options, wishes: Wishes) -> Slots:
    """Slots of the days that may be used, no larger than what the wishes allow."""
    days = max(options.days, 1)
    first = np.arange(days) * network.warehouses
    room = each_day(network.lane_capacity, network.lane_later, days, None)
    capacity = each_day(network.lane_capacity, network.lane_later, days, wishes.lane_cap)
    base, cost = capacity, np.zeros(network.lanes)
    if network.lane_surge is not None and network.lane_surge_cost is not None:
        surge = each_day(network.lane_surge, network.lane_surge_later, days, None)
        base, cost = np.minimum(capacity, np.maximum(room - surge, 0)), network.lane_surge_cost
    return Slots(
        network=network,
        days=days,
        lane_capacity=capacity,
        lane_base=base,
        surge_cost=np.tile(cost, days),
        warehouse_capacity=each_day(network.warehouse_capacity, network.warehouse_later, days, wishes.warehouse_cap),
        lane_warehouse=(first[:, None] + network.lane_warehouse).reshape(-1),
    )


def each_day(today: Ints, later: Ints | None, days: int, cap: Ints | None) -> Ints:
    """Capacities of all days in one row, day after day. Days that nobody planned offer what the last known one does."""
    known = today[None, :] if later is None else np.concatenate([today[None, :], later])
    capacity = known[np.minimum(np.arange(days), len(known) - 1)]
    if cap is not None:
        capacity = np.where(cap >= 0, np.minimum(capacity, cap), capacity)
    return np.maximum(capacity, 0).reshape(-1).astype(np.int64)
