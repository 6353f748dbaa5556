"""Reroute: `python -m benchmarks.reroute [--orders 100000] [--rounds 3]`.

Every order of 340 regions is affected: 30 warehouses (three of them closed) and 12 carriers serve them over 10,200
lanes, with capacity for 110 % of the orders. Timed is the whole job as a worker and a commander see it: read orders and
network, solve, prove, write a proposal row per order, approve, and apply with every order checked again under lock;
once with a commit per zone and once in one transaction. Beside it, in the same run, the raw limit: COPY of the same
columns out of the table, and one UPDATE of the same rows' allocation in place.

On the same data in memory: a greedy of plain Python, the solver on a tenth of the orders (growth), what core regions
get against what the network could give them at most, and a second solve after lanes were pinned and forbidden. Last, a
run is adjusted as a commander does it: how long until its figures and the change can be read, and until every order is
written down.

With `--stock` instead: each order asks for one of eight families, of which each warehouse has so much; printed are
seconds, gap and bound of the plan at once and of the polished one, and the most memory.

`--orders 1000000` takes several minutes to set up.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import statistics
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.greedy import greedy
from benchmarks.ground import Stopwatch, installation

if TYPE_CHECKING:
    from dispatch.instance import Instance
    from dispatch.models import RerouteRun
    from dispatch.solver import Network, Options, Orders, Result

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


def raw() -> tuple[float, float]:
    """Seconds to read the orders out and to update their allocation in place."""
    from django.db import connection

    with connection.cursor() as cursor:
        with Stopwatch() as reading:
            cursor.copy_expert(RAW_READ, io.BytesIO(), size=1 << 20)
        with Stopwatch() as updating:
            cursor.execute(RAW_UPDATE)
    return reading.seconds, updating.seconds


def reroute(reference: str, *, at_once: bool) -> dict[str, float]:
    """One whole reroute, its waves committed one by one or all `at_once`; seconds per part."""
    from django.db import transaction

    from accounts.actors import SYSTEM
    from dispatch.models import RerouteRun
    from dispatch.operations import apply_waves, approve_run, freeze_affected, request_reroute, solve_run
    from dispatch.scope import Scope

    everything = Scope(carriers=tuple(f"C{n:02}" for n in range(CARRIERS)))
    with Stopwatch() as freezing:
        frozen = freeze_affected(reference=reference, scope=everything, by=SYSTEM)
    run = request_reroute(reference=reference, affected_set_id=frozen.pk, by=SYSTEM)
    tidy()
    with Stopwatch() as proposing:
        solve_run(run_id=run.pk, options=False)
    with Stopwatch() as approving:
        approve_run(run_id=run.pk, by=SYSTEM)
    with Stopwatch() as applying, transaction.atomic() if at_once else contextlib.nullcontext():
        waves = apply_waves(run_id=run.pk, by=SYSTEM)
    run = RerouteRun.objects.get(pk=run.pk)
    assert (run.state, run.skipped, run.applied) == ("applied", 0, run.assigned), run.state
    solving = sum(seconds for part, seconds in run.seconds.items() if part != "read")
    print(
        f"  {run.orders:,} orders, {run.classes:,} classes, {run.arcs:,} arcs; {run.assigned:,} assigned,"
        f" {run.by_reason}; gap {run.gap:.4%}{'' if run.exact else ' (banded)'}; {waves} waves; {run.seconds}",
        flush=True,
    )
    how = "in one transaction" if at_once else "by zone"
    return {
        "freeze (before, not in the whole)": freezing.seconds,
        f"read, {how}": run.seconds["read"],
        f"solve and prove, {how}": solving,
        f"write the proposal, {how}": proposing.seconds - run.seconds["read"] - solving,
        f"approve and reserve, {how}": approving.seconds,
        f"apply, {how}": applying.seconds,
        f"whole, {how}": proposing.seconds + approving.seconds + applying.seconds,
    }


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


def in_memory() -> None:
    """What needs no database, on the same orders: greedy, growth, core regions, and a second solve; then a run that is
    adjusted."""
    from dispatch import solver
    from dispatch.operations import solve_run
    from dispatch.weighing import solver_options

    raw()
    run, instance = read_everything("benchmark:memory")
    network, orders, options = instance.network, instance.orders, solver_options(run, run.goal)
    with Stopwatch() as first:
        result = solver.solve(network, orders, options)
    print(
        f"in memory: solve and prove {first.seconds:.2f} s ({first.cpu:.2f} s of work; {result.seconds}),"
        f" gap {result.gap:.4%}",
        flush=True,
    )
    core(network, orders, result, options)
    with Stopwatch() as watch:
        served, total = greedy(network, orders, options.late_cost)
    dearer = total / (float(result.bound) / result.scale) - 1
    print(
        f"  greedy {watch.seconds:.2f} s ({watch.cpu:.2f} s of work): {served:,} served, {dearer:.1%} above the bound"
        f" ({watch.cpu / first.cpu:.1f} x the work of solving and proving)",
        flush=True,
    )
    tenth = orders.take(slice(None, None, 10))
    smaller = replace(
        network, lane_capacity=-(-network.lane_capacity // 10), warehouse_capacity=-(-network.warehouse_capacity // 10)
    )
    with Stopwatch() as watch:
        solver.solve(smaller, tenth, options)
    print(f"  a tenth of the orders {watch.seconds:.2f} s: growth x {first.cpu / watch.cpu:.1f}", flush=True)
    busiest = again(network, orders, result, options)
    solve_run(run_id=run.pk, options=False)
    lane = int(instance.lane_ids[busiest])
    for number, wishes in enumerate(({"pin": {"lanes": [lane]}}, {"forbid": {"lanes": [lane]}})):
        run = adjusted(run, wishes, "forbidden" if number else "pinned")


def adjusted(parent: RerouteRun, wishes: dict[str, Any], how: str) -> RerouteRun:
    """As a commander waits for it: from the request until figures and change can be read, and until it is proposed."""
    from accounts.actors import SYSTEM
    from dispatch.models import RerouteRun
    from dispatch.operations import adjust_run, solve_run

    read: list[float] = []
    with Stopwatch() as watch:
        run = adjust_run(run_id=parent.pk, wishes=wishes, by=SYSTEM)
        reader = threading.Thread(target=read_figures, args=(run.pk, watch, read))
        reader.start()
        solve_run(run_id=run.pk, options=False)
    reader.join()
    run = RerouteRun.objects.get(pk=run.pk)
    print(
        f"  adjusted, busiest lane {how}: request → figures and change {read[0]:.2f} s; → every order written"
        f" {watch.seconds:.2f} s; gap {run.gap:.4%}, {'in part' if run.change else 'as a whole'} ({run.seconds})",
        flush=True,
    )
    return run


def read_figures(run_id: int, watch: Stopwatch, read: list[float]) -> None:
    """Look, as a browser would, until the run has figures; then read them and the change."""
    from django.db import connection

    from dispatch.models import RerouteRun
    from dispatch.queries import comparison
    from dispatch.queries.reroutes import last_proposal

    solved = RerouteRun.objects.filter(pk=run_id, solved_at__isnull=False)
    while not solved.exists():
        time.sleep(0.02)
    run = RerouteRun.objects.get(pk=run_id)
    before = last_proposal(run)
    assert before is not None
    if run.change:
        comparison.compare_runs(before, run)
    read.append(time.perf_counter() - watch.began)
    connection.close()


def with_stock() -> None:
    """The plan within stock per warehouse and family, at once and polished."""
    from dispatch import solver
    from dispatch.solver.stock import solve_jointly
    from dispatch.weighing import solver_options

    run, instance = read_everything("benchmark:stock")
    network, orders, goods = instance.network, instance.orders, instance.goods
    assert goods is not None
    options = solver_options(run, run.goal)
    with Stopwatch() as watch:
        free = solver.solve(network, orders, options)
    print(f"without stock: {watch.seconds:.1f} s, gap {free.gap:.4%}, {peak_memory():,} MB", flush=True)
    for name, polish in {"at once": False, "polished": True}.items():
        with Stopwatch() as watch:
            found = solve_jointly(network, orders, goods, options, polish=polish)
        left = goods.left(network, found.lane)
        assert left.min() >= 0, "stock overspent"
        core = orders.priority >= 2
        print(
            f"{name}: {watch.seconds:.1f} s, gap {found.gap:.4%}, bound {found.bound / found.scale:,.2f},"
            f" plan {found.objective / found.scale:,.2f}; {(found.lane < 0).sum():,} without a lane, of core regions"
            f" and urgent {(found.lane[core] < 0).sum():,}; {found.classes:,} classes, {found.arcs:,} arcs;"
            f" {peak_memory():,} MB; {found.seconds}",
            flush=True,
        )


def core(network: Network, orders: Orders, result: Result, options: Options) -> None:
    """What orders of weight 2 and more get, against the most that any plan could give them."""
    from dispatch.solver.candidates import Lawful

    heavy = orders.priority >= 2
    hours = np.append(network.lane_hours, np.inf)[result.lane]
    on_time = hours <= orders.slack
    some = orders.take(np.flatnonzero(heavy))
    found = Lawful(network, options).candidates(some)
    fast = np.bincount(found.row, network.lane_hours[found.slot] <= some.slack[found.row], minlength=len(some)) > 0
    share, most = on_time[heavy].mean(), fast.mean()
    print(
        f"  core and urgent orders: {heavy.sum():,}, {(result.lane[heavy] < 0).sum():,} without a lane;"
        f" on time {share:.2%}, at most {most:.2%} could be were capacity no matter ({share / most:.3f})",
        flush=True,
    )


def again(network: Network, orders: Orders, result: Result, options: Options) -> int:
    """Solve once more with the busiest lane pinned, then with it forbidden; return that lane."""
    from dispatch import solver

    busiest = int(np.bincount(result.lane[result.lane >= 0]).argmax())
    pinned = np.where(result.lane == busiest, busiest, -1)
    forbidden = np.arange(network.lanes) == busiest
    for name, wishes in {
        "pinned": solver.Wishes(pinned=pinned),
        "forbidden": solver.Wishes(forbidden=forbidden),
    }.items():
        with Stopwatch() as watch:
            found = solver.solve(network, orders, options, wishes)
        print(
            f"  again with the busiest lane {name}: {watch.seconds:.2f} s ({watch.cpu:.2f} s of work; "
            f"{found.seconds}), gap {found.gap:.4%}",
            flush=True,
        )
    return busiest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--stock", action="store_true", help="only solve, within stock per warehouse and family")
    options = parser.parse_args()
    with installation():
        from accounts.actors import SYSTEM
        from dispatch.operations import close_scope
        from dispatch.scope import Scope

        with Stopwatch() as building:
            build(options.orders)
        print(f"built in {building.seconds:.0f} s")
        close_scope(reference="benchmark", scope=Scope(warehouses=CLOSED), by=SYSTEM)
        if options.stock:
            build_stock()
            tidy()
            with_stock()
            return
        parts: dict[str, list[float]] = {}
        for number in range(options.rounds):
            for at_once in (False, True):
                tidy()
                reading, updating = raw()
                tidy()
                figures = reroute(f"benchmark:{number}:{at_once}", at_once=at_once)
                for part, seconds in {"raw read": reading, "raw update in place": updating}.items():
                    parts.setdefault(part, []).append(seconds)
                for part, seconds in figures.items():
                    parts.setdefault(part, []).append(seconds)
        limit = statistics.median(a + b for a, b in zip(parts["raw read"], parts["raw update in place"], strict=True))
        print(f"{options.orders:,} orders, median of {options.rounds} rounds; raw read + update {limit:.2f} s")
        for part, values in parts.items():
            middle = statistics.median(values)
            print(f"  {part:34} {middle:7.2f} s  {middle / limit:5.2f} x raw  ({min(values):.2f} to {max(values):.2f})")
        print(f"  most memory of this process {peak_memory():,} MB", flush=True)
        in_memory()


def peak_memory() -> int:
    """MB that this process held at most so far."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024


if __name__ == "__main__":
    main()
