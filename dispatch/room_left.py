"""What lanes and warehouses can still take on each day, after everything else that leaves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db.backends.utils import CursorWrapper

from dispatch.bulk import fetch_columns
from dispatch.queries.reservations import held
from dispatch.queries.rooms import LANE_ROOMS, resting_calendars
from dispatch.solver.problem import Floats, Ints

UNLIMITED = 1 << 40

ROOMS = f"""
SELECT lane_id, coalesce(guaranteed, -1)::int8, surge::int8, surge_price::float8 FROM ({LANE_ROOMS}) room
"""
# Orders that leave from each warehouse and lane, by the day counted from today: those that left today, and open ones
# on the day they are planned for.
LOAD = """
SELECT warehouse_id, lane_id, day, count(*) FROM (
    SELECT warehouse_id, lane_id, greatest(coalesce(planned_on - %(today)s::date, 0), 0) AS day FROM dispatch_order
    WHERE state = 'open'
    UNION ALL
    SELECT warehouse_id, lane_id, 0 FROM dispatch_order
    WHERE state IN ('dispatched', 'delivered') AND dispatched_at >= %(midnight)s
) leaving
WHERE day < %(days)s GROUP BY 1, 2, 3
"""


class RoomLeft:
    """Capacities by [day, lane] and [day, warehouse].

    `guaranteed` and `surge` are what carriers and calendars offer on each day, `surge_cost` what an order beyond the
    guaranteed room costs extra. `taken` adds up what others use of it.
    """

    def __init__(self, cursor: CursorWrapper, now: datetime, days: int, lane_ids: Ints, houses: Sequence[str]) -> None:
        self.cursor, self.now, self.days, self.lane_ids = cursor, now, days, lane_ids
        self.today = now.date()
        self.houses = {code: index for index, code in enumerate(houses)}
        self.lane_load = np.zeros((days, len(lane_ids)), np.int64)
        self.house_load = np.zeros((days, len(houses)), np.int64)
        self.guaranteed = np.zeros((days, len(lane_ids)), np.int64)
        self.surge = np.zeros((days, len(lane_ids)), np.int64)
        self.surge_cost: Floats = np.zeros(len(lane_ids))

    def read(self, run_id: int) -> None:
        """Read what is offered, what leaves, and what approved runs besides this one still hold."""
        for day in range(self.days):
            self.read_rooms(day)
        midnight = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
        place = {int(lane): index for index, lane in enumerate(self.lane_ids)}
        self.cursor.execute(LOAD, {"today": self.today, "midnight": midnight, "days": self.days})
        taken: list[tuple[Any, ...]] = self.cursor.fetchall()
        taken += [(row.warehouse, row.lane, row.day, row.orders) for row in held(self.today, besides=run_id)]
        for code, lane, day, count in taken:
            if day >= self.days:
                continue
            if code in self.houses:
                self.house_load[day, self.houses[code]] += count
            if lane in place:
                self.lane_load[day, place[lane]] += count

    def read_rooms(self, day: int) -> None:
        date = self.today + timedelta(days=day)
        rooms = fetch_columns(
            self.cursor,
            ROOMS,
            {"day": date, "resting": resting_calendars(date)},
            {"lane": "int8", "guaranteed": "int8", "surge": "int8", "price": "float8"},
        )
        at = np.searchsorted(self.lane_ids, rooms["lane"])
        self.guaranteed[day, at] = np.where(rooms["guaranteed"] < 0, UNLIMITED, rooms["guaranteed"])
        self.surge[day, at] = np.where(rooms["guaranteed"] < 0, 0, rooms["surge"])
        self.surge_cost[at] = np.maximum(self.surge_cost[at], rooms["price"])

    def without(self, lane: Ints, house: Ints, day: Ints) -> None:
        """Take the orders to be solved out of the load: the lane and warehouse of each (-1: none) and its day."""
        for load, at in ((self.lane_load, lane), (self.house_load, house)):
            known = (at >= 0) & (at < load.shape[1]) & (day < self.days)
            np.subtract.at(load, (day[known], at[known]), 1)

    def lanes(self) -> tuple[Ints, Ints]:
        """(orders that lanes can still take, how many of them as surge) by [day, lane]."""
        left = np.maximum(self.guaranteed + self.surge - self.lane_load, 0)
        left = np.where(self.guaranteed >= UNLIMITED, UNLIMITED, left)
        return left, np.minimum(self.surge, left)

    def warehouses(self, capacity: Ints) -> Ints:
        """Orders that warehouses can still take by [day, warehouse]."""
        return np.maximum(capacity - self.house_load, 0)
