"""A whole plan from a mixture: what is whole already stays, the rest is decided together by HiGHS."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from dispatch.solver.joint import Shop
from dispatch.solver.problem import Floats, Ints

# Up to so many candidates are decided in whole orders, beyond them in shares that are rounded down.
FEW, MOST_NODES = 4_000, 2_000
CLOSE = 1e-6


def is_small(shop: Shop) -> bool:
    """Whether all candidates can be decided at once, without a mixture."""
    return len(shop.arcs.row) <= FEW


def round_off(shop: Shop, mix: Floats | None) -> Ints:
    """A flow that no limit forbids, as near to the best as the mixture's candidates allow; without a mixture, of all.
    Some orders may be left over."""
    arcs = shop.arcs
    whole = np.zeros(len(arcs.row), np.int64)
    free = np.arange(len(arcs.row))
    if mix is not None:
        nearest = np.rint(mix)
        split = np.bincount(arcs.row, np.abs(mix - nearest) > CLOSE, minlength=len(arcs.size)) > 0
        whole = np.where(split[arcs.row], 0, nearest).astype(np.int64)
        whole = shop.within(whole, arcs.cost)
        free = np.flatnonzero(split[arcs.row] & (mix > CLOSE))
    if len(free):
        whole[free] += decided(shop, whole, free)
    return whole


def decided(shop: Shop, whole: Ints, free: Ints) -> Ints:
    """The best flow on the `free` candidates beside the one that is there, rounded down."""
    arcs = shop.arcs
    slots, waiting = shop.residual(whole)
    rows, row = np.unique(arcs.row[free], return_inverse=True)
    lanes, lane = np.unique(arcs.lane[free], return_inverse=True)
    houses, house = np.unique(slots.lane_warehouse[lanes], return_inverse=True)
    dear = np.flatnonzero(slots.surges[lanes])
    count = len(free)
    place, ones = np.arange(count), np.ones(count)

    def block(at: Ints, height: int) -> sparse.csc_array:
        return sparse.csc_array((ones, (at, place)), shape=(height, count))

    # Columns: free candidates, orders left over by class, orders beyond a lane's base.
    beyond = sparse.csc_array((np.ones(len(dear)), (dear, np.arange(len(dear)))), shape=(len(lanes), len(dear)))
    matrix = sparse.block_array(
        [
            [block(row, len(rows)), sparse.identity(len(rows)), None],
            [block(lane, len(lanes)), None, -beyond],
            [block(house[lane], len(houses)), None, None],
            [shop.joint.use[:, free], None, None],
        ]
    ).tocsc()
    base = np.where(slots.surges[lanes], slots.lane_base[lanes], slots.lane_capacity[lanes])
    room = np.maximum(shop.joint.left(whole), 0)
    upper = np.concatenate([waiting[rows], base, slots.warehouse_capacity[houses], room]).astype(float)
    lower = np.full(len(upper), -np.inf)
    lower[: len(rows)] = upper[: len(rows)]
    dearest = float(max(arcs.cost.max(initial=1), 1))
    cost = np.concatenate([arcs.cost[free], arcs.penalty[rows], arcs.surge[lanes[dear]]]) / dearest
    most = np.r_[np.full(count + len(rows), np.inf), (slots.lane_capacity - slots.lane_base)[lanes[dear]]]
    found = milp(
        cost,
        integrality=np.full(len(cost), count <= FEW, np.uint8),
        bounds=Bounds(0, most),
        constraints=LinearConstraint(matrix, lower, upper),
        options={"node_limit": MOST_NODES, "mip_rel_gap": 0.0},
    )
    if found.x is None:
        return np.zeros(count, np.int64)
    return np.floor(found.x[:count] + CLOSE).astype(np.int64)
