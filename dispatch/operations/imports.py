"""Bringing a network and its orders in from files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import astuple, dataclass, replace
from datetime import datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction

from accounts.actors import Actor
from accounts.roles import Permission
from dispatch.network_files import NetworkFiles, read_network
from dispatch.operations.steps import NETWORK
from journal import clock
from journal import operations as journal


@dataclass(frozen=True)
class Imported:
    """How much the files held, and how many orders of it were new or different."""

    warehouses: int
    carriers: int
    lanes: int
    rates: int
    orders: int
    changed_orders: int
    warnings: list[str]


TABLES = {
    "plant": "code varchar, capacity int, cost numeric",
    "pair": "kind varchar, plant varchar, value varchar",
    "rate": "carrier varchar, origin varchar, destination varchar, service_level varchar, min_weight numeric,"
    " max_weight numeric, minimum numeric, rate numeric, mode varchar, transit_days int",
    "file_order": "external_id varchar, ordered_at timestamptz, origin varchar, carrier varchar,"
    " service_level varchar, customer varchar, product varchar, plant varchar, destination varchar, quantity int,"
    " weight numeric, collected boolean",
}

# Each statement makes the network as the files say, and changes nothing that is so already.
NETWORK_STEPS = [
    """INSERT INTO dispatch_region (code, name, name_en, level, core)
    SELECT destination, destination, '', 'port', false FROM rate
    UNION SELECT destination, destination, '', 'port', false FROM file_order ORDER BY 1 ON CONFLICT DO NOTHING""",
    """INSERT INTO dispatch_carrier (code, name, name_en)
    SELECT carrier, carrier, '' FROM rate UNION SELECT carrier, carrier, '' FROM file_order ORDER BY 1
    ON CONFLICT DO NOTHING""",
    """INSERT INTO dispatch_warehouse AS w (code, name, name_en, kind, daily_capacity, unit_cost, full_assortment)
    SELECT code, code, '', 'primary', capacity, cost, false FROM plant ORDER BY code
    ON CONFLICT (code) DO UPDATE SET daily_capacity = excluded.daily_capacity, unit_cost = excluded.unit_cost,
        full_assortment = false""",
    """DELETE FROM dispatch_warehouseproduct d USING plant p WHERE d.warehouse_id = p.code
        AND NOT EXISTS (SELECT 1 FROM pair WHERE kind = 'product' AND plant = p.code AND value = d.product)""",
    """INSERT INTO dispatch_warehouseproduct (warehouse_id, product)
    SELECT plant, value FROM pair WHERE kind = 'product' ORDER BY 1, 2 ON CONFLICT DO NOTHING""",
    """DELETE FROM dispatch_warehouseport d USING plant p WHERE d.warehouse_id = p.code
        AND NOT EXISTS (SELECT 1 FROM pair WHERE kind = 'port' AND plant = p.code AND value = d.port)""",
    """INSERT INTO dispatch_warehouseport (warehouse_id, port)
    SELECT plant, value FROM pair WHERE kind = 'port' ORDER BY 1, 2 ON CONFLICT DO NOTHING""",
    """DELETE FROM dispatch_customerrestriction d USING plant p WHERE d.warehouse_id = p.code
        AND NOT EXISTS (SELECT 1 FROM pair WHERE kind = 'customer' AND plant = p.code AND value = d.customer_ref)""",
    """INSERT INTO dispatch_customerrestriction (warehouse_id, customer_ref)
    SELECT plant, value FROM pair WHERE kind = 'customer' ORDER BY 1, 2 ON CONFLICT DO NOTHING""",
    # A rate from a port is a rate from every plant that has the port.
    """INSERT INTO dispatch_lane
        (warehouse_id, region_id, carrier_id, service_level, origin, mode, transit_hours, state)
    SELECT DISTINCT ON (1, 2, 3, 4, 5, 7)
        p.plant, r.destination, r.carrier, r.service_level, r.origin, r.mode, r.transit_days * 24, 'open'
    FROM rate r JOIN pair p ON p.kind = 'port' AND p.value = r.origin ORDER BY 1, 2, 3, 4, 5, 7, r.mode
    ON CONFLICT (warehouse_id, region_id, carrier_id, service_level, origin, transit_hours)
    DO UPDATE SET mode = excluded.mode""",
    # Rates have no key of their own: those of the imported plants are replaced.
    """DELETE FROM dispatch_lanerate r USING dispatch_lane l, plant p
    WHERE r.lane_id = l.id AND l.warehouse_id = p.code""",
    """INSERT INTO dispatch_lanerate (lane_id, min_weight, max_weight, minimum, rate)
    SELECT l.id, r.min_weight, r.max_weight, r.minimum, r.rate
    FROM rate r JOIN pair p ON p.kind = 'port' AND p.value = r.origin
    JOIN dispatch_lane l ON l.warehouse_id = p.plant AND l.region_id = r.destination AND l.carrier_id = r.carrier
        AND l.service_level = r.service_level AND l.origin = r.origin AND l.transit_hours = r.transit_days * 24
    ORDER BY l.id, r.min_weight, r.max_weight, r.minimum, r.rate""",
]

# An order's lane is the cheapest that its plant, port, carrier, service level and weight allow. An order that is known
# keeps its allocation: it may have been rerouted since.
IMPORT_ORDERS = """
INSERT INTO dispatch_order AS o (external_id, version, state, region_id, warehouse_id, lane_id, carrier_id,
    service_level, weight, quantity, lines, priority, collected, ordered_at, customer_ref, customer_name, phone, email,
    language, received_at, updated_at)
