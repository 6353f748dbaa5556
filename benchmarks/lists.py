"""Lists and figures over very many orders: `python -m benchmarks.lists [--orders N] [--rounds N]`.

Fills a database with orders of which a fifth is open, freezes the orders of a warehouse, solves their reroute, and
times the board's cards, the order list with every filter, page after page, the list of the frozen set, the network's
pages, what closing something would mean, and what is shown of the reroute. The raw limit beside them is the fetch of
one page by primary key. The first look at a page counts too, as its slowest.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable

from benchmarks.ground import Stopwatch, installation
from benchmarks.intake import CARRIERS, REGIONS, WAREHOUSES, build_network, judge

SLOWEST = 0.2
FILL = """
INSERT INTO dispatch_order (external_id, version, state, region_id, warehouse_id, lane_id, carrier_id, service_level,
    weight, quantity, lines, priority, collected, promise_at, first_promise_at, dispatched_at, delivered_at,
    customer_ref, customer_name, phone, email, language, received_at, updated_at)
SELECT 'SO' || lpad(n::text, 12, '0'), 1, state, 'R' || lpad(region::text, 3, '0'),
    'W' || lpad(((region + step) %% %(houses)s)::text, 2, '0'), %(lane)s + region * 10 + step,
    'C' || lpad(((region * 5 + step) %% %(carriers)s)::text, 2, '0'), 'standard', 1.5, 1, '[]',
    CASE WHEN n %% 97 = 0 THEN 2 WHEN n %% 23 = 0 THEN 1 ELSE 0 END, false,
    now() + (n %% 20000 - 4000) * interval '1 minute', now() + (n %% 20000 - 4000) * interval '1 minute',
    CASE WHEN state IN ('dispatched', 'delivered') THEN now() END, CASE WHEN state = 'delivered' THEN now() END,
    'U' || n %% 90000, '', '+86138' || lpad((n * 7919 %% 100000000)::text, 8, '0'), '', 'zh-hans', now(), now()
