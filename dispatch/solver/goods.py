"""What orders ask of products, and where it does not suffice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from dispatch.solver.candidates import Lawful
from dispatch.solver.classes import group
from dispatch.solver.problem import Bools, Ints, Network, Options, Orders, Wishes
from dispatch.solver.slots import unroll

if TYPE_CHECKING:
    from scipy import sparse


@dataclass(frozen=True)
class Goods:
    """What orders ask for and what lies where.

    Line n asks `units` [n] of `product` [n] for order `order` [n]. `stock` [warehouse, product] is what a warehouse has
    to give, negative where nobody knows, which limits nothing.
    """

    order: Ints
    product: Ints
    units: Ints
    stock: Ints

    @cached_property
    def totals(self) -> tuple[Ints, Ints, Ints]:
        """(order, product, units), each product of an order once."""
        pair, back = np.unique(self.order * self.stock.shape[1] + self.product, return_inverse=True)
        units = np.bincount(back, self.units).astype(np.int64)
        return pair // self.stock.shape[1], pair % self.stock.shape[1], units

    def needs(self, orders: int, products: Ints) -> sparse.csr_array:
        """Units of some products by [order, place of the product]."""
        from scipy import sparse

        order, product, units = self.totals
        place = np.full(self.stock.shape[1], -1)
        place[products] = np.arange(len(products))
        some = place[product] >= 0
        where = (order[some], place[product[some]])
        return sparse.coo_array((units[some], where), shape=(orders, len(products))).tocsr()

    def left(self, network: Network, lane: Ints) -> Ints:
        """What a plan leaves of each stock, by [warehouse, product]; negative where it takes too much, a great number
        where nobody knows the stock."""
        order, product, units = self.totals
        at = lane[order]
        sent = at >= 0
        left = np.where(self.stock < 0, 1 << 60, self.stock)
        np.subtract.at(left, (network.lane_warehouse[at[sent]], product[sent]), units[sent])
        return left


def without_stock(orders: Orders, goods: Goods) -> Orders:
    """The orders, each barred from the warehouses that have less of a product than it asks for alone."""
    order, product, units = goods.totals
    if not len(order):
        return orders
    # Lines that ask the same lack the same warehouses; an order lacks what any of its lines lacks.
    of, first = group([product, units])
    stock = goods.stock[:, product[first]].T
    lacking = np.packbits((stock >= 0) & (stock < units[first, None]), axis=1)
    some: Bools = np.any(lacking, axis=1)
    line = np.flatnonzero(some[of])
    if not len(line):
        return orders
    starts = np.flatnonzero(np.r_[True, order[line][1:] != order[line][:-1]])
    barred = np.bitwise_or.reduceat(lacking[of[line]], starts, axis=0)
    touched = order[line[starts]]
    kind, example = group([orders.makers[touched], *barred.T])
    houses = orders.maker_sets.shape[1]
    allowed = ~np.unpackbits(barred[example], axis=1, count=houses).astype(np.bool_)
    makers = orders.makers.copy()
    makers[touched] = len(orders.maker_sets) + kind
    sets = orders.maker_sets[orders.makers[touched[example]]] & allowed
    return replace(orders, makers=makers, maker_sets=np.concatenate([orders.maker_sets, sets]))


def for_want_of_stock(problem: tuple[Network, Orders, Options, Wishes], goods: Goods, lane: Ints, day: Ints) -> Bools:
    """Which orders without a lane lack one for want of stock: a way that has room lacks it, or every lawful way."""
    network, orders, options, wishes = problem
    wanting = np.zeros(len(orders), np.bool_)
    rows = np.flatnonzero(lane < 0)
    if not len(rows):
        return wanting
    slots = unroll(network, options, wishes)
    taken = (np.maximum(day, 0) * network.lanes + lane)[lane >= 0]
    load = np.bincount(taken, minlength=slots.lanes)
    house_load = np.bincount(slots.lane_warehouse, load, minlength=slots.warehouses)
    roomy = (load < slots.lane_capacity) & (house_load < slots.warehouse_capacity)[slots.lane_warehouse]
    pins = [None if pin is None else pin[rows] for pin in (wishes.pinned, wishes.pinned_day, wishes.refused)]
    found = Lawful(network, options, wishes).candidates(orders.take(rows), *pins)
    lacking = lacks(goods, rows, goods.left(network, lane))[found.row, network.lane_warehouse[slots.lane(found.slot)]]
    ways, without, blocked = (
        np.bincount(found.row, which, minlength=len(rows))
        for which in (np.ones(len(found.row)), lacking, lacking & roomy[found.slot])
    )
    wanting[rows] = (blocked > 0) | ((without == ways) & (ways > 0))
    return wanting


def lacks(goods: Goods, rows: Ints, left: Ints) -> Bools:
    """Whether each warehouse has too little left of something that an order of `rows` asks for."""
    order, product, units = goods.totals
    place = np.full(int(max(order.max(initial=-1), rows.max(initial=-1))) + 1, -1)
    place[rows] = np.arange(len(rows))
    line = np.flatnonzero(place[order] >= 0)
    found = np.zeros((len(rows), len(left)), np.bool_)
    for house, stock in enumerate(left):
        short = line[units[line] > stock[product[line]]]
        found[place[order[short]], house] = True
    return found
