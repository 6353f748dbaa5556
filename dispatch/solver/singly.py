"""The last word of a polished plan for very many orders: product by product, order by order, beside all others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from dispatch.solver.blocks import blocks_of, descend
from dispatch.solver.certificate import Certificate
from dispatch.solver.goods import Goods
from dispatch.solver.joint import Shop
from dispatch.solver.problem import Ints, Orders, Wishes
from dispatch.solver.solve import disaggregate

if TYPE_CHECKING:
    from dispatch.solver.stock import Joining

# So many orders at a time; how often all of them, with the prices of lanes and warehouses first and without them after.
CHUNK, ROUNDS = 100_000, 2


def parts_of(orders: Orders, goods: Goods, products: Ints) -> list[Ints]:
    """The orders by the first product in question that they ask for, no more than CHUNK at a time."""
    place = np.full(goods.stock.shape[1], len(products))
    place[products] = np.arange(len(products))
    order, product, _units = goods.totals
    first = np.full(len(orders), len(products))
    np.minimum.at(first, order, place[product])
    sequence = np.lexsort((orders.service, orders.region, first))
    ends = np.cumsum(np.bincount(first))
    parts = np.split(sequence, ends[:-1])
    return [piece for part in parts if len(part) for piece in np.array_split(part, -(-len(part) // CHUNK))]


def wished(wishes: Wishes, rows: Ints) -> Wishes:
    """The wishes about some of the orders."""
    pinned, day, refused = (
        None if pin is None else pin[rows] for pin in (wishes.pinned, wishes.pinned_day, wishes.refused)
    )
    return replace(wishes, pinned=pinned, pinned_day=day, refused=refused)


def asked(goods: Goods, rows: Ints, count: int) -> Goods:
    """What some of the orders ask for."""
    place = np.full(count, -1)
    place[rows] = np.arange(len(rows))
    order, product, units = goods.totals
    some = place[order] >= 0
    return Goods(place[order[some]], product[some], units[some], goods.stock)


def one_by_one(joining: Joining, slot: Ints, proof: Certificate) -> Ints:
    """Where each order goes better than by `slot`: every part in turn, in what all others leave; first at the prices of
    lanes and warehouses, so that it spares the others what is scarce, then without. Whatever is shared is kept."""
    slot = slot.copy()
    parts = parts_of(joining.given.orders, joining.given.goods, joining.given.products)
    for _round in range(ROUNDS):
        for prices in (proof, None):
            for rows in parts:
                slot[rows] = bettered(joining, slot, rows, prices)
    return slot


def bettered(joining: Joining, slot: Ints, rows: Ints, proof: Certificate | None) -> Ints:
    """Where the orders `rows` go best while all others stay."""
    given, whole = joining.given, joining.shop
    slots = whole.slots
    orders = given.orders.take(rows)
    part = joining.part(
        replace(
            given,
            orders=orders,
            goods=asked(given.goods, rows, len(slot)),
            wishes=wished(given.wishes, rows),
            options=replace(given.options, exact_orders=len(rows)),
        )
    )
    others = slot.copy()
    others[rows] = -1
    load = np.bincount(others[others >= 0], minlength=slots.lanes).astype(np.int64)
    left = given.goods.left(given.network, np.where(others >= 0, slots.lane(others), -1))
    room = left[:, given.products].reshape(-1)[part.places[0]]
    shop = Shop(whole.beside(load), part.shop.arcs, replace(part.shop.joint, room=room))
    arcs, served = shop.arcs, slot[rows] >= 0
    keys = arcs.row * slots.lanes + arcs.lane
    sequence = np.argsort(keys)
    now = part.model.classes.of[served] * slots.lanes + slot[rows][served]
    at = sequence[np.searchsorted(keys[sequence], now)]
    on_arc = np.bincount(at, minlength=len(arcs.row)).astype(np.int64)
    cost = arcs.cost if proof is None else arcs.cost + proof.surcharge(slots, arcs.lane)
    better = descend(shop, on_arc, blocks_of(shop), cost)
    return disaggregate(slots, orders, part.model.classes, part.model.found, shop.flow(better))
