"""Deliveries may be doubled, shuffled and replayed, in bulk and as events: the orders end the same."""

import itertools
import json
import random

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dispatch.intake.events import BATCH, read_events
from dispatch.models import EarlyStatus, Order, Parcel, Stock
from dispatch.operations import receive_events, receive_orders, receive_stock
from tests.dispatch.conftest import ORDER_SYSTEM

pytestmark = pytest.mark.django_db
ARRIVAL = {"id", "received_at", "updated_at", "details_version", "state_version"}
LIFE = {
    "open": ["dispatched", "held", "cancelled"],
    "held": ["open", "cancelled"],
    "dispatched": ["open", "delivered", "cancelled"],
    "delivered": [],
    "cancelled": [],
}


def moment(version: int) -> str:
    return f"2026-12-{1 + version % 28:02}T{version % 24:02}:00:00Z"


def history(name: str, chance: random.Random) -> list[dict]:
    """A lawful life of one order: each version a whole order or a status update."""
    state, rows = "open", []
    for version in range(1, chance.randint(2, 8)):
        whole = version == 1 or chance.random() < 0.3
        row: dict = {"external_id": name, "version": version}
        if LIFE[state] and chance.random() < 0.6:
            state = chance.choice(LIFE[state])
        if whole or chance.random() < 0.7:
            row["state"] = state
            times = {"dispatched": "dispatched_at", "delivered": "delivered_at", "cancelled": "cancelled_at"}
            if state in times:
                row[times[state]] = moment(version)
        if chance.random() < 0.5:
            row["promise_at"] = moment(version + 40)
        if chance.random() < 0.3:
            row["parcels"] = [
                {"number": f"P{number}", "warehouse": "W01", "carrier": "SF", "wave": f"v{version}"}
                for number in range(chance.randint(1, 3))
            ]
        if whole:
            row |= {"region": chance.choice(["330100", "330200"]), "service_level": "STD", "weight": version}
            row |= {"customer_name": f"客户{version}", "lines": [{"product": "P1", "quantity": version}], "value": 9}
            row |= {"warehouse": chance.choice(["W01", "W02"]), "carrier": chance.choice(["SF", "JD"])}
        rows.append(row)
        if "state" not in row and state not in ("open",) and not LIFE[state]:
            row["state"] = state
            row["delivered_at" if state == "delivered" else "cancelled_at"] = moment(version)
    return rows


def result() -> dict[str, object]:
    """Everything about the orders but when it arrived."""
    orders = {}
    for order in Order.objects.order_by("external_id").values():
        orders[order["external_id"]] = {key: value for key, value in order.items() if key not in ARRIVAL}
    parcels = list(
        Parcel.objects.order_by("order__external_id", "number").values_list(
            "order__external_id", "number", "version", "wave", "lane_id"
        )
    )
    stock = list(Stock.objects.order_by("warehouse", "product").values_list("warehouse", "product", "quantity"))
    return {"orders": orders, "parcels": parcels, "stock": stock, "waiting": EarlyStatus.objects.count()}


def wipe() -> None:
    with connection.cursor() as cursor:
        for table in ("parcel", "order", "earlystatus", "intakeevent", "stock", "hourlythroughput"):
            cursor.execute(f"DELETE FROM dispatch_{table}")


def bulk(rows: list[dict]) -> None:
    receive_orders(body=json.dumps(rows).encode(), by=ORDER_SYSTEM)


def events(rows: list[dict]) -> None:
    batch = [
        {"specversion": "1.0", "id": f"{row['external_id']}-{row['version']}", "source": "oms", "type": "fenghuo.order"}
        | {"data": row}
        for row in rows
    ]
    body = json.dumps(batch).encode()
    receive_events(events=read_events(body, BATCH, {}), body=body, by=ORDER_SYSTEM)


def deliver(rows: list[dict], chance: random.Random) -> None:
    """In parts of any size, some doubled, each in bulk or as events; then a replay of everything in any order."""
    for _replay in range(2):
        sent = rows + chance.sample(rows, len(rows) // 2)
        chance.shuffle(sent)
        while sent:
            part, sent = sent[: (size := chance.randint(1, 7))], sent[size:]
            chance.choice([bulk, events])(part)


@settings(max_examples=15, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_it_ends_in_the_same_state_whatever_the_sequence(network, seed):
    chance = random.Random(seed)
    histories = [history(f"A{number}", chance) for number in range(4)]
    wipe()
    for row in itertools.chain.from_iterable(histories):
        bulk([row])
    expected = result()
    assert expected["waiting"] == 0
    for _again in range(2):
        wipe()
        deliver(list(itertools.chain.from_iterable(histories)), chance)
        got = result()
        differing = {
            (name, field, value, expected["orders"][name][field])
            for name, order in got["orders"].items()
            for field, value in order.items()
            if field != "lines" and value != expected["orders"][name][field]
        }
        assert not differing
        assert got == expected


def test_it_counts_throughput_the_same_whatever_the_sequence(network, order_row):
    from dispatch.models import HourlyThroughput

    rows = [order_row(f"A{number}") for number in range(6)]
    done = {"state": "delivered", "delivered_at": "2026-12-02T09:30:00Z"}
    rows += [{"external_id": f"A{number}", "version": 2, **done} for number in range(6)]
    for seed in range(4):
        wipe()
        deliver(rows, random.Random(seed))
        assert list(HourlyThroughput.objects.values_list("orders", flat=True)) == [6]


def test_it_keeps_the_newest_stock_whatever_the_sequence(network):
    rows = [{"warehouse": "W01", "product": "P1", "quantity": 10 * version, "version": version} for version in range(6)]
    for seed in range(3):
        wipe()
        sent = rows * 2
        random.Random(seed).shuffle(sent)
        for row in sent:
            receive_stock(body=json.dumps([row]).encode(), by=ORDER_SYSTEM)
        assert result()["stock"] == [("W01", "P1", 50)]
