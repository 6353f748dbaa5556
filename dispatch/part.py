"""Reading some regions of a run that is solved already, with what its plan leaves them of the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection
from django.db.backends.utils import CursorWrapper

from dispatch.instance import Instance, Reading, index_in
from dispatch.instance_sql import WANTED
from dispatch.models import RerouteRun
from dispatch.room_left import UNLIMITED, RoomLeft
from dispatch.solver.problem import Ints


@dataclass(frozen=True)
class Part:
    """Some orders of a solved run, and what its other orders take of warehouses by [day, warehouse]."""

    base: RerouteRun
    order_ids: Ints
    used: Ints


def read_part(run: RerouteRun, part: Part, *, now: datetime) -> Instance:
    """These orders as they are now, in the network as it is now, reckoned from when the base was solved. Lanes and
    warehouses offer what they offered to the base, less what its other orders take."""
    with connection.cursor() as cursor:
        return PartReading(cursor, run, part, now).instance()


class PartReading(Reading):
    wanted = f"{WANTED} AND a.order_id = ANY(%(part)s::bigint[])"

    def __init__(self, cursor: CursorWrapper, run: RerouteRun, part: Part, now: datetime) -> None:
        assert part.base.solved_at is not None, "only what is solved can be solved again in part"
        super().__init__(cursor, run, part.base.solved_at)
        self.parameters["part"] = part.order_ids.tolist()
        self.base, self.used, self.moment = part.base, part.used, now.astimezone(self.local.tzinfo)

    def room(self, lane_ids: Ints) -> RoomLeft:
        room = OfferedRoom(self.cursor, self.local, self.run.days, lane_ids, self.houses)
        room.offered, room.used = by_day(self.base.offered), self.used
        for day in range(self.run.days):
            room.read_rooms(day)
        return room

    def clock(self) -> datetime:
        return self.moment


class OfferedRoom(RoomLeft):
    """What another run was offered, less what is used of it."""

    offered: Sequence[dict[str, Any]] = ()
    used: Ints

    def lanes(self) -> tuple[Ints, Ints]:
        left, surge = np.zeros_like(self.guaranteed), np.zeros_like(self.guaranteed)
        for day, offer in enumerate(self.offered):
            for into, orders in ((left, offer["lanes"]), (surge, offer.get("surge", {}))):
                at = index_in(self.lane_ids, np.array([int(lane) for lane in orders], np.int64))
                into[day, at[at >= 0]] = np.array(list(orders.values()), np.int64)[at >= 0]
        return np.where(self.guaranteed >= UNLIMITED, UNLIMITED, left), surge

    def warehouses(self, capacity: Ints) -> Ints:
        left = np.array(
            [[offer["warehouses"].get(code, 0) for code in self.houses] for offer in self.offered], np.int64
        )
        return np.maximum(left - self.used, 0)


def by_day(told: dict[str, Any]) -> list[dict[str, Any]]:
    """What a run offered, or its prices, one entry a day."""
    return [told, *told.get("later", [])]
