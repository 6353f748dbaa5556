"""The last word of a polished plan: every order that differs in anything by itself, with the best of its ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from dispatch.solver.blocks import bettered, blocks_of
from dispatch.solver.certificate import Certificate
from dispatch.solver.classes import Classes, classes_of
from dispatch.solver.flow import Arcs
from dispatch.solver.joining import Joining, priced
from dispatch.solver.joint import Joint, Shop
from dispatch.solver.model import pins, pins_of
from dispatch.solver.prices import Prices, find_prices
from dispatch.solver.problem import Bools, Floats, Ints
from dispatch.solver.solve import Result, disaggregate
from dispatch.solver.whole import CLOSE, round_off

# Of each class so many ways are looked at, the best at the first prices; so many classes at a time.
BEST_WAYS, CHUNK = 5, 50_000
ROUNDS, POLISHED = 30, 1e-4
# Where orders are left over, those that ask for the same change places, for so many kinds of what is asked.
MOST_KINDS = 16

# Which of some classes' candidates are looked at, from (row, slot) of each, its cost and what it takes of limits.
Choose = Callable[[Ints, Ints, Ints, Any], Bools]


def polished(joining: Joining, prices: Prices) -> Result:
    """The best plan found beside the best bound, from the first prices on."""
    watch, slots = joining.watch, joining.model.slots
    _flow, proof, _cost = priced(joining.shop, prices.limits)
    watch.lap("joint flow")
    # 1. Every order by itself, with its best ways at the first prices.
    finest, price = Finest(joining), joining.by_number(prices.limits)

    def best(row: Ints, slot: Ints, cost: Ints, use: Any) -> Bools:
        return best_ways(row, cost + proof.surcharge(slots, slot) + use.T @ price)

    shop, numbers = finest.shop(np.arange(len(finest.classes.size)), finest.classes.size, best)
    watch.lap("best ways")
    # 2. The best prices, and the mixture of the routes' plans, which is whole for nearly all.
    start = np.r_[proof.warehouse_price, price[numbers]]
    prices = find_prices(shop, finest.route, start, rounds=ROUNDS, tolerance=POLISHED)
    price[numbers] = prices.limits
    watch.lap("better prices")
    # 3. Whole orders; who is left over goes wherever there is room.
    on_arc = finest.exchanged(shop, in_whole(shop, finest.route, prices.mix))
    few = shop.only(np.flatnonzero(on_arc))
    on_arc = on_arc[on_arc > 0].astype(np.int64)
    del shop  # as large as everything else together
    slot = finest.filled(few, numbers, on_arc, prices.proof, price)
    watch.lap("better plan")
    return joining.result(slot, prices.proof, price[joining.numbers])


def in_whole(shop: Shop, route: Ints, mix: Floats) -> Ints:
    """A flow near the mixture: routes that do one plan do it, the others' orders are decided anew."""
    nearest = np.rint(mix)
    on_arc = nearest.astype(np.min_scalar_type(int(shop.arcs.size.max(initial=0))))
    nearest -= mix
    several = np.zeros(int(route.max(initial=0)) + 2, np.bool_)
    several[route[shop.arcs.row[np.abs(nearest, out=nearest) > CLOSE]]] = True
    some = several[route][shop.arcs.row]
    kept = np.flatnonzero((on_arc > 0) & ~some)
    few = shop.only(kept)
    on_arc[kept] = few.within(on_arc[kept].astype(np.int64), few.arcs.cost)
    if some.any():
        rest = shop.alone(some, on_arc)
        on_arc[some] = round_off(rest, mix[some])
    return on_arc