FROM (SELECT n, n %% %(regions)s AS region, n / %(regions)s %% 10 AS step,
    CASE WHEN n %% 5 = 0 THEN 'open' WHEN n %% 19 = 0 THEN 'dispatched' WHEN n %% 9973 = 0 THEN 'held'
    WHEN n %% 211 = 0 THEN 'cancelled' ELSE 'delivered' END AS state
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) n) numbered
"""
STEP = 250_000


def fill(orders: int) -> None:
    from django.db import connection

    from dispatch.models import Lane, LaneRate

    lanes = list(Lane.objects.order_by("pk").values_list("pk", flat=True))
    LaneRate.objects.bulk_create(LaneRate(lane_id=lane, minimum=8, rate=1) for lane in lanes)
    for first in range(1, orders + 1, STEP):
        with connection.cursor() as cursor:
            cursor.execute(
                FILL,
                {
                    "first": first,
                    "last": min(first + STEP - 1, orders),
                    "regions": REGIONS,
                    "houses": WAREHOUSES,
                    "carriers": CARRIERS,
                    "lane": lanes[0],
                },
            )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) dispatch_order")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with installation():
        build_network()
        fill(options.orders)
        measure(options.orders, options.rounds)


def measure(orders: int, rounds: int) -> None:
    from django.test import Client

    from accounts.actors import SYSTEM
    from accounts.models import RoleGrant, User
    from accounts.roles import Role
    from dispatch.models import Order
    from dispatch.operations import close_scope, count_loads, freeze_affected, request_reroute, solve_run
    from dispatch.operations.loads import claim_count
    from dispatch.scope import Scope

    scope, reference = Scope(warehouses=("W05",)), "benchmark:1"
    close_scope(reference=reference, scope=scope, by=SYSTEM)
    with Stopwatch() as watch:
        frozen = freeze_affected(reference=reference, scope=scope, by=SYSTEM)
    print(f"{orders:,} orders; {frozen.orders:,} of them frozen and counted in {watch.seconds:.1f} s")
    with Stopwatch() as watch:
        asked = request_reroute(reference=reference, affected_set_id=frozen.pk, by=SYSTEM)
        solved = solve_run(run_id=asked.pk, options=False)
    assert solved is not None
    print(f"their reroute solved in {watch.seconds:.1f} s")
    with Stopwatch() as watch:
        count_loads(attempt=claim_count() or 0)
    print(f"the loads of the network, which the clock has counted aside, in {watch.seconds:.1f} s")
    user = User.objects.create_user(username="lists", password=None)
    RoleGrant.objects.create(user=user, role=Role.COMMANDER)
    client = Client()
    client.force_login(user)
    page = f"/orders/affected/{frozen.pk}/"
    lists = {
        "board: orders": "/board/orders/",
        "board: incidents": "/board/incidents/",
        "orders, newest": "/orders/",
        "orders, far behind": f"/orders/?before={orders // 3}",
        "open": "/orders/?state=open",
        "open of a warehouse and carrier": "/orders/?state=open&warehouse=W05&carrier=C05",
        "open of a region": "/orders/?state=open&region=R005",
        "late": "/orders/?state=late",
        "held": "/orders/?state=held",
        "dispatched of a warehouse": "/orders/?state=dispatched&warehouse=W07",
        "cancelled, high priority": "/orders/?state=cancelled&priority=2",
        "nothing like it": "/orders/?state=cancelled&priority=9",
        "promised on a day": "/orders/?promise_from=2026-12-24&promise_to=2026-12-24",
        "beginning of a number": "/orders/?q=SO00000",
        "end of a phone": "/orders/?q=1234",
        "affected set": page,
        "affected set, by carrier": f"{page}?carrier=C05",
        "affected set, nothing like it": f"{page}?priority=9",
        "an order": f"/orders/{orders // 2}/",
        "network: state": "/orders/network/state/",
        "network: map": "/orders/network/map/",
        "network: warehouses": "/orders/network/parts/warehouse/",
        "network: carriers": "/orders/network/parts/carrier/",
        "network: lanes": "/orders/network/lanes/",
        "closing a warehouse": "/orders/network/closing/?kind=warehouse&code=W06",
        "closing a region": "/orders/network/closing/?kind=region&code=R005",
        "reroute": f"/reroutes/{solved.pk}/",
        "reroute: pictures": f"/reroutes/{solved.pk}/flows/",
        "reroute: what may be pinned": f"/reroutes/{solved.pk}/ways/",
        "matter: reroute": f"/panels/dispatch/{reference}/",
        "matter: forecast": f"/panels/forecast/{reference}/",
        "matter: hand-over": f"/panels/handover/{solved.pk}/",
        "REST: open, oldest first": "/api/v1/orders?state=open&limit=100",
    }
    ids = list(Order.objects.order_by("-id").values_list("pk", flat=True)[:50])
    raw = timed(lambda: list(Order.objects.select_related("region", "warehouse", "carrier").filter(pk__in=ids)), rounds)
    print(f"{'one page by primary key (raw)':<34} {1000 * raw[0]:>6.0f} ms")
    worst = 0.0
    for name, path in lists.items():

        def ask(path: str = path) -> None:
            answer = client.get(path)
            assert answer.status_code == 200, (path, answer.content[:300])

        with Stopwatch() as first:
            ask()
        median, slowest = timed(ask, rounds)
        slowest = max(slowest, first.seconds)
        worst = max(worst, median)
        print(f"{name:<34} {1000 * median:>6.0f} ms   slowest {1000 * slowest:.0f} ms   {median / raw[0]:.0f} × raw")
    judge("every list and figure ≤ 200 ms (median)", worst <= SLOWEST)


def timed(work: Callable[[], object], rounds: int) -> tuple[float, float]:
    seconds = []
    for _round in range(rounds):
        with Stopwatch() as watch:
            work()
        seconds.append(watch.seconds)
    return statistics.median(seconds), max(seconds)


if __name__ == "__main__":
    main()
