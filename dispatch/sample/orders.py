"""Open orders and past throughput of the sample; times are relative to the database's now."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from dispatch.models import HourlyThroughput, Lane, Order, OrderState
from dispatch.sample.copying import copy_rows
from dispatch.sample.network import DAILY_ORDERS, FRESH, GENERAL, MEDICAL, Network
from journal.clock import now

ORDERS = 20_000
IN_TRANSIT = 3_000
CUSTOMERS = 9_000
WEEKS = 5
SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡郭何林高罗郑梁谢宋唐许邓韩冯曹"
NAMES_EN = ["Alex Reed", "Maria Silva", "Tom Baker", "Yuki Mori", "Anna Novak", "Omar Haddad", "Emma Stone-Li"]

# Deliveries by hour of the day (Asia/Shanghai) and by weekday, relative to the mean.
HOURS = [0.30, 0.22, 0.18, 0.16, 0.18, 0.26, 0.45, 0.75, 1.10, 1.45, 1.62, 1.58]
HOURS += [1.30, 1.38, 1.60, 1.68, 1.66, 1.58, 1.50, 1.45, 1.32, 1.05, 0.72, 0.51]
WEEKDAYS = [1.05, 1.03, 1.02, 1.01, 1.03, 0.96, 0.90]


COLUMNS = (
    *("external_id", "version", "state", "region_id", "warehouse_id", "lane_id", "carrier_id", "service_level"),
    *("weight", "quantity", "lines", "priority", "collected", "ordered_at", "promise_at", "first_promise_at"),
    *("value", "dispatched_at", "received_at", "updated_at"),
    *("customer_ref", "customer_name", "phone", "email", "language"),
)


def load_orders(network: Network, chance: random.Random) -> None:
    """Enter open orders, each allocated to a lane that exists and a warehouse that keeps everything, and some that have
    left and are not there yet."""
    customers = [customer(number, chance) for number in range(CUSTOMERS)]
    copy_rows(Order, COLUMNS, order_rows(network, customers, chance, range(1, ORDERS + 1)))
    later = random.Random(IN_TRANSIT)  # its own, so that all else stays as it was
    numbers = range(ORDERS + 1, ORDERS + IN_TRANSIT + 1)
    copy_rows(Order, COLUMNS, order_rows(network, customers, later, numbers, in_transit=True))


def order_rows(
    network: Network,
    customers: list[tuple[str, str, str, str, str]],
    chance: random.Random,
    numbers: range,
    *,
    in_transit: bool = False,
) -> Iterator[tuple[object, ...]]:
    moment = now()
    cities = chance.choices(network.cities, weights=network.demand, k=len(numbers))
    for number, city in zip(numbers, cities, strict=True):
        lane = choose_lane(network, city.code, "express" if chance.random() < 0.22 else "standard", chance)
        # Most orders are young: they leave the warehouse within a day or two.
        ordered_at = moment - timedelta(hours=min(36.0, chance.expovariate(1 / 9)))
        left_at = moment - timedelta(hours=chance.uniform(0, lane.transit_hours)) if in_transit else None
        if left_at is not None:
            ordered_at += left_at - moment
        promise_at = end_of_day(ordered_at + timedelta(hours=26 + 1.7 * lane.transit_hours))
        weight = min(60.0, max(0.1, chance.lognormvariate(0.5, 0.9)))
        lines, priority = basket(chance)
        units = sum(int(line["quantity"]) for line in lines)
        yield (
            *(f"FH{number:08d}", 1, OrderState.DISPATCHED if left_at else OrderState.OPEN, city.code),
            *(lane.warehouse_id, lane.pk, lane.carrier_id),
            *(lane.service_level, f"{weight:.2f}", units, json.dumps(lines), priority, False),
            *(ordered_at, promise_at, promise_at, worth(number, units, priority)),
            *(left_at, ordered_at, left_at or ordered_at),
            *chance.choice(customers),
        )


def customer(number: int, chance: random.Random) -> tuple[str, str, str, str, str]:
    """Reference, name, phone, e-mail and language of an invented person; one in fifty cannot be reached at all."""
    english = chance.random() < 0.04
    name = chance.choice(NAMES_EN) if english else chance.choice(SURNAMES) + chance.choice(["女士", "先生"])
    reach = chance.random()
    phone = f"+861700000{number + 1000:04d}" if reach < 0.93 else ""
    email = f"k{number:06d}@customers.example" if 0.66 < reach < 0.98 else ""
    return f"K{number:06d}", name, phone, email, "en" if english else "zh-hans"


def choose_lane(network: Network, city: str, level: str, chance: random.Random) -> Lane:
    """Mostly the nearest primary warehouse's lanes, sometimes the next ones'."""
    able = [lane for lane in network.lanes[city] if lane.warehouse_id in network.primary]
    able = [lane for lane in able if lane.service_level == level] or able
    nearest = [lane for lane in able if lane.warehouse_id == able[0].warehouse_id]
    return chance.choice(nearest if chance.random() < 0.92 else able)


def basket(chance: random.Random) -> tuple[list[dict[str, str | int]], int]:
    """Order lines and the priority they give: medical 2, fresh 1, anything else 0."""
    kind = chance.random()
    goods, priority = (MEDICAL, 2) if kind < 0.03 else (FRESH, 1) if kind < 0.10 else (GENERAL, 0)
    products = chance.sample(goods, chance.choice([1, 1, 1, 2, 2, 3]))
    return [{"product": product, "quantity": chance.choice([1, 1, 1, 2, 3])} for product in products], priority


def worth(number: int, units: int, priority: int) -> str:
    """What an order is worth in yuan; medical goods are dear, fresh ones cheap."""
    chance = random.Random(number)  # its own, so that the other columns stay as they were
    return f"{units * chance.lognormvariate(5.2 if priority == 2 else 3.8 if priority else 4.3, 0.7):.2f}"


def end_of_day(at: datetime) -> datetime:
    """Promises are made for 21:00 of a day."""
    local = at.astimezone(ZoneInfo(settings.TIME_ZONE))
    promised = local.replace(hour=21, minute=0, second=0, microsecond=0)
    return promised if promised >= local else promised + timedelta(days=1)


def expected_orders(hour: datetime) -> float:
    """Deliveries that are usual in that hour of the week."""
    local = hour.astimezone(ZoneInfo(settings.TIME_ZONE))
    return DAILY_ORDERS / 24 * HOURS[local.hour] * WEEKDAYS[local.weekday()]


def load_throughput(chance: random.Random) -> None:
    """Five weeks of whole hours up to the one that has just ended, with a few percent of noise."""
    end = now().replace(minute=0, second=0, microsecond=0)
    HourlyThroughput.objects.bulk_create(
        HourlyThroughput(hour=hour, orders=round(expected_orders(hour) * math.exp(chance.gauss(0, 0.03))))
        for hour in (end - timedelta(hours=number) for number in range(WEEKS * 7 * 24, 0, -1))
    )
