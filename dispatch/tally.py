"""A plan counted region by region: its figures, where its orders leave from before and after, and who they are.

Regions share nothing but warehouses, so what is known of them one by one can be put together anew when some of them are
solved again, and the pictures of a plan need no look at its orders.
"""

from __future__ import annotations

import io
import json
import zlib
from dataclasses import dataclass, replace

import numpy as np

from dispatch.instance import Instance
from dispatch.models import Outcome
from dispatch.plans import days_of, in_time, units
from dispatch.solver import Result
from dispatch.solver.problem import Bools, Floats, Ints

NOWHERE = -1
LARGEST = 1 << 61
REASONS = [outcome.name.lower() for outcome in Outcome if outcome]


@dataclass(frozen=True)
class Tally:
    """`regions` and `houses` are codes, `zone` [region] an index into dispatch.instance.ZONES.

    `figures` name → [region]: orders, moved, assigned, crossing, temporary, each reason of the unserved, money
    (cost_before, compared_after, cost_after) in units of 1/`scale`, promised, on_time_before, on_time_after; then of
    the objective what orders spend, what served ones spend, the least they could, and what the prices of their lanes
    are worth (dispatch.solver.Result). `moves` are rows (region, warehouse before, warehouse after, day, orders),
    `lanes` rows (region, lane id, before, after). `network` is the fingerprint of what it was solved in, "" when that
    does not tell enough.
    """

    regions: list[str]
    houses: list[str]
    scale: int
    outweigh: float
    network: str
    zone: Ints
    figures: dict[str, Ints]
    moves: Ints
    lanes: Ints

    def total(self, name: str) -> int:
        return int(self.figures[name].sum())

    def pack(self) -> bytes:
        """As few bytes: a line of JSON, then the arrays."""
        head = {
            "regions": self.regions,
            "houses": self.houses,
            "scale": self.scale,
            "outweigh": self.outweigh,
            "network": self.network,
            "figures": list(self.figures),
        }
        sink = io.BytesIO()
        np.savez(
            sink,
            head=np.frombuffer(json.dumps(head).encode(), np.uint8),
            zone=self.zone,
            figures=np.array(list(self.figures.values())),
            moves=self.moves.astype(np.int32),
            lanes=self.lanes,
        )
        return zlib.compress(sink.getvalue(), 1)

    def with_part(self, part: Tally, regions: Ints) -> Tally:
        """The same with these regions as `part` has them."""
        figures = {name: values.copy() for name, values in self.figures.items()}
        for name, values in figures.items():
            values[regions] = part.figures[name][regions]

        def rows(old: Ints, new: Ints) -> Ints:
            return np.concatenate([old[~np.isin(old[:, 0], regions)], new])

        return replace(self, figures=figures, moves=rows(self.moves, part.moves), lanes=rows(self.lanes, part.lanes))

    def used(self, regions: Ints, days: int) -> Ints:
        """Orders by [day, warehouse] that all but these regions take."""
        region, _old, new, day, orders = self.moves.T
        found = np.zeros((days, len(self.houses)), np.int64)
        others = (new >= 0) & (day < days) & ~np.isin(region, regions)
        np.add.at(found, (day[others], new[others]), orders[others])
        return found


def unpack_tally(packed: bytes) -> Tally:
    """What `Tally.pack` made."""
    arrays = np.load(io.BytesIO(zlib.decompress(packed)), allow_pickle=False)
    head = json.loads(arrays["head"].tobytes())
    return Tally(
        regions=head["regions"],
        houses=head["houses"],
        scale=head["scale"],
        outweigh=head["outweigh"],
        network=head["network"],
        zone=arrays["zone"],
        figures=dict(zip(head["figures"], arrays["figures"], strict=True)),
        moves=arrays["moves"].astype(np.int64),
        lanes=arrays["lanes"],
    )


