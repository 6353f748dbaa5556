"""A reroute from the question to the last wave."""

import pytest

from accounts.actors import SYSTEM
from dispatch.models import Assignment, Order, Proposal, RerouteRun, RunState
from dispatch.operations import apply_waves, approve_run, close_scope, freeze_affected, request_reroute, solve_run
from dispatch.queries import reroute_progress
from dispatch.scope import Scope
from journal import queries as journal
from journal.models import Entry

pytestmark = pytest.mark.django_db
W01 = Scope(warehouses=("W01",))


@pytest.fixture
def reroute(network, commander):
    """reroute() → the solved run for a closed W01."""

    def make(reference="incident:1", *, scope=W01, exercise=None, **options) -> RerouteRun:
        close_scope(reference=reference, scope=scope, by=commander, exercise=exercise)
        frozen = freeze_affected(reference=reference, scope=scope, by=commander, exercise=exercise)
        run = request_reroute(
            reference=reference, affected_set_id=frozen.pk, by=commander, exercise=exercise, **options
        )
        assert run.state == RunState.QUEUED
        solved = solve_run(run_id=run.pk)
        assert solved is not None
        return solved

    return make


def test_it_moves_affected_orders_to_open_lanes(reroute, make_orders, commander):
    make_orders(3)
    run = reroute()
    assert (run.state, run.orders, run.assigned, run.by_reason) == (RunState.PROPOSED, 3, 3, {})
    assert Order.objects.filter(warehouse_id="W02").count() == 0
    approve_run(run_id=run.pk, by=commander)
    assert apply_waves(run_id=run.pk, by=SYSTEM) == 1
    run = RerouteRun.objects.get()
    assert (run.state, run.applied, run.skipped) == (RunState.APPLIED, 3, 0)
    for order in Order.objects.all():
        assert order.warehouse_id == order.lane.warehouse_id == "W02"
        assert (order.carrier_id, order.version) == (order.lane.carrier_id, 1)
    assert Assignment.objects.filter(kind="reroute", exercise=None).count() == 3


def test_it_tells_cost_and_proof(reroute, make_orders):
    make_orders(2)
    run = reroute()
    # 2 orders x (2 units x 0.5 handling + minimum freight 8)
    assert run.cost_before == run.cost_after == run.compared_after == 18
    assert run.objective == run.bound == 18 * run.scale
    assert (run.gap, run.exact, run.cost_change) == (0, True, 0)


def test_it_reports_orders_without_a_way_by_reason(reroute, make_orders):
    make_orders(2, "heavy", weight=51)
    make_orders(1, "fine")
    run = reroute()
    assert (run.assigned, run.unroutable, run.by_reason) == (1, 2, {"rate": 2})
    assert Proposal.objects.filter(outcome=4, wave=0, lane=None).count() == 2


def test_it_counts_capacity_that_other_orders_use(reroute, make_orders):
    make_orders(99, "other", warehouse="W02")
    make_orders(3)
    run = reroute()
    assert (run.assigned, run.routable, run.by_reason) == (1, 3, {"capacity": 2})


def test_it_serves_priority_and_core_regions_first(reroute, make_orders, network):
    from dispatch.models import Region

    Region.objects.filter(code="330200").update(core=True)
    make_orders(99, "other", warehouse="W02")
    make_orders(1, "plain")
    make_orders(1, "core", region="330200")
    run = reroute()
    [served] = run.proposals.filter(outcome=0).values_list("order__external_id", flat=True)
    assert served == "core0"
    assert run.waves.get().zone == "core"


def test_it_lets_collected_orders_be_fetched_elsewhere(reroute, make_orders, commander):
    make_orders(2, collected=True, carrier=None)
    run = reroute()
    assert (run.assigned, run.cost_after) == (2, 2)
    approve_run(run_id=run.pk, by=commander)
    apply_waves(run_id=run.pk, by=SYSTEM)
    assert set(Order.objects.values_list("warehouse_id", "lane_id", "carrier_id")) == {("W02", None, None)}


def test_it_goes_zone_by_zone_with_core_regions_first(reroute, make_orders, commander, network):
    from dispatch.models import Region

    Region.objects.filter(code="330200").update(core=True)
    make_orders(2, "hangzhou")
    make_orders(1, "ningbo", region="330200")
    run = reroute()
    assert list(run.waves.values_list("number", "zone", "orders")) == [(1, "core", 1), (2, "3", 2)]


def test_it_asks_once_for_a_set(reroute, make_orders, commander):
    make_orders(1)
    run = reroute()
    again = request_reroute(reference="incident:1", affected_set_id=run.affected_set_id, by=commander)
    assert again.pk == run.pk


def test_it_writes_everything_down(reroute, make_orders, commander):
    make_orders(1)
    run = reroute()
    approve_run(run_id=run.pk, by=commander)
    apply_waves(run_id=run.pk, by=SYSTEM)
    kinds = Entry.objects.filter(subject=f"reroute:{run.pk}", reference="incident:1").order_by("seq")
    assert list(kinds.values_list("kind", flat=True)) == [
        "reroute.requested",
        "reroute.proposed",
        "reroute.approved",
        "reroute.wave_applied",
        "reroute.applied",
    ]
    assert journal.verify() == []


def test_it_shows_progress(reroute, make_orders, commander):
    assert reroute_progress("incident:1") is None
    make_orders(2)
    run = reroute()
    progress = reroute_progress("incident:1")
    assert (progress.state, progress.affected, progress.assigned, progress.waves) == ("proposed", 2, 2, 1)
    approve_run(run_id=run.pk, by=commander)
    apply_waves(run_id=run.pk, by=SYSTEM)
    progress = reroute_progress("incident:1")
    assert (progress.applied, progress.waves_applied, progress.unroutable) == (2, 1, 0)