SELECT f.external_id, 1, 'open', f.destination, f.plant, lane.id, f.carrier, f.service_level, f.weight, f.quantity,
    jsonb_build_array(jsonb_build_object('product', f.product, 'quantity', f.quantity)), 0, f.collected, f.ordered_at,
    f.customer, '', '', '', 'zh-hans', %(now)s, %(now)s
FROM file_order f LEFT JOIN LATERAL (
    SELECT l.id FROM dispatch_lane l JOIN dispatch_lanerate r ON r.lane_id = l.id
    WHERE l.warehouse_id = f.plant AND l.region_id = f.destination AND l.carrier_id = f.carrier
        AND l.service_level = f.service_level AND l.origin = f.origin
        AND f.weight BETWEEN r.min_weight AND r.max_weight
    ORDER BY greatest(r.minimum, r.rate * f.weight), l.transit_hours, l.id LIMIT 1
) lane ON NOT f.collected
ORDER BY f.external_id
ON CONFLICT (external_id) DO UPDATE SET version = o.version + 1, region_id = excluded.region_id,
    service_level = excluded.service_level, weight = excluded.weight, quantity = excluded.quantity,
    lines = excluded.lines, collected = excluded.collected, customer_ref = excluded.customer_ref,
    updated_at = excluded.updated_at
WHERE o.state = 'open'
    AND (o.region_id, o.service_level, o.weight, o.quantity, o.lines, o.collected, o.customer_ref) IS DISTINCT FROM
    (excluded.region_id, excluded.service_level, excluded.weight, excluded.quantity, excluded.lines,
        excluded.collected, excluded.customer_ref)
"""
COUNTS = """
SELECT count(DISTINCT l.id), count(r.id) FROM plant p JOIN dispatch_lane l ON l.warehouse_id = p.code
LEFT JOIN dispatch_lanerate r ON r.lane_id = l.id
"""


def import_network(*, folder: Path, by: Actor) -> Imported:
    """Make the plants, rates and orders of seven CSV files (dispatch.network_files) part of the network.

    All or nothing, and the same again changes nothing: plants become warehouses, each of their rates a weight band of
    a lane, destination ports regions; orders come with the allocation they have in the file. Journals
    dispatch.network_imported with the files' SHA-256. Raises FilesRefused, NotAllowed.
    """
    by.require(Permission.MANAGE_NETWORK)
    files = read_network(folder)
    with transaction.atomic(), connection.cursor() as cursor:
        # One import at a time.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('dispatch:import', 0))")
        for table, columns in TABLES.items():
            cursor.execute(f"CREATE TEMPORARY TABLE {table} ({columns}) ON COMMIT DROP")
        copy_in(cursor, files)
        for statement in NETWORK_STEPS:
            cursor.execute(statement)
        cursor.execute(IMPORT_ORDERS, {"now": clock.now()})
        changed = cursor.rowcount
        cursor.execute(COUNTS)
        lanes, rates = cursor.fetchone()
        for table in TABLES:
            cursor.execute(f"DROP TABLE {table}")
        imported = Imported(
            warehouses=len(files.capacities),
            carriers=len({rate.carrier for rate in files.rates} | {order.carrier for order in files.orders}),
            lanes=lanes,
            rates=rates,
            orders=len(files.orders),
            changed_orders=changed,
            warnings=files.warnings,
        )
        journal.write(
            kind="dispatch.network_imported",
            subject=NETWORK,
            by=by,
            reference="orders",
            payload={
                "warehouses": imported.warehouses,
                "lanes": lanes,
                "rates": rates,
                "orders": imported.orders,
                "changed_orders": changed,
                "left_out": len(files.warnings),
                "sha256": files.sha256,
            },
        )
    return imported


def copy_in(cursor: Any, files: NetworkFiles) -> None:
    copy(cursor, "plant", ((code, files.capacities[code], files.costs[code]) for code in files.capacities))
    for kind, pairs in (("product", files.products), ("port", files.ports), ("customer", files.customers)):
        copy(cursor, "pair", ((kind, plant, value) for plant, value in pairs))
    copy(cursor, "rate", (astuple(rate) for rate in files.rates))
    zone = ZoneInfo(settings.TIME_ZONE)
    orders = (replace(order, ordered_on=datetime.combine(order.ordered_on, time(), zone)) for order in files.orders)
    copy(cursor, "file_order", ((*astuple(order), order.collected) for order in orders))


def copy(cursor: Any, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_MINIMAL).writerows(rows)
    text.seek(0)
    cursor.copy_expert(f"COPY {table} FROM STDIN (FORMAT csv)", text)
    cursor.execute(f"ANALYZE {table}")
