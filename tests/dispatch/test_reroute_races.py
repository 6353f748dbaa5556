"""Several workers and people at once, with real connections."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread

import pytest
from django.db import connection, transaction

from accounts.actors import SYSTEM, Actor
from accounts.roles import Permission
from dispatch.models import Assignment, Order, RerouteRun, RerouteSkip, RunState
from dispatch.operations import (
    IllegalStep,
    apply_waves,
    approve_run,
    freeze_affected,
    reject_run,
    request_reroute,
    solve_run,
)
from dispatch.operations.waves import APPLY
from dispatch.queries import assignments_after
from dispatch.scope import Scope
from tests.dispatch.rerouting import W01, applied_run, solved_run
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)


def person(key: str) -> Actor:
    return Actor("user", key, frozenset({Permission.APPROVE_REROUTE, Permission.DO_MEASURE}))


def test_one_of_two_commanders_wins(make_orders):
    make_orders(3)
    run = solved_run()
    results = together(
        lambda: approve_run(run_id=run.pk, by=person("1")), lambda: reject_run(run_id=run.pk, by=person("2"))
    )
    refused = [result for result in results if isinstance(result, IllegalStep)]
    assert len(refused) == 1
    assert set(refused[0].extra) == {"state", "next"}
    assert RerouteRun.objects.get().state in (RunState.APPROVED, RunState.REJECTED)


def test_it_is_asked_once_by_two_at_once(make_orders):
    make_orders(1)
    frozen = freeze_affected(reference="incident:1", scope=W01, by=SYSTEM)

    def ask():
        return request_reroute(reference="incident:1", affected_set_id=frozen.pk, by=SYSTEM).pk

    first, second = together(ask, ask)
    assert first == second
    assert RerouteRun.objects.count() == 1


def test_it_is_solved_by_one_worker(make_orders):
    make_orders(1)
    frozen = freeze_affected(reference="incident:1", scope=W01, by=SYSTEM)
    run = request_reroute(reference="incident:1", affected_set_id=frozen.pk, by=SYSTEM)
    results = together(*[lambda: solve_run(run_id=run.pk)] * 3)
    assert len([result for result in results if result is not None]) == 1
    assert RerouteRun.objects.get().attempts == 1


def test_waves_are_applied_once_by_several_workers(make_orders):
    make_orders(10)
    make_orders(10, "B", region="310100")
    run = solved_run()
    approve_run(run_id=run.pk, by=SYSTEM)
    together(*[lambda: apply_waves(run_id=run.pk, by=SYSTEM)] * 4)
    apply_waves(run_id=run.pk, by=SYSTEM)
    assert RerouteRun.objects.get().applied == Assignment.objects.count() == 20


def test_a_wave_waits_for_the_intake_and_sees_its_change(make_orders):
    """The order system changes an order while the wave is on its way: the wave must not move it."""
    make_orders(2)
    run = solved_run()
    approve_run(run_id=run.pk, by=SYSTEM)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Order.objects.filter(external_id="A0").update(version=2)

            def work():
                try:
                    return apply_waves(run_id=run.pk, by=SYSTEM)
                finally:
                    connection.close()

            wave = pool.submit(work)
            wait_for_a_lock()
        assert wave.result(20) == 1
    assert RerouteSkip.objects.get().why == "version"
    assert dict(Order.objects.values_list("external_id", "warehouse_id")) == {"A0": "W01", "A1": "W02"}


def test_a_wave_and_an_intake_of_the_same_orders_both_end(make_orders, send, order_row):
    """In opposite sequences by id; both lock by external id, so that neither waits for the other in a ring."""
    for number in reversed(range(40)):
        make_orders(1, f"A{number:02}-")
    run = solved_run()
    approve_run(run_id=run.pk, by=SYSTEM)
    rows = [order_row(f"A{number:02}-0", 2) for number in range(20)]
    results = together(lambda: apply_waves(run_id=run.pk, by=SYSTEM), lambda: send(*rows))
    assert not [result for result in results if isinstance(result, Exception)]
    run.refresh_from_db()
    assert run.applied + run.skipped == 40
    assert run.applied == Assignment.objects.count()
    assert set(RerouteSkip.objects.values_list("why", flat=True)) <= {"version"}


def test_a_wave_looks_up_its_orders_in_its_own_sequence(make_orders):
    """The planner has no other join to choose, however many orders there are."""
    make_orders(100)
    parameters = {"run": 1, "set": 1, "wave": 1, "exercise": None, "first": None, "kind": "reroute", "now": None}
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE dispatch_order")
        cursor.execute("SET enable_nestloop = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {APPLY}", parameters)
        plan = cursor.fetchone()[0][0]["Plan"]
        cursor.execute("RESET enable_nestloop")
    moved = next(part for part in plan["Plans"] if part.get("Relation Name") == "dispatch_order")
    (join,) = moved["Plans"]
    assert join["Node Type"] == "Nested Loop"
    assert join["Plans"][0]["CTE Name"] == "wave"


def wait_for_a_lock():
    """Until another connection waits for this one."""
    from time import sleep

    for _ in range(400):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        sleep(0.025)
    raise AssertionError("nobody waits")


def test_the_feed_never_skips_a_late_commit(make_orders):
    """A transaction that began first and commits last: its rows must come after what was read before."""
    make_orders(2, "A")
    make_orders(3, "B", region="330200", carrier="JD")
    early = solved_run("incident:1", scope=Scope(carriers=("SF",)))
    lane = Order.objects.get(external_id="B0").lane_id
    late = solved_run("incident:2", scope=Scope(lanes=(lane,)))
    approve_run(run_id=early.pk, by=SYSTEM)
    approve_run(run_id=late.pk, by=SYSTEM)
    applied, commit = Event(), Event()

    def hold_open():
        try:
            with transaction.atomic():
                apply_waves(run_id=early.pk, by=SYSTEM)
                applied.set()
                commit.wait(20)
        finally:
            connection.close()

    thread = Thread(target=hold_open)
    thread.start()
    assert applied.wait(20)
    apply_waves(run_id=late.pk, by=SYSTEM)
    seen = assignments_after("")
    assert seen.rows == [], "behind an open transaction nothing is sure yet"
    commit.set()
    thread.join()
    page = assignments_after(seen.next)
    assert len(page.rows) == Assignment.objects.count() == 5
    assert {row["reroute"] for row in page.rows} == {early.pk, late.pk}


def test_the_feed_pages_without_gaps(make_orders):
    make_orders(7)
    applied_run()
    cursor, found = "", []
    while True:
        page = assignments_after(cursor, 3)
        found += [row["id"] for row in page.rows]
        cursor = page.next
        if not page.has_more:
            break
    assert found == list(Assignment.objects.order_by("id").values_list("id", flat=True))
    assert assignments_after(cursor).rows == []
    assert assignments_after(cursor).next == cursor
