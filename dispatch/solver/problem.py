"""What is to be solved, as arrays. Every index points into another array of the same problem."""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Reason(enum.IntEnum):
    """Why an order gets no lane: the first rule that no open warehouse passes, or that capacity ran out."""

    ASSIGNED = 0
    CLOSED = 1  # no lane into the destination is open
    PRODUCT = 2  # no open warehouse has every product of the order
    CUSTOMER = 3  # none of those may serve this customer
    RATE = 4  # none of those has an open lane whose rates cover the service level and weight
    CAPACITY = 5  # lawful lanes exist, but their capacity went to orders of higher weight or lower cost
    WISH = 6  # lawful lanes exist, but the commander's wishes leave none
    REFUSED = 7  # lawful lanes exist, but the order system refused each of them for this order
    STOCK = 8  # lawful lanes exist, but what lies in their warehouses does not suffice


class Goal(enum.Enum):
    """What is best among all plans that serve the most weight. Each is a cost per order, lane and day (see Cost):
    money (freight, handling, lateness, risk, carbon) plus something that outweighs any money an order can save.

    CHEAPEST    money alone.
    FASTEST     hours to delivery, then money.
    LEAST_CHANGE  changes (another lane, another carrier, another warehouse, each day of waiting), then money.
    CORE_FIRST  late days of orders of weight 2 or more (core regions, medical, fresh), then money.
    """

    CHEAPEST = "cheapest"
    FASTEST = "fastest"
    LEAST_CHANGE = "least_change"
    CORE_FIRST = "core_first"


@dataclass(frozen=True)
class Network:
    """Warehouses, lanes and their rates. Closed lanes are part of it (`lane_open` False): today's costs need them.

    A warehouse serves the regions that its lanes lead to, open or not; one without any lane serves customers from
    everywhere who collect. A lane of region -1 is a warehouse's counter for collected orders: it needs no rate and
    costs no freight (`lane_collected`). `lane_capacity` and `warehouse_capacity` are what is left for the
    orders to be solved, in orders a day. A rate covers weights from `rate_from` to `rate_to`, both inclusive, and
    costs max(rate_minimum, rate_per_weight x weight); where several cover a weight, the cheapest counts. `lane_hours`
    is the time from now to the delivery of what leaves on the first day.

    What is optional: `lane_later` and `warehouse_later` are capacities of the second day and on, a row a day (without
    them each day offers what the first does). The last `lane_surge` (`lane_surge_later`) orders of a lane's capacity
    cost `lane_surge_cost` more each: what its carrier adds to what it guarantees. `lane_carrier` says who drives.
    `lane_risk` is the chance from 0 to 1 that a lane fails its orders, `lane_carbon` its kg CO2e per kg. Within
    `lane_hours` half of the orders arrive, within `lane_sure_hours` nine in ten: by those the promises of orders of
    weight 2 or more are judged.
    """

    warehouse_capacity: Ints
    warehouse_open: Bools
    unit_cost: Floats
    lane_warehouse: Ints
    lane_region: Ints
    lane_service: Ints
    lane_capacity: Ints
    lane_hours: Floats
    lane_open: Bools
    lane_collected: Bools
    rate_lane: Ints
    rate_from: Floats
    rate_to: Floats
    rate_minimum: Floats
    rate_per_weight: Floats
    lane_later: Ints | None = None
    warehouse_later: Ints | None = None
    lane_carrier: Ints | None = None
    lane_surge: Ints | None = None
    lane_surge_later: Ints | None = None
    lane_surge_cost: Floats | None = None
    lane_risk: Floats | None = None
    lane_carbon: Floats | None = None
    lane_sure_hours: Floats | None = None

    @property
    def lanes(self) -> int:
        return len(self.lane_warehouse)

    @property
    def warehouses(self) -> int:
        return len(self.warehouse_capacity)


@dataclass(frozen=True)
class Orders:
    """The orders to be routed, in a fixed order that makes the result repeatable.

    `collected` orders are fetched by their customer and leave over a counter, whatever their service level. `makers`
    and `servers` are rows of `maker_sets` and `server_sets`: which warehouses have all of the order's products, and
    which may serve its customer. `priority` is the weight of serving it (≥ 1). `slack` is the time from now to the
    promise in hours, infinite without one. `lane` is where it goes today, -1 for nowhere.
    """

    region: Ints
    service: Ints
    collected: Bools
    weight: Floats
    quantity: Floats
    priority: Ints
    makers: Ints
    servers: Ints
    slack: Floats
    lane: Ints
    maker_sets: Bools
    server_sets: Bools

    def __len__(self) -> int:
        return len(self.region)

    def take(self, rows: Ints | slice) -> Orders:
        """The same problem for some of the orders."""
        return Orders(
            self.region[rows],
            self.service[rows],
            self.collected[rows],
            self.weight[rows],
            self.quantity[rows],
            self.priority[rows],
            self.makers[rows],
            self.servers[rows],
            self.slack[rows],
            self.lane[rows],
            self.maker_sets,
            self.server_sets,
        )


# What a begun day of lateness costs per unit of weight: the house's compensation for a parcel more than a day late is
# ¥5 (and ¥10 after three); GB/T 27917 only has the fee refunded. A run carries its own value, which may be changed.
LATE_COST = 5.0
# What an order costs whose lane fails it, beside its freight: ¥10, the house's compensation after more than three days.
RISK_COST = 10.0


@dataclass(frozen=True)
class Options:
    """How to solve.

    `days` is how many days' capacity may be used: an order is served today, tomorrow, … or not at all. `late_cost` is
    the price of each begun day of lateness per unit of weight, 0 to look at freight and handling only. `risk_cost` is
    what an order on a lane that fails costs, so that a lane of risk 0.1 is a tenth of it dearer; `carbon_cost` is the
    price of a kg CO2e. Up to `exact_orders` orders, each distinct cost vector is a class of its own and the optimum is
    exact; beyond it, weights are grouped into `weight_bands` quantiles, or fewer, so that there are `most_classes` at
    most, and the gap to the per-order bound is reported.
    """

    late_cost: float = 0.0
    exact_orders: int = 60_000
    weight_bands: int = 14
    goal: Goal = Goal.CHEAPEST
    days: int = 1
    risk_cost: float = 0.0
    carbon_cost: float = 0.0
    most_classes: int = 120_000


@dataclass(frozen=True)
class Wishes:
    """What the commander wants regardless of cost; kept exactly, and None where there is no such wish.

    `forbidden` [lane] lanes are not used. `lane_cap` [lane] and `warehouse_cap` [warehouse] limit the orders of each
    day, below the capacity that is there; negative is no wish. So does `carrier_cap` [carrier] for the sum over all
    lanes of a carrier, which only `solve_jointly` keeps. An order `pinned` [order] to a
    lane goes there, before all others, or nowhere; -1 is free. `pinned_day` [order] names the day too, -1 is any.
    `refused` [order] is a row of `refused_sets` [row, lane]: lanes that this order must not use; row 0 is none.
    """

    forbidden: Bools | None = None
    lane_cap: Ints | None = None
    warehouse_cap: Ints | None = None
    carrier_cap: Ints | None = None
    pinned: Ints | None = None
    pinned_day: Ints | None = None
    refused: Ints | None = None
    refused_sets: Bools | None = None
