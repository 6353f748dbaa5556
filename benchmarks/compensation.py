"""Compensation: `python -m benchmarks.compensation [--orders 100000] [--rounds 3]`.

All orders of a matter came 30 to 130 hours after their promise; two customers in a hundred have several. Timed are what
it would cost (simulate), proposing a grant for each, granting them, and making the messages of their customers. Beside
them, in the same run, the raw limits: an INSERT … SELECT of the grants, and of the messages, into tables of the same
make. Each round is a matter of its own over the same orders.
"""

from __future__ import annotations

import argparse

from benchmarks.ground import Stopwatch, installation, show_parts
from benchmarks.reroute import CARRIERS, build, tidy

LATE = """
UPDATE dispatch_order SET state = 'delivered', delivered_at = now(), phone = '139' || lpad(id::text, 8, '0'),
    customer_ref = 'C' || CASE WHEN id % 100 < 3 THEN id / 100 ELSE id END, value = 20 + id % 300,
    first_promise_at = now() - make_interval(hours => (30 + id % 100)::int), ordered_at = now() - interval '9 days'
"""
RAW = {
    "raw grants": (
        "CREATE TABLE raw_grant (LIKE customers_grant INCLUDING ALL)",
        "INSERT INTO raw_grant SELECT * FROM customers_grant WHERE run_id = %s",
    ),
    "raw messages": (
        "CREATE TABLE raw_message (LIKE notifications_message INCLUDING ALL)",
        "INSERT INTO raw_message SELECT * FROM notifications_message WHERE batch_id = %s",
    ),
}


def raw(what: str, key: int) -> float:
    from django.db import connection

    create, insert = RAW[what]
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {create.split()[2]}")
        cursor.execute(create)
        with Stopwatch() as watch:
            cursor.execute(insert, [key])
    return watch.seconds


def prepare(orders: int, rounds: int) -> None:
    from django.db import connection

    from accounts.actors import SYSTEM
    from dispatch.operations import freeze_affected
    from dispatch.scope import Scope
    from notifications import sample

    sample.load()
    build(orders)
    everything = Scope(carriers=tuple(f"C{n:02}" for n in range(CARRIERS)))
    for number in range(rounds):
        freeze_affected(reference=f"benchmark:{number}", scope=everything, by=SYSTEM)
    with connection.cursor() as cursor:
        cursor.execute(LATE)


def a_round(number: int) -> dict[str, float]:
    from accounts.actors import SYSTEM, Actor
    from accounts.roles import Permission
    from customers.assessment import simulate
    from customers.models import RunScope
    from customers.operations import compensation, compensation_out
    from customers.operations.policies import policy_in_force
    from journal import clock

    reference, proposer = f"benchmark:{number}", Actor("user", "1", frozenset(Permission))
    tidy()
    with Stopwatch() as simulating:
        simulate(policy_in_force(), reference, RunScope.DELIVERED, clock.now())
    with Stopwatch() as proposing:
        run = compensation.propose_compensation(reference=reference, scope=RunScope.DELIVERED, by=proposer)
    compensation.approve_compensation(run_id=run.pk, by=SYSTEM)
    with Stopwatch() as granting:
        compensation.grant_compensation(run_id=run.pk, by=SYSTEM)
    with Stopwatch() as telling:
        run = compensation_out.tell_customers(run_id=run.pk)
    print(f"  {run.orders:,} grants, CNY {run.amount:,}", flush=True)
    assert run.batch is not None
    figures = {"raw grants": raw("raw grants", run.pk), "raw messages": raw("raw messages", run.batch)}
    return figures | {
        "simulate": simulating.seconds,
        "propose": proposing.seconds,
        "grant": granting.seconds,
        "tell": telling.seconds,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with installation():
        prepare(options.orders, options.rounds)
        rounds = [a_round(number) for number in range(options.rounds)]
        print(f"{options.orders:,} orders, median of {options.rounds} rounds")
        show_parts(rounds, lambda part: "raw messages" if part in {"tell", "raw messages"} else "raw grants")


if __name__ == "__main__":
    main()
