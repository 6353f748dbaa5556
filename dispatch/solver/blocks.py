"""Bettering a plan product by product: what the orders of one product do is a flow, as long as all others stay put."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dispatch.solver.classes import group
from dispatch.solver.flow import Arcs, Pools, min_cost_flow
from dispatch.solver.joint import Joint, Shop
from dispatch.solver.problem import Ints
from dispatch.solver.tariff import offsets

# With so many products the ones with fewest candidates are only filled up.
MOST_BLOCKS = 256
PRICED_ROUNDS, PLAIN_ROUNDS, WORTHWHILE = 3, 3, 1e-3


@dataclass(frozen=True)
class Block:
    """Classes (`rows`) that ask `units` of one product, and all their candidates (`arcs`, `row` of each in `rows`).
    `pool` is the stock that each warehouse slot draws on, by limit, -1 where none is known. `use` is what the
    candidates take of every limit; `besides` are the limits that they use besides this product's."""

    arcs: Ints
    rows: Ints
    row: Ints
    units: int
    pool: Ints
    use: Joint
    besides: Ints

    def most(self, left: Ints) -> Ints:
        """How many orders more each candidate could take of the limits besides, alone."""
        others = Joint(self.use.rows[self.besides].tocsc(), left[self.besides], self.use.product[self.besides])
        return others.most(others.room)


def blocks_of(shop: Shop) -> list[Block]:
    """A block for each product and number of units, and one of the classes that ask for no product in question. A class
    is in as many as it asks products."""
    arcs, joint = shop.arcs, shop.joint
    use = joint.use.tocoo()
    stock = np.flatnonzero(joint.product[use.row] >= 0)
    limit, arc, units = use.row[stock], use.col[stock], use.data[stock]
    free = np.ones(len(arcs.size), np.bool_)
    free[arcs.row[arc]] = False
    nowhere = np.full(shop.slots.warehouses, -1)
    found = [block_of(shop, np.flatnonzero(free), 1, nowhere, -1)]
    of, _first = group([joint.product[limit], units])
    sequence = np.argsort(of, kind="stable")
    for mine in np.split(sequence, np.cumsum(np.bincount(of))):
        if len(mine):
            pool = nowhere.copy()
            pool[shop.slots.lane_warehouse[arcs.lane[arc[mine]]]] = limit[mine]
            product, each = int(joint.product[limit[mine[0]]]), int(units[mine[0]])
            found.append(block_of(shop, np.unique(arcs.row[arc[mine]]), each, pool, product))
    found = [block for block in found if len(block.arcs)]
    return sorted(found, key=lambda block: -len(block.arcs))[:MOST_BLOCKS]


def block_of(shop: Shop, rows: Ints, units: int, pool: Ints, product: int) -> Block:
    start = np.searchsorted(shop.arcs.row, rows)
    degree = np.searchsorted(shop.arcs.row, rows, side="right") - start
    arcs = np.repeat(start, degree) + offsets(degree)
    use = shop.joint.only(arcs)
    besides = np.flatnonzero((np.diff(use.rows.indptr) > 0) & ((use.product != product) | (product < 0)))
    return Block(arcs, rows, np.repeat(np.arange(len(rows)), degree), units, pool, use, besides)


def mended(shop: Shop, on_arc: Ints, cost: Ints, scarcity: Ints) -> Ints:
    """A lawful plan near one that overspends limits. `cost` has the limits' prices in it, `scarcity` is what the prices
    of lanes and warehouses add.

    Every block in turn does what is best for it in what the others leave: first at those prices, so that it spares the
    others what is scarce, then without; last, what is left is filled up.
    """
    plan = shop.within(on_arc, cost)
    blocks = blocks_of(shop)
    for _round in range(PRICED_ROUNDS):
        plan = descend(shop, plan, blocks, shop.arcs.cost + scarcity)
    return shop.fill(bettered(shop, plan, blocks), cost)


def bettered(shop: Shop, on_arc: Ints, blocks: list[Block]) -> Ints:
    """The plan after some rounds that each block does what is best for it."""
    value = shop.objective(on_arc)
    for _round in range(PLAIN_ROUNDS):
        before, on_arc = value, descend(shop, on_arc, blocks, shop.arcs.cost)
        value = shop.objective(on_arc)
        if before - value <= WORTHWHILE * abs(value):
            break
    return on_arc


def descend(shop: Shop, on_arc: Ints, blocks: list[Block], cost: Ints) -> Ints:
    """Each block once, at what its candidates cost."""
    arcs, slots = shop.arcs, shop.slots
    on_arc, load, left = on_arc.copy(), shop.load(on_arc), shop.joint.left(on_arc)
    for block in blocks:
        mine, lane = on_arc[block.arcs], arcs.lane[block.arcs]
        apart = shop.beside(load - np.bincount(lane, mine, minlength=slots.lanes).astype(np.int64))
        room = left + block.use.use @ mine
        most = mine + block.most(left) if len(block.besides) else None
        part = Arcs(
            block.row, lane, cost[block.arcs], arcs.size[block.rows], arcs.penalty[block.rows], arcs.surge, most
        )
        better = min_cost_flow(apart, part, Pools(block.pool, np.maximum(room, 0) // block.units)).on_arc
        if len(block.besides):
            alone = Shop(apart, part, replace(block.use, room=room))
            better = alone.fill(alone.joint.cut(better, alone.sequence(part.cost)), part.cost)
            better = min(mine, better, key=alone.objective)
        on_arc[block.arcs] = better
        load += np.bincount(lane, better - mine, minlength=slots.lanes).astype(np.int64)
        left = left - block.use.use @ (better - mine)
    return on_arc
