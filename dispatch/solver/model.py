"""What is solved: classes of interchangeable orders, their lawful ways, and costs in whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dispatch.solver.candidates import Candidates, Lawful
from dispatch.solver.classes import Classes, classes_of
from dispatch.solver.flow import Arcs
from dispatch.solver.problem import Floats, Ints, Network, Options, Orders, Reason, Wishes
from dispatch.solver.slots import Slots, unroll

SCALES = tuple(10**power for power in range(6, -1, -1))
# Costs of many orders are rounded to cents: finer ones take longer and change nothing that the gap would show.
SCALES_OF_MANY = SCALES[4:]


@dataclass(frozen=True)
class Model:
    """Classes of orders and their candidates, and what they share. `weight` is what serving each order is worth."""

    orders: Orders
    slots: Slots
    lawful: Lawful
    weight: Ints
    classes: Classes
    found: Candidates
    outweigh: float

    @property
    def scales(self) -> tuple[int, ...]:
        return SCALES if self.classes.exact else SCALES_OF_MANY

    @property
    def live(self) -> Ints:
        """Orders of each class that some lane may lawfully carry."""
        return np.where(self.found.reason == Reason.ASSIGNED, self.classes.size, 0)

    def costs(self, scale: int) -> tuple[Ints, Ints]:
        """(cost of each candidate, what each slot's surge costs) in whole units."""
        return whole(self.found.cost(self.outweigh), scale), whole(self.slots.surge_cost, scale)

    def units(self, scale: int, unit: int) -> Units:
        return Units(scale, self.outweigh, unit, self.weight * unit)

    def arcs(self, scale: int, unit: int) -> Arcs:
        cost, surge = self.costs(scale)
        penalty = unit * self.weight[self.classes.first]
        return Arcs(self.found.row, self.found.slot, cost, self.live, penalty, surge)


def model_of(network: Network, orders: Orders, options: Options, wishes: Wishes, also: Sequence[Ints] = ()) -> Model:
    """What is to be solved; orders of a class are equal in the columns of `also`, too."""
    slots = unroll(network, options, wishes)
    lawful = Lawful(network, options, wishes)
    classes = classes_of(orders, lawful, options, [*pins(wishes), *also])
    found = lawful.candidates(classes.members, *pins_of(wishes, classes.first))
    outweigh = dearest(found) if found.toward is not None else 0.0
    return Model(orders, slots, lawful, weights(orders, wishes), classes, found, outweigh)


@dataclass(frozen=True)
class Units:
    """How costs become whole numbers, and what leaving each order unserved costs in them."""

    scale: int
    outweigh: float
    unit: int
    penalty: Ints

    def whole(self, lawful: Lawful, orders: Orders, row: Ints, lane: Ints, day: Ints) -> Ints:
        """What each pair of order and way costs."""
        costs = lawful.costs
        money = costs.fixed(orders, row, lane, lawful.tariff.piece(orders.weight))
        money += costs.lateness(orders, row, lane, day)
        if self.outweigh and (toward := costs.toward(orders, row, lane, day)) is not None:
            money += self.outweigh * toward
        return whole(money, self.scale)


def penalty_unit(found: Candidates, cost: Ints, surge: Ints) -> int:
    """A penalty so high that serving one more unit of weight is worth any change of cost.

    Two plans differ by simple cycles, which enter each lane at most once; so no cycle can add more cost than the sum
    over lanes of the dearest arc into each, and what its surge costs.
    """
    if not len(cost):
        return 1
    most = np.zeros(int(found.slot.max()) + 1, np.int64)
    np.maximum.at(most, found.slot, cost)
    return int(most.sum()) + int(surge.sum()) + 1


def weights(orders: Orders, wishes: Wishes) -> Ints:
    """What serving each order is worth; more for any pinned one than for any other."""
    if wishes.pinned is None or not len(orders):
        return orders.priority
    return orders.priority + np.where(wishes.pinned >= 0, orders.priority.max(), 0)


def pins(wishes: Wishes) -> list[Ints]:
    return [pin for pin in (wishes.pinned, wishes.pinned_day, wishes.refused) if pin is not None]


def pins_of(wishes: Wishes, rows: Ints | slice) -> list[Ints | None]:
    """What is wished of some of the orders, as `candidates` takes it."""
    return [None if pin is None else pin[rows] for pin in (wishes.pinned, wishes.pinned_day, wishes.refused)]


def dearest(found: Candidates) -> float:
    """What a unit of the goal (an hour, a change, a late day) counts: as much as the dearest way of any order."""
    return float(np.ceil(found.money.max(initial=0.0))) + 1.0


def whole(cost: Floats, scale: int) -> Ints:
    return np.rint(cost * scale).astype(np.int64)
