"""Orders on the way: `python -m benchmarks.detours [--orders 100000] [--rounds 3]`.

All orders have left, between 0 and 60 hours ago, over the lanes of `benchmarks.reroute`, each of three legs by two of
20 hubs. Two hubs close: timed are freezing all of them, deciding what each is told (the proposal), and telling those
that this hits as a wave. Then two more hubs close: timed are the closing itself, which finds those whose instruction is
no longer possible, the new proposal and telling it. Beside them, in the same run, the raw limit: one UPDATE in place of
the orders that were looked at.
"""

from __future__ import annotations

import argparse

from benchmarks.ground import Stopwatch, installation, show_parts
from benchmarks.reroute_world import CARRIERS, build, tidy

HUBS = 20
LEGS = f"""
INSERT INTO dispatch_laneleg (lane_id, position, mode, hub_id, hours)
SELECT l.id, place, 'road', CASE WHEN place < 3 THEN 'H' || (CASE place WHEN 1 THEN l.id %% {HUBS}
    ELSE (l.id / 7 + 1 + l.id %% {HUBS} + l.id %% 5) %% {HUBS} END) END, 8 + l.id %% 9
FROM dispatch_lane l, generate_series(1, 3) place
"""
LEAVE = """
UPDATE dispatch_order SET state = 'dispatched', dispatched_version = version,
    dispatched_at = now() - random() * interval '60 hours'
"""
RAW = "UPDATE dispatch_order o SET updated_at = now() FROM dispatch_affectedorder a WHERE a.order_id = o.id"


def prepare(orders: int) -> None:
    from django.db import connection

    from dispatch.models import Hub

    build(orders)
    Hub.objects.bulk_create(Hub(code=f"H{n}", name=f"H{n}", kind="sorting") for n in range(HUBS))
    with connection.cursor() as cursor:
        cursor.execute(LEGS, {})
        cursor.execute(LEAVE)


def tell(run_id: int, what: str) -> dict[str, float]:
    """Propose and tell; seconds of each."""
    from accounts.actors import SYSTEM
    from dispatch.models import RerouteRun
    from dispatch.operations import apply_waves, approve_run, solve_run

    with Stopwatch() as proposing:
        solve_run(run_id=run_id, options=False)
    approve_run(run_id=run_id, by=SYSTEM)
    with Stopwatch() as telling:
        apply_waves(run_id=run_id, by=SYSTEM)
    run = RerouteRun.objects.get(pk=run_id)
    print(f"  {what}: {run.affected_set.in_transit:,} on the way, {run.to_detour:,} told something", flush=True)
    return {f"propose, {what}": proposing.seconds, f"tell, {what}": telling.seconds}


def a_round(number: int) -> dict[str, float]:
    from django.db import connection

    from accounts.actors import SYSTEM
    from dispatch.models import RerouteRun
    from dispatch.operations import close_scope, freeze_affected, reopen_scope, request_reroute, roll_back_run
    from dispatch.scope import Scope

    first, second = f"benchmark:{number}", f"second:{number}"
    hubs = Scope(hubs=(f"H{number}", f"H{number + 1}"))
    everything = Scope(carriers=tuple(f"C{n:02}" for n in range(CARRIERS)))
    close_scope(reference=first, scope=hubs, by=SYSTEM)
    with Stopwatch() as freezing:
        frozen = freeze_affected(reference=first, scope=everything, by=SYSTEM)
    tidy()
    with connection.cursor() as cursor, Stopwatch() as updating:
        cursor.execute(f"{RAW} AND a.affected_set_id = %s", [frozen.pk])
    tidy()
    run = request_reroute(reference=first, affected_set_id=frozen.pk, by=SYSTEM)
    figures = {"raw update in place": updating.seconds, "freeze": freezing.seconds, **tell(run.pk, "first")}
    tidy()
    with Stopwatch() as closing:
        close_scope(
            reference=second,
            scope=Scope(
                hubs=(
                    f"H{number + 2}",
                    f"H{number + 3}",
                )
            ),
            by=SYSTEM,
        )
    again = RerouteRun.objects.get(kind="detour", reference=first, state="queued")
    figures |= {"close two more hubs": closing.seconds, **tell(again.pk, "again")}
    for told in (again.pk, run.pk):  # the next round finds nobody told
        roll_back_run(run_id=told, by=SYSTEM)
    for reference in (second, first):
        reopen_scope(reference=reference, by=SYSTEM)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with installation():
        prepare(options.orders)
        rounds = [a_round(number * 5) for number in range(options.rounds)]
        print(f"{options.orders:,} orders on the way, median of {options.rounds} rounds")
        show_parts(rounds, lambda part: "raw update in place")


if __name__ == "__main__":
    main()
