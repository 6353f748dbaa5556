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
seconds, gap and bound of the plan at once and of the polished one, what core regions get, and the most memory.

`--orders 1000000` takes several minutes to set up.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import statistics

from benchmarks.ground import Stopwatch, installation, peak_memory
from benchmarks.reroute_solver import in_memory, with_stock
from benchmarks.reroute_world import CARRIERS, CLOSED, build, build_stock, tidy

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
        raw()
        in_memory()


if __name__ == "__main__":
    main()
