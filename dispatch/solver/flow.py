"""One min-cost flow: classes → lanes → warehouses → sink, with an overflow arc for what cannot be served."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dispatch.solver.problem import Ints
from dispatch.solver.slots import Slots

SAFE = 1 << 61


class CostsTooLarge(ArithmeticError):
    """The scaled costs do not fit the solver's integers: use a smaller scale."""


class NotSolved(RuntimeError):
    """The solver gave up, which it must not for a network that always has the overflow."""


@dataclass(frozen=True)
class Arcs:
    """The model in whole cost units: candidate arcs by `row` (class) and `lane` (a slot) with their `cost`; per class
    how many orders (`size`) and what leaving one of them unserved costs (`penalty`); what the dear part of each slot's
    capacity costs extra (`surge`). `most` limits the orders on each arc; None for no limit."""

    row: Ints
    lane: Ints
    cost: Ints
    size: Ints
    penalty: Ints
    surge: Ints
    most: Ints | None = None


@dataclass(frozen=True)
class Pools:
    """What warehouse slots draw on together: the pool of each, -1 for none, and what each pool has for how many
    orders."""

    of_house: Ints
    room: Ints


@dataclass(frozen=True)
class Flow:
    """Orders per candidate arc, and per class those that stay unserved."""

    on_arc: Ints
    unserved: Ints


def min_cost_flow(slots: Slots, arcs: Arcs, pools: Pools | None = None) -> Flow:
    """The optimal flow. Raises CostsTooLarge."""
    from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

    row, lane, size, penalty = arcs.row, arcs.lane, arcs.size, arcs.penalty
    total = int(size.sum())
    if total == 0:
        return Flow(np.zeros(len(row), np.int64), size.copy())
    lanes, lane_node = np.unique(lane, return_inverse=True)
    houses, house_of_lane = np.unique(slots.lane_warehouse[lanes], return_inverse=True)
    classes = len(size)
    house_node = classes + len(lanes)
    pool_node = house_node + len(houses)
    of_house = np.full(len(houses), -1) if pools is None else pools.of_house[houses]
    drawn, pool = np.unique(of_house, return_inverse=True)
    sink = pool_node + len(drawn)
    if (int(penalty.max()) + 1) * (sink + 2) > SAFE or int(penalty.max()) * total > SAFE:
        raise CostsTooLarge
    solver = SimpleMinCostFlow()
    carry = solver.add_arcs_with_capacity_and_unit_cost(
        row.astype(np.int32),
        (classes + lane_node).astype(np.int32),
        size[row] if arcs.most is None else np.minimum(size[row], arcs.most),
        arcs.cost,
    )
    dear = slots.surges[lanes]
    solver.add_arcs_with_capacity_and_unit_cost(
        np.arange(classes, house_node, dtype=np.int32),
        (house_node + house_of_lane).astype(np.int32),
        np.minimum(np.where(dear, slots.lane_base[lanes], slots.lane_capacity[lanes]), total),
        np.zeros(len(lanes), np.int64),
    )
    if dear.any():
        surge = (slots.lane_capacity - slots.lane_base)[lanes[dear]]
        solver.add_arcs_with_capacity_and_unit_cost(
            (classes + np.flatnonzero(dear)).astype(np.int32),
            (house_node + house_of_lane[dear]).astype(np.int32),
            np.minimum(surge, total),
            arcs.surge[lanes[dear]],
        )
    solver.add_arcs_with_capacity_and_unit_cost(
        np.arange(house_node, pool_node, dtype=np.int32),
        np.where(of_house < 0, sink, pool_node + pool).astype(np.int32),
        np.minimum(slots.warehouse_capacity[houses], total),
        np.zeros(len(houses), np.int64),
    )
    if pools is not None:
        solver.add_arcs_with_capacity_and_unit_cost(
            np.arange(pool_node, sink, dtype=np.int32),
            np.full(len(drawn), sink, np.int32),
            np.minimum(np.append(pools.room, 0)[drawn], total),  # nobody comes by the pool of -1
            np.zeros(len(drawn), np.int64),
        )
    overflow = solver.add_arcs_with_capacity_and_unit_cost(
        np.arange(classes, dtype=np.int32), np.full(classes, sink, np.int32), size, penalty
    )
    solver.set_nodes_supplies(np.arange(classes, dtype=np.int32), size)
    solver.set_node_supply(sink, -total)
    status = solver.solve()
    if status == solver.BAD_COST_RANGE:
        raise CostsTooLarge
    if status != solver.OPTIMAL:
        raise NotSolved(str(status))
    return Flow(np.asarray(solver.flows(carry), np.int64), np.asarray(solver.flows(overflow), np.int64))
