"""The network and the orders that `benchmarks.reroute` works on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dispatch.instance import Instance
    from dispatch.models import RerouteRun

REGIONS, CORE, WAREHOUSES, CARRIERS, NEAR = 340, 40, 30, 12, 10
SERVICES = ("express", "standard", "economy")
CLOSED = ("W03", "W11", "W19")
FAMILIES, STOCK_SHARE = 8, 1.25

LANES = f"""
INSERT INTO dispatch_lane (warehouse_id, region_id, carrier_id, service_level, origin, mode, transit_hours,
    daily_capacity, state)
SELECT 'W' || lpad(((r * 7 + near * 3) %% {WAREHOUSES})::text, 2, '0'), code,
    'C' || lpad(((r + near * 5 + c * 4) %% {CARRIERS})::text, 2, '0'), (%(services)s::text[])[1 + (near + c) %% 3],
    '', '', 12 + near * 4 + c * 6, greatest(4, (%(orders)s::float / {REGIONS} / 12)::int), 'open'
FROM (SELECT code, row_number() OVER (ORDER BY code) AS r FROM dispatch_region) region,
    generate_series(0, {NEAR} - 1) near, generate_series(0, 2) c
"""
RATES = """
INSERT INTO dispatch_lanerate (lane_id, min_weight, max_weight, minimum, rate)
SELECT id, low, high, round((3 + random() * 9)::numeric * part, 2), round((0.4 + random())::numeric * part, 4)
FROM dispatch_lane,
    (VALUES (0.0, 1.0, 1.0), (1.001, 5.0, 1.1), (5.001, 20.0, 1.3), (20.001, NULL, 1.7)) band(low, high, part)
"""
ORDERS = f"""
INSERT INTO dispatch_order (external_id, version, state, region_id, warehouse_id, lane_id, carrier_id, service_level,
    weight, quantity, lines, priority, collected, first_promise_at, promise_at, customer_ref, customer_name, phone,
    email, language, received_at, updated_at)
SELECT 'B' || n, 1, 'open', l.region_id, l.warehouse_id, l.id, l.carrier_id, l.service_level,
    round((0.1 + random() * 20)::numeric, 3), 1 + n %% 3, '[]', CASE WHEN n %% 50 = 0 THEN 2 ELSE 0 END, false,
    promise, promise, '', '', '', '', 'zh-hans', now(), now()
FROM (
    SELECT n, date_trunc('day', now()) + interval '18 hours' + (1 + n * 7 %% 5) * interval '1 day' AS promise,
        (random() * ({REGIONS * NEAR * 3} - 1))::int AS pick
    FROM generate_series(1, %(orders)s) n
) o
JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS place FROM dispatch_lane) l ON l.place = o.pick
"""
LINES = f"""
UPDATE dispatch_order SET
    lines = jsonb_build_array(jsonb_build_object('product', 'F' || floor(random() * {FAMILIES}), 'quantity', 1))
"""
STOCK = f"""
WITH asked AS (SELECT lines->0->>'product' AS product, count(*) AS orders FROM dispatch_order GROUP BY 1),
shares AS (
    SELECT code, product, orders, CASE WHEN code = ANY(%(closed)s) THEN 0 ELSE 0.3 + random() END AS share
    FROM dispatch_warehouse, asked
)
INSERT INTO dispatch_stock (warehouse_id, product, quantity, version, updated_at)
SELECT code, product, floor({STOCK_SHARE} * orders * share / sum(share) OVER (PARTITION BY product)), 1, now()
FROM shares
"""


def build(orders: int) -> None:
    from django.db import connection

    from dispatch.models import Carrier, Region, Warehouse

    Region.objects.bulk_create(
        Region(code=f"{1 + n % 6}{n:05}", name=f"R{n:03}", level="city", core=n < CORE) for n in range(REGIONS)
    )
    Warehouse.objects.bulk_create(
        Warehouse(code=f"W{n:02}", name=f"W{n:02}", daily_capacity=round(orders * 1.10 / 27), unit_cost="1.1")
        for n in range(WAREHOUSES)
    )
    Carrier.objects.bulk_create(Carrier(code=f"C{n:02}", name=f"C{n:02}") for n in range(CARRIERS))
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(LANES, {"orders": orders, "services": list(SERVICES)})
        cursor.execute(RATES)
        cursor.execute(ORDERS, {"orders": orders})


def build_stock() -> None:
    """An order asks for one unit of one of FAMILIES; the open warehouses have STOCK times what is asked for, by chance
    more of one family and less of another."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(LINES)
        cursor.execute(STOCK, {"closed": list(CLOSED)})


def tidy() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


def read_everything(reference: str) -> tuple[RerouteRun, Instance]:
    """A run of all orders, and what it has to solve."""
    from accounts.actors import SYSTEM
    from dispatch.operations import freeze_affected, request_reroute
    from dispatch.operations.runs import read
    from dispatch.scope import Scope

    everything = Scope(carriers=tuple(f"C{n:02}" for n in range(CARRIERS)))
    frozen = freeze_affected(reference=reference, scope=everything, by=SYSTEM)
    run = request_reroute(reference=reference, affected_set_id=frozen.pk, by=SYSTEM)
    return run, read(run).instance
