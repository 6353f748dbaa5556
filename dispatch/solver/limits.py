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
        return sparse.csc_array((units.astype(np.int32), (limit, way)), shape=(len(self.room), len(row)))

    def joint(self, uses: list[Any]) -> tuple[Joint, Ints]:
        """The limits that candidates take anything of, part after part, and their numbers."""
        use = sparse.hstack(uses, format="csc")
        numbers = np.unique(use.indices)
        place = np.zeros(len(self.room), use.indices.dtype)
        place[numbers] = np.arange(len(numbers))
        few = sparse.csc_array((use.data, place[use.indices], use.indptr), shape=(len(numbers), use.shape[1]))
        return Joint(few, self.room[numbers], self.product[numbers]), numbers.astype(np.int64)
