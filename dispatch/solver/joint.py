"""Limits that lanes share and no network can hold: a warehouse's units of a product, a carrier's orders of a day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from dispatch.solver.flow import Arcs, Flow, min_cost_flow
from dispatch.solver.problem import Bools, Floats, Ints
from dispatch.solver.slots import Slots

PLENTY = 1 << 40
MOST_FILLINGS = 50


@dataclass(frozen=True)
class Joint:
    """What an order on each candidate takes of each limit, `use` [limit, candidate], and what there is, `room`. The
    limits of one `product` are those of its stock in each warehouse; -1 is a carrier's cap."""

    use: Any  # sparse.csc_array of whole numbers
    room: Ints
    product: Ints

    @cached_property
    def rows(self) -> Any:
        return self.use.tocsr()

    def surcharge(self, price: Ints) -> Ints:
        """What the prices of the limits add to the cost of each candidate."""
        found: Ints = self.use.T @ price
        return found

    def only(self, keep: Ints) -> Joint:
        """The same limits for some of the candidates."""
        return replace(self, use=self.use[:, keep])

    def left(self, on_arc: Ints) -> Ints:
        found: Ints = self.room - self.use @ on_arc
        return found

    def most(self, left: Ints) -> Ints:
        """How many orders more each candidate could take alone."""
        most = np.full(self.use.shape[1], PLENTY)
        limited = np.flatnonzero(np.diff(self.use.indptr))
        if len(limited):
            each = np.maximum(left, 0)[self.use.indices] // self.use.data
            most[limited] = np.minimum.reduceat(each, self.use.indptr[limited])
        return most

    def cut(self, on_arc: Ints, sequence: Ints) -> Ints:
        """The flow without what no limit has room for; `sequence` tells which candidates keep their orders first."""
        kept = on_arc.copy()
        place = np.empty_like(sequence)
        place[sequence] = np.arange(len(sequence))
        for row in np.flatnonzero(self.left(kept) < 0).tolist():
            span = slice(self.rows.indptr[row], self.rows.indptr[row + 1])
            arcs, units = self.rows.indices[span], self.rows.data[span]
            used = kept[arcs] > 0
            arcs, units = arcs[used], units[used]
            order = np.argsort(place[arcs])
            arcs, units = arcs[order], units[order]
            spent = kept[arcs] * units
            before = np.cumsum(spent) - spent
            kept[arcs] = np.clip((self.room[row] - before) // units, 0, kept[arcs])
        return kept


@dataclass(frozen=True)
class Shop:
    """A model in whole numbers with its joint limits: everything it takes to judge and to mend a flow."""

    slots: Slots
    arcs: Arcs
    joint: Joint

    def served(self, on_arc: Ints) -> Ints:
        return np.bincount(self.arcs.row, on_arc, minlength=len(self.arcs.size)).astype(np.int64)

    def load(self, on_arc: Ints) -> Ints:
        return np.bincount(self.arcs.lane, on_arc, minlength=self.slots.lanes).astype(np.int64)

    def flow(self, on_arc: Ints) -> Flow:
        return Flow(on_arc, self.arcs.size - self.served(on_arc))

    def objective(self, on_arc: Ints) -> float:
        """Costs, surge and penalties of a flow."""
        beyond = np.maximum(self.load(on_arc) - self.slots.lane_base, 0)
        left = self.arcs.size - self.served(on_arc)
        return float(self.arcs.cost @ on_arc) + float(self.arcs.surge @ beyond) + float(self.arcs.penalty @ left)

    def sequence(self, cost: Ints) -> Ints:
        """Candidates as they keep their orders: the weightiest first, then those whose next best costs most more."""
        row = self.arcs.row
        starts = np.flatnonzero(np.r_[True, row[1:] != row[:-1]]) if len(row) else np.zeros(0, np.int64)
        sizes = np.diff(np.r_[starts, len(row)])
        by_cost = np.lexsort((cost, row))
        best, second = by_cost[starts], by_cost[np.minimum(starts + 1, starts + sizes - 1)]
        regret = np.repeat(cost[best], sizes) - cost
        regret[best] = np.where(sizes > 1, cost[second] - cost[best], PLENTY)
        return np.lexsort((np.arange(len(row)), -regret, -self.arcs.penalty[row]))

    def beside(self, load: Ints) -> Slots:
        """What a load of the lanes leaves of them and of warehouses."""
        house = np.bincount(self.slots.lane_warehouse, load, minlength=self.slots.warehouses).astype(np.int64)
        return replace(
            self.slots,
            lane_capacity=np.maximum(self.slots.lane_capacity - load, 0),
            lane_base=np.maximum(self.slots.lane_base - load, 0),
            warehouse_capacity=np.maximum(self.slots.warehouse_capacity - house, 0),
        )

    def residual(self, on_arc: Ints) -> tuple[Slots, Ints]:
        """What a flow leaves of lanes and warehouses, and of each class's orders."""
        return self.beside(self.load(on_arc)), self.arcs.size - self.served(on_arc)

    def fill(self, on_arc: Ints, cost: Ints) -> Ints:
        """Serve what is left of the classes with what is left of everything, the weightiest first.

        Each flow gives no candidate more than its limits have room for if it were alone; what candidates together took
        too much is cut and offered again, until nothing can be placed.
        """
        sequence = None
        for _round in range(MOST_FILLINGS):
            slots, waiting = self.residual(on_arc)
            most = self.joint.most(self.joint.left(on_arc))
            open_lane = (slots.lane_capacity > 0) & (slots.warehouse_capacity > 0)[slots.lane_warehouse]
            some = np.flatnonzero((waiting[self.arcs.row] > 0) & (most > 0) & open_lane[self.arcs.lane])
            if not len(some):
                break
            rows, row = np.unique(self.arcs.row[some], return_inverse=True)
            penalty = self.arcs.penalty[rows]
            part = Arcs(row, self.arcs.lane[some], cost[some], waiting[rows], penalty, self.arcs.surge, most[some])
            more = np.zeros_like(on_arc)
            more[some] = min_cost_flow(slots, part).on_arc
            sequence = self.sequence(cost) if sequence is None else sequence
            more = replace(self.joint, room=self.joint.left(on_arc)).cut(more, sequence)
            if not more.any():
                break
            on_arc = on_arc + more
        return on_arc

    def part(self, rows: slice, span: slice) -> Shop:
        """Some classes by themselves, which have the candidates of the span; nothing is copied."""
        arcs, use = self.arcs, self.joint.use
        start = use.indptr[span.start : span.stop + 1]
        held = slice(start[0], start[-1])
        few = sparse.csc_array(
            (use.data[held], use.indices[held], start - start[0]), shape=(use.shape[0], span.stop - span.start)
        )
        row, size, penalty = arcs.row[span] - rows.start, arcs.size[rows], arcs.penalty[rows]
        return Shop(
            self.slots,
            Arcs(row, arcs.lane[span], arcs.cost[span], size, penalty, arcs.surge),
            replace(self.joint, use=few),
        )

    def only(self, some: Ints) -> Shop:
        """The same with some of the candidates."""
        arcs = replace(self.arcs, row=self.arcs.row[some], lane=self.arcs.lane[some], cost=self.arcs.cost[some])
        return Shop(self.slots, arcs, self.joint.only(some))

    def alone(self, some: Bools, on_arc: Ints) -> Shop:
        """The classes of some candidates, in what the flow on all others leaves."""
        used = np.flatnonzero(~some & (on_arc > 0))
        others, flow = self.only(used), on_arc[used].astype(np.int64)
        mine = self.only(np.flatnonzero(some))
        rows, row = np.unique(mine.arcs.row, return_inverse=True)
        few = replace(mine.arcs, row=row, size=mine.arcs.size[rows], penalty=mine.arcs.penalty[rows])
        joint = replace(mine.joint, room=others.joint.left(flow))
        return Shop(self.beside(others.load(flow)), few, joint)

    def within(self, on_arc: Ints, cost: Ints) -> Ints:
        """The flow without what limits and warehouses have no room for."""
        house = self.slots.lane_warehouse[self.arcs.lane]
        over = np.flatnonzero(
            np.bincount(house, on_arc, minlength=self.slots.warehouses) > self.slots.warehouse_capacity
        )
        if not len(over) and (self.joint.left(on_arc) >= 0).all():
            return on_arc
        sequence = self.sequence(cost)
        there = np.flatnonzero(np.isin(house, over))
        use = sparse.csc_array(
            (np.ones(len(there), np.int64), (np.searchsorted(over, house[there]), there)), shape=(len(over), len(house))
        )
        houses = Joint(use, self.slots.warehouse_capacity[over], np.full(len(over), -1))
        return houses.cut(self.joint.cut(on_arc, sequence), sequence)


def mean_by(group: Ints, values: Ints, weight: Ints, groups: int) -> Floats:
    """Weighted mean of the values of each group."""
    whole = np.bincount(group, weight, minlength=groups)
    return np.bincount(group, values * weight, minlength=groups) / np.maximum(whole, 1e-300)
