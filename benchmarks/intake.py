"""Order intake: `python -m benchmarks.intake [--rounds N] [--calls N] [--orders N] [--reroute N]`.

Sends calls of 1,000 orders, half of them new and half newer versions of known ones, through the operation and
through the whole HTTP stack, and compares with a raw limit: the same rows, decoded and laid out beforehand, by COPY
into a temporary table and one INSERT … ON CONFLICT from it. Beside it stands what Django REST framework does with
the same calls: a ModelSerializer with many=True, the known versions and lanes read once a call, then bulk_create
with its conflicts updated. At the end calls are
timed one by one while another process solves and applies a reroute of N orders.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, ClassVar

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
    parser.add_argument("--reroute", type=int, default=100_000, help="orders that a reroute moves meanwhile; 0: none")
    options = parser.parse_args()
    with installation():
        measure(options.rounds, options.calls, options.orders)
        if options.reroute:
            beside_a_reroute(options.reroute, options.orders)


def measure(rounds: int, calls: int, size: int) -> None:
    from django.db import connection, transaction
    from django.test import Client
    from django.utils import timezone

    from accounts.actors import SYSTEM, command_line
    from accounts.operations import create_api_key
    from accounts.roles import Role
    from dispatch.models import Lane, Order
    from dispatch.operations import receive_orders

    build_network()
    clock = timezone.now()
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

    serializer = rest_serializer()

    def rest_framework(body: bytes) -> None:
        rows = serializer(data=json.loads(body), many=True)
        rows.is_valid(raise_exception=True)
        with transaction.atomic():
            names = [fields["external_id"] for fields in rows.validated_data]
            locked = Order.objects.select_for_update().filter(external_id__in=names)
            versions = dict(locked.values_list("external_id", "version"))
            ways = Lane.objects.values_list("warehouse_id", "region_id", "carrier_id", "service_level", "pk")
            lanes = {way[:-1]: way[-1] for way in ways}
            newer = []
            for fields in rows.validated_data:
                if fields["version"] <= versions.get(fields["external_id"], -1):
                    continue
                order = Order(**fields, received_at=clock, updated_at=clock)
                order.quantity = sum(line["quantity"] for line in order.lines)
                way = (order.warehouse_id, order.region_id, order.carrier_id, order.service_level)
                order.lane_id = lanes.get(way)
                newer.append(order)
            Order.objects.bulk_create(
                newer,
                update_conflicts=True,
                unique_fields=["external_id"],
                update_fields=[*set(rows.child.fields) - {"external_id"}, "lane", "quantity", "updated_at"],
            )

    methods: dict[str, tuple[Callable[[Any], None], Callable[[list[dict[str, Any]]], Any]]] = {
        "raw COPY + upsert": (raw_upsert, laid_out),
        "DRF many=True, bulk_create": (rest_framework, lambda rows: json.dumps(rows).encode()),
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
    judge("operation ≥ 0.60 × raw", ratios["receive_orders"] >= 0.6)
    drf = ratios["receive_orders"] / ratios["DRF many=True, bulk_create"]
    judge(f"operation ≥ 5 × DRF's many=True with bulk_create: {drf:.1f} ×", drf >= 5)


def judge(target: str, reached: bool) -> None:
    print(f"target: {target}: {'reached' if reached else 'MISSED'}")


def rest_serializer() -> Any:
    """What a Django REST framework project would write for the same rows."""
    from rest_framework import serializers

    from dispatch.models import Order

    class RestOrder(serializers.ModelSerializer[Order]):
        class Meta:
            model = Order
            fields = [
                *("external_id", "version", "region", "warehouse", "carrier", "service_level", "weight"),
                *("lines", "promise_at", "customer_ref", "customer_name", "phone", "email"),
            ]
            # Its own look-up of each external id would cost a query per row.
            extra_kwargs: ClassVar = {"external_id": {"validators": []}}

        # A look-up per row and foreign key would too: what is named is read once.
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            for name in ("region", "warehouse", "carrier"):
                model = Order._meta.get_field(name).related_model
                self.fields[name] = Known(source=f"{name}_id", known=set(model.objects.values_list("pk", flat=True)))

        def get_validators(self) -> list[Any]:
            return []

    class Known(serializers.Field[Any, Any, Any, Any]):
        def __init__(self, *, known: set[Any], **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.known = known

        def to_internal_value(self, data: Any) -> Any:
            if data not in self.known:
                self.fail("required")
            return data

        def to_representation(self, value: Any) -> Any:
            return value

    return RestOrder


def beside_a_reroute(orders: int, size: int) -> None:
    """Time calls one by one while another process closes a warehouse, freezes, solves and applies."""
    from django.test import Client

    from accounts.actors import command_line
    from accounts.operations import create_api_key
    from accounts.roles import Role
    from dispatch.models import LaneRate, Order, Warehouse

    Warehouse.objects.update(daily_capacity=10**6)
    LaneRate.objects.bulk_create(LaneRate(lane_id=pk, minimum=8, rate=1) for pk in lanes_of_the_network())
    known = Order.objects.filter(state="open").count()
    key = create_api_key(name="beside", role=Role.ORDER_SYSTEM, by=command_line("benchmark"))[1]
    headers = {"authorization": f"Bearer {key}"}
    client, version, times = Client(), 10_000, []
    child = subprocess.Popen([sys.executable, "-c", REROUTE, str(orders)], env={**os.environ}, stdout=subprocess.PIPE)
    busy = 0
    while child.poll() is None:
        version += 1
        body = json.dumps(call(size, version)).encode()
        with Stopwatch() as watch:
            answer = client.put("/api/v1/orders/bulk", body, content_type="application/json", headers=headers)
        busy += answer.status_code == 429
        assert answer.status_code in (200, 429), answer.content
        times.append(watch.seconds)
        time.sleep(0.02)
    assert child.returncode == 0, child.returncode
    told = child.stdout.read().decode().strip() if child.stdout else ""
    p95 = statistics.quantiles(times, n=20)[-1]
    print(f"beside a reroute ({told}; {known:,} orders known): {len(times)} calls of {size:,}, {busy} turned away,")
    print(f"p50 {1000 * statistics.median(times):.0f} ms, p95 {1000 * p95:.0f} ms, worst {1000 * max(times):.0f} ms")
    judge("p95 ≤ 500 ms", p95 <= 0.5)


def lanes_of_the_network() -> list[int]:
    from dispatch.models import Lane

    return list(Lane.objects.values_list("pk", flat=True))


# Runs beside the calls, in a process and with connections of its own.
REROUTE = """
import sys, time, django
django.setup()
from django.conf import settings
from accounts.actors import SYSTEM
from dispatch import operations as o
from dispatch.scope import Scope
began, moved, turn = time.perf_counter(), 0, 0
while moved < int(sys.argv[1]) and turn < 30:
    scope, reference = Scope(warehouses=(f"W{turn:02}",)), f"benchmark:{turn}"
    o.close_scope(reference=reference, scope=scope, by=SYSTEM)
    frozen = o.freeze_affected(reference=reference, scope=scope, by=SYSTEM)
    run = o.request_reroute(reference=reference, affected_set_id=frozen.pk, by=SYSTEM)
    run = o.solve_run(run_id=run.pk)
    if run.assigned:
        run = o.approve_run(run_id=run.pk, by=SYSTEM)
        o.apply_waves(run_id=run.pk, by=SYSTEM)
    o.reopen_scope(reference=reference, by=SYSTEM)
    moved, turn = moved + frozen.orders, turn + 1
print(f"{moved:,} orders in {turn} runs, {time.perf_counter() - began:.1f} s")
"""


def vacuum() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) dispatch_order")


if __name__ == "__main__":
    main()