def tally_of(instance: Instance, result: Result, before: Floats) -> Tally:
    """Count a plan; `before` is what each order costs on its way today (NaN: unknown)."""
    orders, house_of = instance.orders, instance.network.lane_warehouse
    region, regions = orders.region, len(instance.regions)
    served, known = result.lane >= 0, ~np.isnan(before)
    promised = np.isfinite(orders.slack)
    today_at = np.where(orders.lane >= 0, house_of[orders.lane], NOWHERE) if len(house_of) else orders.lane
    new = np.where(served, house_of[result.lane], NOWHERE) if len(house_of) else result.lane
    provinces = np.unique(instance.provinces, return_inverse=True)
    province = np.append(np.where(provinces[0] == "", NOWHERE, np.arange(len(provinces[0])))[provinces[1]], NOWHERE)
    here, there = province[new], province[today_at]
    paid, today = units(result.cost, result.scale), units(before, result.scale)

    def count(rows: Bools) -> Ints:
        return np.bincount(region[rows], minlength=regions)

    def total(values: Ints, rows: Bools) -> Ints:
        found = np.zeros(regions, np.int64)
        np.add.at(found, region[rows], values[rows])
        return found

    whole = np.ones(len(region), np.bool_)
    figures = {
        "orders": count(whole),
        "moved": count(served & ((result.lane != orders.lane) | (days_of(result) > 0))),
        "assigned": count(served),
        "crossing": count(served & (here >= 0) & (there >= 0) & (here != there)),
        "temporary": count(np.append(instance.temporary, False)[new]),
        **{reason: count(result.reason == code) for code, reason in enumerate(REASONS, start=1)},
        "cost_before": total(today, served & known),
        "compared_after": total(paid, served & known),
        "cost_after": total(paid, served),
        "promised": count(promised),
        "on_time_before": count(promised & in_time(instance, orders.lane)),
        "on_time_after": count(promised & in_time(instance, result.lane, result.day)),
        "spent": total(result.spent, whole),
        "served": total(result.spent, served),
        "least": total(result.least, whole),
    }
    worth = np.zeros(regions + 1, object)
    for lane, value in result.worth.items():
        worth[instance.network.lane_region[lane]] += value
    plain = worth[-1] == 0 and all(value < LARGEST for value in worth)
    figures["worth"] = worth[:-1].astype(np.int64) if plain else np.zeros(regions, np.int64)
    lanes, width = len(instance.lane_ids), len(instance.lane_ids) + 1

    def by_lane(lane: Ints) -> Ints:
        on = (lane >= 0) & (lane < lanes)
        return np.bincount(region[on] * width + lane[on], minlength=regions * width)

    left, right = by_lane(orders.lane), by_lane(result.lane)
    at = np.flatnonzero(left + right)
    way, day = (instance.house + 1) * (len(instance.warehouse_codes) + 1) + new + 1, days_of(result)
    return Tally(
        regions=instance.regions,
        houses=instance.warehouse_codes,
        scale=result.scale,
        outweigh=result.outweigh,
        network=instance.fingerprint if plain else "",
        zone=instance.zones,
        figures={name: values.astype(np.int64) for name, values in figures.items()},
        moves=moves_of(region, way, day, len(instance.warehouse_codes) + 1),
        lanes=np.stack([at // width, instance.lane_ids[at % width], left[at], right[at]], 1)
        if lanes
        else np.zeros((0, 4), np.int64),
    )


def moves_of(region: Ints, way: Ints, day: Ints, houses: int) -> Ints:
    """Rows of Tally.moves: `way` is (before + 1) x houses + after + 1, with 0 for nowhere."""
    ways, days = houses * houses, int(day.max(initial=0)) + 1
    counts = np.bincount((region * ways + way) * days + day)
    at = np.flatnonzero(counts)
    pair = at // days % ways
    return np.stack([at // days // ways, pair // houses - 1, pair % houses - 1, at % days, counts[at]], 1)


def pack_members(region: Ints, order_ids: Ints, regions: int) -> bytes:
    """The orders of each region as few bytes."""
    by_region = np.argsort(region, kind="stable")
    counts = np.bincount(region, minlength=regions).astype("<i4")
    steps = np.diff(order_ids[by_region], prepend=0).astype("<i8")
    return zlib.compress(counts.tobytes() + steps.tobytes(), 1)


def unpack_members(packed: bytes, regions: int) -> tuple[Ints, Ints]:
    """(region, order id) of each order, region by region."""
    raw = zlib.decompress(packed)
    counts = np.frombuffer(raw, "<i4", regions)
    return np.repeat(np.arange(regions), counts), np.cumsum(np.frombuffer(raw, "<i8", offset=4 * regions))
