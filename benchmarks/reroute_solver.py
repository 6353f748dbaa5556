"""What `benchmarks.reroute` measures of the solver alone, on orders that have been read."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.greedy import greedy
from benchmarks.ground import Stopwatch, peak_memory
from benchmarks.reroute_world import read_everything

if TYPE_CHECKING:
    from dispatch.models import RerouteRun
    from dispatch.solver import Network, Options, Orders, Result


def in_memory() -> None:
    """What needs no database, on the same orders: greedy, growth, core regions, and a second solve; then a run that is
    adjusted."""
    from dispatch import solver
    from dispatch.operations import solve_run
    from dispatch.weighing import solver_options

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
        gap = solver.solve(network, orders, options).gap
    print(f"without stock: {watch.seconds:.1f} s, gap {gap:.4%}, {peak_memory():,} MB", flush=True)
    for name, polish in {"at once": False, "polished": True}.items():
        with Stopwatch() as watch:
            found = solve_jointly(network, orders, goods, options, polish=polish)
        assert goods.left(network, found.lane).min() >= 0, "stock overspent"
        print(
            f"{name}: {watch.seconds:.1f} s ({watch.cpu:.1f} s of work), gap {found.gap:.4%}, bound"
            f" {found.bound / found.scale:,.2f}, plan {found.objective / found.scale:,.2f};"
            f" {(found.lane < 0).sum():,} without a lane, of which another plan could serve at most"
            f" {found.could_serve or 0:,}; {found.classes:,} classes, {found.arcs:,} arcs; {found.seconds}; most memory"
            f" of this process so far {peak_memory():,} MB",
            flush=True,
        )
        core(network, orders, found, options)
        del found  # as large as the orders


def core(network: Network, orders: Orders, result: Result, options: Options) -> None:
    """What orders of weight 2 and more get, against the most that any plan could give them."""
    from dispatch.solver.candidates import Lawful
    from dispatch.solver.costs import hours_judged

    heavy = orders.priority >= 2
    served = np.flatnonzero(result.lane >= 0)
    on_time = np.zeros(len(orders), np.bool_)
    on_time[served] = hours_judged(network, orders, served, result.lane[served]) <= orders.slack[served]
    some = orders.take(np.flatnonzero(heavy))
    found = Lawful(network, options).candidates(some)
    in_time = hours_judged(network, some, found.row, found.slot) <= some.slack[found.row]
    fast = np.bincount(found.row, in_time, minlength=len(some)) > 0
    share, most = on_time[heavy].mean(), fast.mean()
    print(
        f"  core and urgent orders: {heavy.sum():,}, {(result.lane[heavy] < 0).sum():,} without a lane;"
        f" on time {share:.2%}, at most {most:.2%} could be were capacity no matter ({share / most:.3f})",
        flush=True,
    )
