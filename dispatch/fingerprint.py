"""Telling whether two readings met the same network."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db.models import Count, Max

from dispatch.instance_sql import PRODUCTS
from dispatch.models import RefusedLane
from dispatch.queries.reservations import held
from dispatch.room_left import RoomLeft
from dispatch.solver import Network

if TYPE_CHECKING:
    from dispatch.instance import Reading


def fingerprint(
    reading: Reading, lanes: Mapping[str, Any], rates: Mapping[str, Any], room: RoomLeft, network: Network
) -> str:
    """Equal for two readings only if all that a plan depends on besides orders was the same; "" where stock or standby
    warehouses count, too. What other orders take of the network is no part of it: an approval asks for that."""
    if reading.stock or reading.openable:
        return ""
    now = reading.clock()
    texts = [
        (now.date(), reading.houses, reading.regions, reading.services, reading.carriers, reading.provinces),
        (reading.managed, reading.rows(PRODUCTS), held(now.date(), besides=reading.run.pk)),
        RefusedLane.objects.aggregate(newest=Max("pk"), count=Count("pk")),
    ]
    left_today = lanes["cutoff"] < seconds_of_day(now)
    columns = [*lanes.values(), left_today, *rates.values(), room.guaranteed, room.surge, room.surge_cost]
    columns += [reading.house_capacity, reading.unit_cost, reading.full, reading.temporary, reading.core]
    digest = hashlib.sha256(repr(texts).encode())
    for column in [*columns, network.lane_open, network.warehouse_open]:
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()


def seconds_of_day(local: datetime) -> float:
    return (local - local.replace(hour=0, minute=0, second=0, microsecond=0)) / timedelta(seconds=1)
