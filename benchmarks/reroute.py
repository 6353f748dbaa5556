"""Reroute: `python -m benchmarks.reroute [--orders 100000] [--rounds 3]`.

Every order of 340 regions is affected: 30 warehouses (three of them closed) and 12 carriers serve them over 10,200
lanes. Timed is the whole job as a worker and a commander see it: read orders and network, solve, write a proposal row
per order, approve, and apply wave by wave with every order checked again under lock. Beside it, in the same run, the
raw limit: COPY of the same columns out of the table, and one UPDATE of the same rows' allocation
in place.

`--orders 1000000` takes several minutes to set up.
"""

from __future__ import annotations

import argparse
import statistics

from benchmarks.ground import Stopwatch, installation

REGIONS, CORE, WAREHOUSES, CARRIERS, NEAR = 340, 40, 30, 12, 10
SERVICES = ("express", "standard", "economy")
CLOSED = ("W03", "W11", "W19")

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
    now() + random() * interval '4 days', now() + interval '4 days', '', '', '', '', 'zh-hans', now(), now()
FROM (SELECT n, (random() * ({REGIONS * NEAR * 3} - 1))::int AS pick FROM generate_series(1, %(orders)s) n) o
JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS place FROM dispatch_lane) l ON l.place = o.pick
"""
RAW_READ = """
COPY (SELECT o.id, o.version, o.region_id, o.service_level, o.weight, o.quantity, o.priority, o.customer_ref,
    o.first_promise_at, o.lane_id, o.warehouse_id FROM dispatch_order o WHERE o.state = 'open')
TO STDOUT (FORMAT binary)
"""
# To the first lane of each region and service level; the reroute then moves them away from there.
RAW_UPDATE = """
UPDATE dispatch_order o SET warehouse_id = l.warehouse_id, lane_id = l.id, carrier_id = l.carrier_id,
    updated_at = now()
FROM (SELECT DISTINCT ON (region_id, service_level) * FROM dispatch_lane ORDER BY region_id, service_level, id) l
WHERE l.region_id = o.region_id AND l.service_level = o.service_level AND o.state = 'open'
"""


def build(orders: int) -> None:
    from django.db import connection

    from dispatch.models import Carrier, Region, Warehouse

    Region.objects.bulk_create(
        Region(code=f"{1 + n % 6}{n:05}", name=f"R{n:03}", level="city", core=n < CORE) for n in range(REGIONS)
    )
    Warehouse.objects.bulk_create(
        Warehouse(code=f"W{n:02}", name=f"W{n:02}", daily_capacity=round(orders * 1.15 / 27), unit_cost="1.1")
        for n in range(WAREHOUSES)
    )
    Carrier.objects.bulk_create(Carrier(code=f"C{n:02}", name=f"C{n:02}") for n in range(CARRIERS))
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(LANES, {"orders": orders, "services": list(SERVICES)})
        cursor.execute(RATES)
        cursor.execute(ORDERS, {"orders": orders})


def tidy() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


def raw() -> tuple[float, float]:
    """Seconds to read the orders out and to update their allocation in place."""
    from django.db import connection

    from dispatch.bulk import Sink

    with connection.cursor() as cursor:
        with Stopwatch() as reading:
            cursor.copy_expert(RAW_READ, Sink(), size=1 << 20)
        with Stopwatch() as updating:
            cursor.execute(RAW_UPDATE)
    return reading.seconds, updating.seconds


def reroute(reference: str) -> dict[str, float]:
    """One whole reroute; seconds per part."""
    from accounts.actors import SYSTEM
    from dispatch.models import RerouteRun
    from dispatch.operations import apply_waves, approve_run, freeze_affected, request_reroute, solve_run
    from dispatch.scope import Scope

    everything = Scope(carriers=tuple(f"C{n:02}" for n in range(CARRIERS)))
    frozen = freeze_affected(reference=reference, scope=everything, by=SYSTEM)
    run = request_reroute(reference=reference, affected_set_id=frozen.pk, by=SYSTEM)
    tidy()
    with Stopwatch() as proposing:
        solve_run(run_id=run.pk, options=False)
    approve_run(run_id=run.pk, by=SYSTEM)
    with Stopwatch() as applying:
        waves = apply_waves(run_id=run.pk, by=SYSTEM)
    run = RerouteRun.objects.get(pk=run.pk)
    assert (run.state, run.skipped, run.applied) == ("applied", 0, run.assigned), run.state
    solving = sum(seconds for part, seconds in run.seconds.items() if part != "read")
    print(
        f"  {run.orders:,} orders, {run.classes:,} classes, {run.arcs:,} arcs; {run.assigned:,} assigned,"
        f" {run.by_reason}; gap {run.gap:.4%}{'' if run.exact else ' (banded)'}; {waves} waves; {run.seconds}"
    )
    return {
        "read": run.seconds["read"],
        "solve and prove": solving,
        "write the proposal": proposing.seconds - run.seconds["read"] - solving,
        "apply the waves": applying.seconds,
        "whole": proposing.seconds + applying.seconds,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with installation():
        from accounts.actors import SYSTEM
        from dispatch.operations import close_scope
        from dispatch.scope import Scope

        with Stopwatch() as building:
            build(options.orders)
        print(f"built in {building.seconds:.0f} s")
        close_scope(reference="benchmark", scope=Scope(warehouses=CLOSED), by=SYSTEM)
        parts: dict[str, list[float]] = {}
        for number in range(options.rounds):
            tidy()
            reading, updating = raw()
            tidy()
            found = {"raw read": reading, "raw update in place": updating, **reroute(f"benchmark:{number}")}
            for part, seconds in found.items():
                parts.setdefault(part, []).append(seconds)
        limit = statistics.median(a + b for a, b in zip(parts["raw read"], parts["raw update in place"], strict=True))
        print(f"{options.orders:,} orders, median of {options.rounds} rounds; raw read + update {limit:.2f} s")
        for part, values in parts.items():
            middle = statistics.median(values)
            print(f"  {part:22} {middle:7.2f} s  {middle / limit:5.2f} x raw  ({min(values):.2f} to {max(values):.2f})")


if __name__ == "__main__":
    main()
