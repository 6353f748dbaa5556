"""Plans that count on standby warehouses: their approval opens those that they use, and nothing else does."""

from datetime import timedelta

import pytest

from accounts.actors import SYSTEM
from accounts.roles import Role
from dispatch.models import Lane, LaneRate, Warehouse, WarehouseOpening
from dispatch.operations import (
    adjust_run,
    apply_waves,
    approve_run,
    close_scope,
    open_warehouse,
    reject_run,
    reopen_scope,
    solve_run,
)
from dispatch.queries.explanations import explain_order
from dispatch.queries.forecast import a_day
from dispatch.queries.standby import left_out, planned_openings, still_open
from dispatch.scope import Scope
from journal.models import Entry
from tests.dispatch.rerouting import applied_run, solved_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def standby(network, make_orders):
    """W02 is the only way out of W01, and on standby."""
    Warehouse.objects.filter(code="W02").update(standby=True, lead_hours=4, kind="backup", daily_capacity=20)
    make_orders(30)


def opened():
    return list(WarehouseOpening.objects.values_list("warehouse", "reference", "exercise", "throughput"))


def test_an_approval_opens_what_the_plan_uses(standby):
    run = solved_run(days=3, standby="backup")
    assert (run.assigned, run.opens) == (30, [{"warehouse": "W02", "orders": 30, "day": 1}])
    assert a_day(run) == 20, "what is forecast of the days to come"
    assert opened() == []
    (planned,) = planned_openings(run)
    assert (planned.orders, planned.opened) == (30, False)
    assert planned.usable_from - run.solved_at >= timedelta(hours=4)
    assert explain_order(run, run.proposals.first().order.external_id).choices[0].chosen
    approve_run(run_id=run.pk, by=SYSTEM)
    assert opened() == [("W02", "incident:1", None, 20)]
    assert Entry.objects.get(kind="dispatch.warehouse_opened").reference == "incident:1"
    apply_waves(run_id=run.pk, by=SYSTEM)
    run.refresh_from_db()
    assert (run.applied, run.skipped, planned_openings(run)[0].opened) == (30, 0, True)


def test_it_is_not_counted_on_unless_asked(standby):
    run = solved_run(days=3)
    assert (run.assigned, run.opens) == (0, [])
    solved = solve_run(run_id=adjust_run(run_id=run.pk, standby="temporary", by=SYSTEM).pk)
    assert (solved.days, solved.assigned, opened()) == (3, 30, [])
    reject_run(run_id=solved.pk, by=SYSTEM)
    assert opened() == []


def test_temporary_ones_are_left_out_where_only_backup_ones_may_open(standby):
    Warehouse.objects.filter(code="W02").update(kind="temporary")
    run = solved_run(days=3, standby="backup")
    assert (run.assigned, left_out(run)) == (0, 1)


def test_what_is_closed_stays_closed(standby):
    close_scope(reference="incident:2", scope=Scope(warehouses=("W02",)), by=SYSTEM)
    assert solved_run(days=3, standby="temporary").opens == []


def test_one_that_is_open_for_something_else_is_shared(standby):
    run = solved_run(days=3, standby="backup")
    open_warehouse(code="W02", reference="incident:9", by=SYSTEM)
    approve_run(run_id=run.pk, by=SYSTEM)
    assert opened() == [("W02", "incident:9", None, 20)]


def test_the_room_reminds_of_what_stays_open_once_nothing_is_closed(standby, make_user, client):
    client.force_login(make_user("chief", Role.SECTION_CHIEF), backend="accounts.backends.StaffBackend")
    run = applied_run(days=3, standby="backup")
    end = f"/reroutes/{run.pk}/end-openings/"
    assert end not in client.get("/panels/dispatch/incident:1/").content.decode()
    reopen_scope(reference="incident:1", by=SYSTEM)
    (left,) = still_open("incident:1")
    assert (left.warehouse, left.orders) == ("W02", 30)
    assert end in client.get("/panels/dispatch/incident:1/").content.decode()
    assert client.post(end, headers={"hx-request": "true"}).status_code == 204
    assert still_open("incident:1") == []
    assert Entry.objects.get(kind="dispatch.warehouse_on_standby").reference == "incident:1"


def test_an_exercise_opens_only_its_own(standby):
    run = solved_run(days=3, standby="backup", exercise=7)
    approve_run(run_id=run.pk, by=SYSTEM)
    assert opened() == [("W02", "incident:1", 7, 20)]


def test_none_is_opened_for_a_handful_that_has_another_way(standby):
    """W03 is cheaper than W02, which is open, but much too large for these orders."""
    Warehouse.objects.filter(code="W02").update(standby=False)
    large = Warehouse.objects.create(
        code="W03", name="备份仓", kind="backup", standby=True, daily_capacity=1000, region_id="330100"
    )
    for lane in Lane.objects.filter(warehouse="W02"):
        lane.pk, lane.warehouse = None, large
        lane.save()
        LaneRate.objects.create(lane=lane, max_weight=50, minimum=8, rate=1)
    run = solved_run(days=2, standby="backup")
    assert (run.assigned, run.opens) == (30, [])
    close_scope(reference="incident:2", scope=Scope(warehouses=("W02",)), by=SYSTEM)
    again = solve_run(run_id=adjust_run(run_id=run.pk, by=SYSTEM).pk)
    assert (again.assigned, again.opens) == (30, [{"warehouse": "W03", "orders": 30, "day": 1}])
