"""Order intake: `python -m benchmarks.intake [--rounds N] [--calls N] [--orders N]`.

Sends calls of 1,000 orders, half of them new and half newer versions of known ones, through the operation and
through the whole HTTP stack, and compares with a raw limit: the same rows, decoded and laid out beforehand, by COPY
into a temporary table and one INSERT … ON CONFLICT from it.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
from collections.abc import Callable
from typing import Any

from benchmarks.ground import Stopwatch, installation, report

KNOWN = 200_000
REGIONS, WAREHOUSES, CARRIERS = 340, 30, 12


def build_network() -> None:
    from dispatch.models import Carrier, Lane, Region, Warehouse

    Region.objects.bulk_create(Region(code=f"R{n:03}", name=f"R{n:03}", level="city") for n in range(REGIONS))
    Warehouse.objects.bulk_create(Warehouse(code=f"W{n:02}", name=f"W{n:02}") for n in range(WAREHOUSES))
    Carrier.objects.bulk_create(Carrier(code=f"C{n:02}", name=f"C{n:02}") for n in range(CARRIERS))
    Lane.objects.bulk_create(
        Lane(
            warehouse_id=f"W{(region + step) % WAREHOUSES:02}",
            region_id=f"R{region:03}",
            carrier_id=f"C{(region * 5 + step) % CARRIERS:02}",
            service_level="standard",
        )
        for region in range(REGIONS)
        for step in range(10)
    )


def order(number: int, version: int) -> dict[str, Any]:
    region, step = number % REGIONS, number % 10
    return {
        "external_id": f"SO{number:012}",
        "version": version,
        "region": f"R{region:03}",
        "warehouse": f"W{(region + step) % WAREHOUSES:02}",
        "carrier": f"C{(region * 5 + step) % CARRIERS:02}",
        "service_level": "standard",
        "weight": (100 + number % 20_000) / 1000,
        "lines": [{"product": f"P{number % 500:04}", "quantity": 1 + number % 3}],
        "promise_at": f"2026-12-{1 + number % 28:02}T18:00:00+08:00",
        "customer_ref": f"U{number % 90_000}",
        "customer_name": f"客户{number}",
        "phone": f"+86138{number % 10**8:08}",
        "email": f"u{number}@example.com",
    }


def call(size: int, version: int) -> list[dict[str, Any]]:
    chance = random.Random(version)
    return [order(number, version) for number in chance.sample(range(2 * KNOWN), size)]


COLUMNS = (
    "external_id, version, state, region_id, service_level, warehouse_id, lane_id, carrier_id, weight, quantity, lines,"
    " priority, collected, promise_at, first_promise_at, customer_ref, customer_name, phone, email, language,"
    " received_at, updated_at"
)
KEPT = {"external_id", "received_at", "first_promise_at"}
RAW = (
    f"INSERT INTO dispatch_order AS o ({COLUMNS}) SELECT {COLUMNS} FROM raw_order ORDER BY external_id"
    " ON CONFLICT (external_id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in COLUMNS.split(", ") if name.strip() not in KEPT)
    + " WHERE o.version < excluded.version"
)


def laid_out(rows: list[dict[str, Any]]) -> str:
    """The rows as the CSV that COPY reads, everything looked up beforehand."""
    from dispatch.models import Lane

    lanes = {(lane.warehouse_id, lane.region_id, lane.carrier_id): lane.pk for lane in Lane.objects.all()}
    text, now = io.StringIO(), "2026-11-22T12:00:00+08:00"
    writer = csv.writer(text)
    for row in rows:
        lane = lanes[row["warehouse"], row["region"], row["carrier"]]
        plain = {name: row[name] for name in ("external_id", "version", "service_level", "weight")}
        given = {name: row[name] for name in ("customer_ref", "customer_name", "phone", "email")}
        promise = dict.fromkeys(("promise_at", "first_promise_at"), row["promise_at"])
        fixed = {"state": "open", "priority": 0, "collected": "f", "language": "zh-hans"}
        cells = {**plain, **given, **promise, **fixed, "received_at": now, "updated_at": now}
        cells |= {"region_id": row["region"], "warehouse_id": row["warehouse"], "carrier_id": row["carrier"]}
        cells |= {"lane_id": lane, "quantity": sum(line["quantity"] for line in row["lines"])}
        cells |= {"lines": json.dumps(row["lines"])}
        writer.writerow([cells[name] for name in COLUMNS.split(", ")])
    return text.getvalue()


def raw_upsert(text: str) -> None:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE raw_order")
        cursor.copy_expert(f"COPY raw_order ({COLUMNS}) FROM STDIN (FORMAT csv)", io.StringIO(text))
        cursor.execute(RAW)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--calls", type=int, default=8, help="calls per method and round")
    parser.add_argument("--orders", type=int, default=1000, help="orders per call")
    options = parser.parse_args()
    with installation():
        measure(options.rounds, options.calls, options.orders)


def measure(rounds: int, calls: int, size: int) -> None:
    from django.db import connection
    from django.test import Client

    from accounts.actors import SYSTEM, command_line
    from accounts.operations import create_api_key
    from accounts.roles import Role
    from dispatch.models import Order
    from dispatch.operations import receive_orders

    build_network()
    key = create_api_key(name="benchmark", role=Role.ORDER_SYSTEM, by=command_line("benchmark"))[1]
    headers = {"authorization": f"Bearer {key}"}
    client = Client()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE raw_order (LIKE dispatch_order)")
        cursor.execute("ALTER TABLE raw_order ALTER id DROP NOT NULL")
    for start in range(0, 2 * KNOWN, 20_000):
        body = json.dumps([order(number, 1) for number in range(start, start + 20_000, 2)]).encode()
        receive_orders(body=body, by=SYSTEM)
    assert Order.objects.count() == KNOWN
    vacuum()

    def operation(body: bytes) -> None:
        done = receive_orders(body=body, by=SYSTEM)
        assert done.created + done.updated == size

    def http(body: bytes) -> None:
        answer = client.put("/api/v1/orders/bulk", body, content_type="application/json", headers=headers)
        assert answer.status_code == 200, answer.content
        assert answer.json()["rejected"] == answer.json()["ignored"] == 0

    methods: dict[str, tuple[Callable[[Any], None], Callable[[list[dict[str, Any]]], Any]]] = {
        "raw COPY + upsert": (raw_upsert, laid_out),
        "receive_orders": (operation, lambda rows: json.dumps(rows).encode()),
        "PUT /api/v1/orders/bulk": (http, lambda rows: json.dumps(rows).encode()),
    }
    rates: dict[str, list[float]] = {name: [] for name in methods}
    version = 1
    for turn in range(rounds + 1):
        names = list(methods)
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            run, prepare = methods[name]
            bodies = []
            for _ in range(calls):
                version += 1
                bodies.append(prepare(call(size, version)))
            with Stopwatch() as watch:
                for body in bodies:
                    run(body)
            if turn:  # the first round warms up
                rates[name].append(calls * size / watch.seconds)
        # Every round begins with the same table again.
        Order.objects.filter(external_id__in=[f"SO{n:012}" for n in range(1, 2 * KNOWN, 2)]).delete()
        vacuum()
    print(f"{size:,} orders a call, half of them new, {KNOWN:,} known")
    ratios = report("orders", rates, "raw COPY + upsert")
    print(f"target: operation ≥ 0.50 × raw: {'reached' if ratios['receive_orders'] >= 0.5 else 'MISSED'}")


def vacuum() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) dispatch_order")


if __name__ == "__main__":
    main()
