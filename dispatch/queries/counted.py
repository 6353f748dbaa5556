"""What is counted of a plan, as the rows that its pictures and tables are made of."""

from __future__ import annotations

import numpy as np

from dispatch.instance import ZONES
from dispatch.models import Lane, RerouteRun, Zone
from dispatch.solver.problem import Ints
from dispatch.tally import Tally, unpack_tally


def tally_of_run(run: RerouteRun) -> Tally | None:
    """What is counted of what a run proposes; None before it is solved."""
    kept = run.tallies.filter(goal=run.goal).values_list("tally", flat=True).first()
    return None if kept is None else unpack_tally(bytes(kept))


def by_warehouse(tally: Tally) -> list[tuple[str, int, int]]:
    """(code, orders before, orders after), most gained first."""
    before, after = per_house(tally, 1), per_house(tally, 2)
    found = [(code, int(before[at]), int(after[at])) for at, code in enumerate(tally.houses) if before[at] or after[at]]
    return sorted(found, key=lambda row: (-row[2], -row[1], row[0]))


def most_a_day(tally: Tally) -> int:
    """How many orders leave on the day on which most do."""
    served = tally.moves[tally.moves[:, 2] >= 0]
    return int(np.bincount(served[:, 3], served[:, 4]).max()) if len(served) else 0


def per_house(tally: Tally, column: int) -> Ints:
    house, orders = tally.moves[:, column], tally.moves[:, 4]
    found = np.zeros(len(tally.houses), np.int64)
    np.add.at(found, house[house >= 0], orders[house >= 0])
    return found


def by_lane(tally: Tally) -> list[tuple[int, int, int]]:
    """(lane id, orders before, orders after), most gained first."""
    lanes, at = np.unique(tally.lanes[:, 1], return_inverse=True)
    counts = np.zeros((len(lanes), 2), np.int64)
    np.add.at(counts, at, tally.lanes[:, 2:])
    order = np.lexsort((lanes, -counts[:, 0], -counts[:, 1]))
    return [*zip(lanes[order].tolist(), *counts[order].T.tolist(), strict=True)]


def by_move(tally: Tally) -> list[tuple[str, str, str, int]]:
    """(warehouse before, warehouse after, region, orders), "" for no warehouse, most first."""
    ways, at = np.unique(tally.moves[:, :3], axis=0, return_inverse=True)
    counts = np.zeros(len(ways), np.int64)
    np.add.at(counts, at.reshape(-1), tally.moves[:, 4])
    houses = [*tally.houses, ""]
    found = [
        (houses[old], houses[new], tally.regions[region], orders)
        for (region, old, new), orders in zip(ways.tolist(), counts.tolist(), strict=True)
    ]
    return sorted(found, key=lambda row: (-row[3], *row[:3]))


def by_zone(tally: Tally) -> list[tuple[str, int, int, int]]:
    """(zone, cost before, cost after of the same orders, cost of those without a price today) of what gets a way, in
    the sequence of the waves."""
    figures = tally.figures

    def sums(values: Ints) -> Ints:
        found = np.zeros(len(ZONES), np.int64)
        np.add.at(found, tally.zone, values)
        return found

    counts, today, after = sums(figures["assigned"]), sums(figures["cost_before"]), sums(figures["compared_after"])
    new = sums(figures["cost_after"]) - after
    sequence = sorted(np.flatnonzero(counts), key=lambda zone: (ZONES[zone] != Zone.CORE, -counts[zone], zone))
    return [(str(ZONES[zone]), int(today[zone]), int(after[zone]), int(new[zone])) for zone in sequence]


def by_way(tally: Tally) -> list[tuple[int, str, str, int]]:
    """(lane id, warehouse, carrier, orders) of what gets a way; lane 0 and carrier "" for what customers collect."""
    known = {lane: (house, carrier) for lane, house, carrier in Lane.objects.values_list("pk", "warehouse", "carrier")}
    collected = dict(zip(tally.houses, per_house(tally, 2).tolist(), strict=True))
    found = []
    for lane, _before, orders in by_lane(tally):
        if orders and lane in known:
            house, carrier = known[lane]
            found.append((lane, house, carrier, orders))
            collected[house] -= orders
    return found + [(0, house, "", orders) for house, orders in collected.items() if orders]
