"""What freight costs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dispatch.solver.problem import Floats, Ints, Network


@dataclass(frozen=True)
class Tariff:
    """The network's rates, laid out so that the rates covering a weight are found without a search per lane.

    The distinct ends of all weight bands cut the weights into pieces, alternately open intervals and single points;
    within a piece the same rates apply throughout.
    """

    network: Network

    @cached_property
    def edges(self) -> Floats:
        return np.unique(np.concatenate([self.network.rate_from, self.network.rate_to]))

    def piece(self, weight: Floats) -> Ints:
        place = np.searchsorted(self.edges, weight)
        if not len(self.edges):
            return place.astype(np.int64)
        exact = self.edges[np.minimum(place, len(self.edges) - 1)] == weight
        return (2 * place + exact).astype(np.int64)

    @cached_property
    def table(self) -> Ints:
        """rate index by [lane, piece, slot]; -1 where there is none."""
        network = self.network
        first = 2 * np.searchsorted(self.edges, network.rate_from) + 1
        last = 2 * np.searchsorted(self.edges, network.rate_to) + 1
        spans = np.maximum(last - first + 1, 0)
        rate = np.repeat(np.arange(len(spans)), spans)
        piece = first[rate] + offsets(spans)
        pieces = 2 * len(self.edges) + 1
        cell = network.rate_lane[rate] * pieces + piece
        order = np.argsort(cell, kind="stable")
        cell, rate = cell[order], rate[order]
        starts = np.flatnonzero(np.r_[True, cell[1:] != cell[:-1]]) if len(cell) else np.empty(0, np.int64)
        sizes = np.diff(np.r_[starts, len(cell)])
        slots = int(sizes.max()) if len(sizes) else 1
        table = np.full((network.lanes * pieces, slots), -1, np.int64)
        table[cell, offsets(sizes)] = rate
        return table.reshape(network.lanes, pieces, slots)

    def freight(self, lane: Ints, weight: Floats, piece: Ints) -> Floats:
        """Cheapest freight of each pair of lane and weight; infinite where no rate covers it."""
        network = self.network
        rates = self.table[lane, piece]
        cheapest = np.full(len(lane), np.inf)
        for slot in range(rates.shape[1] if rates.ndim == 2 else 0):
            rate = rates[:, slot]
            found = rate >= 0
            cost = np.maximum(network.rate_minimum[rate[found]], network.rate_per_weight[rate[found]] * weight[found])
            cheapest[found] = np.minimum(cheapest[found], cost)
        return np.where(network.lane_collected[lane], 0.0, cheapest)


def offsets(sizes: Ints) -> Ints:
    """0, 1, … size-1 for each size, one after the other."""
    ends = np.cumsum(sizes)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - sizes, sizes)
