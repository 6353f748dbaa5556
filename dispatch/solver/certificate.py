"""The proof that a flow is optimal: a price per lane and per warehouse, on each day.

For any prices ≥ 0, no plan can cost less than

    Σ over orders of min(penalty, cheapest lawful (cost + lane price + warehouse price)) - Σ price x capacity

where the part of a lane's capacity that costs extra counts with the price less that extra cost, if that is positive

(weak duality: Ahuja, Magnanti and Orlin, Network Flows, 1993, ch. 9). Whoever doubts a result needs the prices and
this one line. The prices come from node potentials: shortest distances in the flow's residual slots.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dispatch.solver.flow import Arcs, Flow
from dispatch.solver.problem import Bools, Ints
from dispatch.solver.slots import Slots

MOST_ROUNDS = 5_000


@dataclass(frozen=True)
class Certificate:
    """Prices in whole cost units, by slot; `surge` is what the dear part of each lane's capacity costs. `settled` says
    that the potentials reached a fixed point, hence no cycle of negative cost exists and the flow is optimal for its
    classes."""

    lane_price: Ints
    warehouse_price: Ints
    surge: Ints
    settled: bool
    rounds: int

    def surcharge(self, slots: Slots, lane: Ints) -> Ints:
        """What the scarce capacity behind each lane adds to its cost."""
        return self.lane_price[lane] + self.warehouse_price[slots.lane_warehouse[lane]]

    def capacity_value(self, slots: Slots) -> int:
        """Σ price x capacity; of the dear part of a lane's capacity only what its price exceeds the extra cost by."""
        return sum(self.lane_worth(slots).values()) + exact_dot(self.warehouse_price, slots.warehouse_capacity)

    def as_weight(self, slots: Slots) -> int:
        """Its value where costs count nothing, surge neither."""
        return replace(self, surge=np.zeros_like(self.surge)).capacity_value(slots)

    def lane_worth(self, slots: Slots) -> dict[int, int]:
        """That sum for each lane that has a price, over its days."""
        used = np.flatnonzero(self.lane_price)
        dear, price, surge = slots.surges[used], self.lane_price[used], self.surge[used]
        base = np.where(dear, slots.lane_base[used], slots.lane_capacity[used])
        above = np.where(dear, np.maximum(price - surge, 0), 0)
        beyond = slots.lane_capacity[used] - base
        found: dict[int, int] = {}
        for lane, *parts in zip(
            *(column.tolist() for column in (slots.lane(used), price, base, above, beyond)), strict=True
        ):
            found[lane] = found.get(lane, 0) + parts[0] * parts[1] + parts[2] * parts[3]
        return found


def exact_dot(left: Ints, right: Ints) -> int:
    """A sum of products in whole numbers without overflow: only what is priced counts, and that is little."""
    used = np.flatnonzero(left)
    return sum(int(a) * int(b) for a, b in zip(left[used], right[used], strict=True))


class Pull:
    """Lowers the values of targets to the least of what their arcs offer; arcs are grouped by target once."""

    def __init__(self, target: Ints) -> None:
        self.order = np.argsort(target, kind="stable")
        ordered = target[self.order]
        self.starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(target) else self.order
        self.targets = ordered[self.starts] if len(target) else target

    def __call__(self, values: Ints, offers: Ints) -> bool:
        if not len(self.targets):
            return False
        best = np.minimum.reduceat(offers[self.order], self.starts)
        lower = best < values[self.targets]
        values[self.targets[lower]] = best[lower]
        return bool(lower.any())


def certify(slots: Slots, arcs: Arcs, flow: Flow, most_rounds: int = MOST_ROUNDS) -> Certificate:
    """Potentials by Bellman and Ford over the residual network, all arcs of a kind at a time.

    Starts from zero everywhere (a source that reaches every node at no cost). Arcs from classes are taken as without
    capacity, which a class's own size makes them.
    """
    row, lane, cost, size, penalty = arcs.row, arcs.lane, arcs.cost, arcs.size, arcs.penalty
    load = np.bincount(lane, flow.on_arc, minlength=slots.lanes).astype(np.int64)
    house = slots.lane_warehouse
    house_load = np.bincount(house, load, minlength=slots.warehouses).astype(np.int64)
    used_lanes = np.unique(lane)
    base = np.where(slots.surges, slots.lane_base, slots.lane_capacity)
    room = used_lanes[load[used_lanes] < base[used_lanes]]
    dear = used_lanes[slots.surges[used_lanes]]
    dear_room, dear_taken = dear[load[dear] < slots.lane_capacity[dear]], dear[load[dear] > base[dear]]
    taken = used_lanes[load[used_lanes] > 0]
    house_room, house_taken = house_load < slots.warehouse_capacity, house_load > 0
    carried = np.flatnonzero(flow.on_arc > 0)
    short = flow.unserved > 0

    of_class = np.zeros(len(size), np.int64)
    of_lane, of_house, of_sink = np.zeros(slots.lanes, np.int64), np.zeros(slots.warehouses, np.int64), 0
    to_lane, to_class = Pull(lane), Pull(row[carried])
    to_house, to_dear_house = Pull(house[room]), Pull(house[dear_room])
    rounds, moved = 0, len(size) > 0
    while moved and rounds < most_rounds:
        rounds += 1
        moved = to_lane(of_lane, of_class[row] + cost)
        moved |= to_house(of_house, of_lane[room])
        moved |= to_dear_house(of_house, of_lane[dear_room] + arcs.surge[dear_room])
        sink = min(least(of_house, house_room), least(of_class + penalty), of_sink)
        moved |= sink < of_sink
        of_sink = sink
        moved |= lower(of_house, house_taken, of_sink)
        moved |= lower_at(of_lane, taken, of_house[house[taken]])
        moved |= lower_at(of_lane, dear_taken, of_house[house[dear_taken]] - arcs.surge[dear_taken])
        moved |= to_class(of_class, of_lane[lane[carried]] - cost[carried])
        moved |= lower(of_class, short, of_sink - penalty)
    lane_price = np.zeros(slots.lanes, np.int64)
    lane_price[used_lanes] = np.maximum(of_house[house[used_lanes]] - of_lane[used_lanes], 0)
    house_price = np.zeros(slots.warehouses, np.int64)
    reached = np.unique(house[used_lanes])
    house_price[reached] = np.maximum(of_sink - of_house[reached], 0)
    return Certificate(lane_price, house_price, arcs.surge, not moved, rounds)


def least(values: Ints, where: Bools | None = None) -> int:
    values = values if where is None else values[where]
    return int(values.min()) if len(values) else 0


def lower(values: Ints, where: Bools, offer: Ints | int) -> bool:
    better = where & (offer < values)
    values[better] = offer[better] if isinstance(offer, np.ndarray) else offer
    return bool(better.any())


def lower_at(values: Ints, places: Ints, offers: Ints) -> bool:
    better = offers < values[places]
    values[places[better]] = offers[better]
    return bool(better.any())
