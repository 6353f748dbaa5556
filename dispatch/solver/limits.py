"""Which limits lanes share, and what each way of an order takes of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from dispatch.solver.joint import Joint
from dispatch.solver.problem import Ints, Wishes
from dispatch.solver.slots import Slots


class Limits:
    """The stock of some products [warehouse, product], then the carriers' caps [day, carrier], numbered one after the
    other; `room` is negative where there is no limit."""

    def __init__(self, slots: Slots, stock: Ints, wishes: Wishes) -> None:
        cap = wishes.carrier_cap
        if cap is None or slots.network.lane_carrier is None:
            cap = np.zeros(0, np.int64)
        self.slots, self.houses, self.products, self.carriers = slots, *stock.shape, len(cap)
        self.room: Ints = np.r_[stock.reshape(-1), np.tile(cap, slots.days)]
        self.product: Ints = np.r_[np.tile(np.arange(self.products), self.houses), np.full(slots.days * len(cap), -1)]

    def use(self, row: Ints, slot: Ints, needs: Any) -> Any:
        """What each candidate, a slot for a row of `needs` [row, product], takes of each limit [limit, candidate]."""
        lane, network = self.slots.lane(slot), self.slots.network
        each = needs[row].tocoo()
        limit = network.lane_warehouse[lane[each.row]] * self.products + each.col
        known = self.room[limit] >= 0
        limit, way, units = limit[known], each.row[known], each.data[known]
        if self.carriers and network.lane_carrier is not None:
            driven = np.flatnonzero(network.lane_carrier[lane] >= 0)
            day, carrier = self.slots.day(slot[driven]), network.lane_carrier[lane[driven]]
            of_cap = self.houses * self.products + day * self.carriers + carrier
            capped = self.room[of_cap] >= 0
            limit, way = np.r_[limit, of_cap[capped]], np.r_[way, driven[capped]]
            units = np.r_[units, np.ones(capped.sum(), np.int64)]
        return sparse.csc_array((units, (limit, way)), shape=(len(self.room), len(row)))

    def joint(self, limit: Ints, units: Ints, count: Ints) -> tuple[Joint, Ints]:
        """The limits that candidates take anything of, and their numbers; candidate after candidate takes `units` of so
        many limits."""
        numbers = np.flatnonzero(np.bincount(limit, minlength=len(self.room)))
        place = np.zeros(len(self.room), np.int32)
        place[numbers] = np.arange(len(numbers))
        first = np.r_[0, np.cumsum(count)].astype(np.int32 if len(limit) < 1 << 31 else np.int64)
        use = sparse.csc_array((units, place[limit], first), shape=(len(numbers), len(count)))
        return Joint(use, self.room[numbers], self.product[numbers]), numbers
