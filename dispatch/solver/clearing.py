"""How many days the network needs until no order waits for capacity."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dispatch.solver.candidates import Lawful
from dispatch.solver.classes import group
from dispatch.solver.flow import Arcs, min_cost_flow
from dispatch.solver.problem import Ints, Network, Options, Orders, Reason, Wishes
from dispatch.solver.slots import unroll


def days_to_clear(network: Network, orders: Orders, wishes: Wishes | None = None, *, most: int = 366) -> int | None:
    """The least number of days whose capacity together serves every order that some lane may lawfully carry; None if
    `most` days do not suffice. 0 without any such order.

    Orders may leave on any day, so that only the sums of each lane's and each warehouse's days count.
    """
    wishes = wishes or Wishes()
    lawful = Lawful(network, Options(), wishes)
    kind = [lawful.routes(orders), orders.makers, orders.servers, orders.region, lawful.tariff.piece(orders.weight)]
    kind += [] if wishes.pinned is None else [wishes.pinned]
    of, first = group(kind)
    members = orders.take(first)
    found = lawful.candidates(members, None if wishes.pinned is None else wishes.pinned[first])
    size = np.where(found.reason == Reason.ASSIGNED, np.bincount(of, minlength=len(first)), 0)
    if not size.any():
        return 0

    def waiting(days: int) -> int:
        all_days = unroll(network, Options(days=days), wishes)
        lanes, houses = (
            np.minimum(capacity, 1 << 40).reshape(days, -1).sum(0)
            for capacity in (all_days.lane_capacity, all_days.warehouse_capacity)
        )
        slots = replace(unroll(network, Options(), wishes), lane_capacity=lanes, lane_base=lanes)
        slots = replace(slots, warehouse_capacity=houses)
        none: Ints = np.zeros(len(found.row), np.int64)
        arcs = Arcs(found.row, found.slot, none, size, np.ones(len(size), np.int64), np.zeros(slots.lanes, np.int64))
        return int(min_cost_flow(slots, arcs).unserved.sum())

    low, high = 0, 1
    while high <= most and waiting(high):
        low, high = high, high * 2
    if high > most and waiting(most):
        return None
    high = min(high, most)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if waiting(middle) else (low, middle)
    return high
