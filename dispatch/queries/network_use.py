"""How full the network is today: what leaves, what approved reroutes hold, what is left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from dispatch.models import CapacityReservation
from dispatch.queries.loads import Loads
from dispatch.queries.reservations import local_day
from dispatch.queries.rooms import Room, lane_rooms, warehouse_rooms


@dataclass(frozen=True)
class Use:
    """Orders of one day: `room` (None: no limit), `used` by orders that leave or left, `reserved` by reroutes."""

    room: int | None
    used: int
    reserved: int
    terms: Room | None = None

    @property
    def left(self) -> int | None:
        return None if self.room is None else max(self.room - self.used - self.reserved, 0)

    @property
    def shares(self) -> tuple[float, float]:
        """Used and reserved in percent of the room, together at most 100."""
        if not self.room:
            return (100.0 if self.used else 0.0), 0.0
        used = min(100.0, 100 * self.used / self.room)
        return used, min(100.0 - used, 100 * self.reserved / self.room)

    @property
    def full(self) -> bool:
        return self.left == 0


@dataclass(frozen=True)
class Today:
    """Use by warehouse and by lane."""

    warehouses: dict[str, Use]
    lanes: dict[int, Use]


def use_today(now: datetime, load: Loads) -> Today:
    """How full every warehouse and lane is on the day of `now`, in the real network: by the orders that leave today,
    and what approved reroutes hold."""
    today = local_day(now)
    houses, lanes = load.sums("warehouse", "leaving"), load.sums("lane", "leaving")
    held = CapacityReservation.objects.filter(released_at=None, day__lte=today)
    held_lanes = dict(held.exclude(lane=None).values_list("lane").annotate(Sum("orders")).order_by())
    held_houses = dict(held.exclude(warehouse=None).values_list("warehouse").annotate(Sum("orders")).order_by())
    return Today(
        warehouses={
            code: Use(room, houses[code], held_houses.get(code, 0)) for code, room in warehouse_rooms().items()
        },
        lanes={
            lane: Use(room.total, lanes[lane], held_lanes.get(lane, 0), room)
            for lane, room in lane_rooms(today).items()
        },
    )