class Finest:
    """Classes of orders that are equal in everything that counts."""

    def __init__(self, joining: Joining) -> None:
        self.joining, given = joining, joining.given
        self.lawful = joining.model.lawful
        options = replace(given.options, exact_orders=len(given.orders))
        classes = classes_of(given.orders, self.lawful, options, [*pins(given.wishes), joining.kind])
        self.route = self.lawful.routes(classes.members)
        # Members are nearly all of the orders, and are looked up there when they are needed.
        self.classes = replace(classes, members=given.orders.take(slice(0)))

    def exchanged(self, shop: Shop, on_arc: Ints) -> Ints:
        """The flow after orders that ask for the same as others which are left over change places among themselves."""
        kind = self.joining.kind[self.classes.first]
        served = np.bincount(shop.arcs.row, on_arc, minlength=len(kind))
        short = np.bincount(kind, shop.arcs.size - served)
        for number in np.argsort(-short, kind="stable")[:MOST_KINDS]:
            if short[number] > 0:
                some = (kind == number)[shop.arcs.row]
                rest, mine = shop.alone(some, on_arc), on_arc[some].astype(np.int64)
                on_arc[some] = bettered(rest, mine, blocks_of(rest))
        return on_arc

    def shop(self, rows: Ints, size: Ints, choose: Choose) -> tuple[Shop, Ints]:
        """So many orders of some classes with the ways that are chosen, and the numbers of the limits they share."""
        joining, slots = self.joining, self.joining.model.slots
        weight = joining.model.weight[self.classes.first[rows]]
        counts: list[Ints] = []
        ways = Pile(np.int32, np.int32, np.int64)
        uses = Pile(np.int32, np.int64)
        for at in range(0, len(rows), CHUNK):
            some = self.classes.first[rows[at : at + CHUNK]]
            members = joining.given.orders.take(some)
            found = self.lawful.candidates(members, *pins_of(joining.given.wishes, some))
            cost = joining.units.whole(self.lawful, members, found.row, slots.lane(found.slot), slots.day(found.slot))
            use = joining.limits.use(found.row, found.slot, joining.needs[some])
            keep = np.flatnonzero(choose(found.row, found.slot, cost, use))
            use, share = use[:, keep], (at + len(some)) / len(rows)
            ways.add(share, found.row[keep] + at, found.slot[keep], cost[keep])
            uses.add(share, use.indices, use.data)
            counts.append(np.diff(use.indptr))
        row, slot, cost = ways.columns
        limit, units = uses.columns
        joint, numbers = joining.limits.joint(limit, units, np.concatenate(counts))
        live = np.where(np.bincount(row, minlength=len(rows)) > 0, size, 0)
        return Shop(slots, Arcs(row, slot, cost, live, joining.unit * weight, joining.shop.arcs.surge), joint), numbers

    def filled(self, shop: Shop, numbers: Ints, on_arc: Ints, proof: Certificate, price: Ints) -> Ints:
        """The slot of each order, when those that the flow leaves over take whatever way has room."""
        orders, slots, classes = self.joining.given.orders, shop.slots, self.classes
        slot = disaggregate(slots, orders, classes, shop.arcs, on_arc)
        waiting = np.flatnonzero((slot < 0) & (shop.arcs.size > 0)[classes.of])
        if not len(waiting):
            return slot
        left, room = shop.beside(shop.load(on_arc)), self.joining.limits.room.copy()
        room[numbers] = shop.joint.left(on_arc)
        roomy = (left.lane_capacity > 0) & (left.warehouse_capacity > 0)[slots.lane_warehouse]

        def with_room(_row: Ints, way: Ints, _cost: Ints, use: Any) -> Bools:
            return roomy[way] & (Joint(use, room, room).most(room) > 0)

        rows, of = np.unique(classes.of[waiting], return_inverse=True)
        size = np.bincount(of)
        rest, few = self.shop(rows, size, with_room)
        rest = Shop(left, rest.arcs, replace(rest.joint, room=room[few]))
        cost = rest.arcs.cost + proof.surcharge(slots, rest.arcs.lane) + rest.joint.surcharge(price[few])
        more = rest.fill(np.zeros_like(cost), cost)
        some = Classes(of, classes.first[rows], classes.members, size, exact=True)
        slot[waiting] = disaggregate(slots, orders.take(waiting), some, rest.arcs, more)
        return slot


class Pile:
    """Columns that come part by part and are held only once: there are millions of rows."""

    def __init__(self, *kinds: type[np.signedinteger[Any]]) -> None:
        self.length, self.held = 0, [np.empty(0, kind) for kind in kinds]

    def add(self, share: float, *parts: Ints) -> None:
        """One more part of each column; with it the pile has such a `share` of all that is to come."""
        length = self.length + len(parts[0])
        for place, part in enumerate(parts):
            if length > len(self.held[place]):
                longer = np.empty(int(length / share * 1.05) + 1, self.held[place].dtype)
                longer[: self.length] = self.held[place][: self.length]
                self.held[place] = longer
            self.held[place][self.length : length] = part
        self.length = length

    @property
    def columns(self) -> list[Any]:
        return [column[: self.length] for column in self.held]


def best_ways(row: Ints, priced: Ints) -> Bools:
    """The candidates of each class that are cheapest at some prices."""
    by_price = np.lexsort((priced, row))
    place = np.empty(len(row), np.int64)
    place[by_price] = np.arange(len(row)) - np.searchsorted(row, row)
    return place < BEST_WAYS
