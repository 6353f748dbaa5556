"""The published freight data, end to end: import, close PLANT03, reroute, and let an independent judge look."""

from decimal import Decimal

import pytest
from django.core.management import call_command

from accounts.actors import SYSTEM
from dispatch.models import Assignment, Order, Outcome, RerouteRun, RunState
from dispatch.operations import apply_waves, approve_run, close_scope, freeze_affected, request_reroute, solve_run
from dispatch.scope import Scope
from tests.dispatch import brunel
from tests.dispatch.brunel_check import Files, Judge

pytestmark = pytest.mark.django_db

CLOSED = "PLANT03"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return brunel.folder(tmp_path_factory.mktemp("brunel"))


@pytest.fixture(scope="module")
def judge(folder):
    return Judge(Files(folder), CLOSED)


@pytest.fixture(scope="module")
def run(folder, django_db_setup, django_db_blocker):
    """The applied run; made once and taken back after the module."""
    from django.db import transaction

    with django_db_blocker.unblock():
        atomic = transaction.atomic()
        atomic.__enter__()
        call_command("import_network", str(folder))
        scope = Scope(warehouses=(CLOSED,))
        close_scope(reference="incident:1", scope=scope, by=SYSTEM)
        frozen = freeze_affected(reference="incident:1", scope=scope, by=SYSTEM)
        asked = request_reroute(reference="incident:1", affected_set_id=frozen.pk, by=SYSTEM)
        assert solve_run(run_id=asked.pk).state == RunState.PROPOSED
        approve_run(run_id=asked.pk, by=SYSTEM)
        apply_waves(run_id=asked.pk, by=SYSTEM)
        yield RerouteRun.objects.get(pk=asked.pk)
        transaction.set_rollback(True)
        atomic.__exit__(None, None, None)


@pytest.fixture(scope="module")
def plan(run, django_db_blocker):
    """(plant of each served order, reason of each other one, stated cost) as the tables have it."""
    plants, reasons, costs = {}, {}, {}
    columns = ("order__external_id", "outcome", "lane__warehouse_id", "warehouse_id", "cost")
    with django_db_blocker.unblock():
        for number, outcome, lane_plant, counter_plant, cost in run.proposals.values_list(*columns):
            if outcome == Outcome.ASSIGNED:
                plants[number] = lane_plant or counter_plant
                costs[number] = Decimal(cost) / run.scale
            else:
                reasons[number] = Outcome(outcome).name.lower()
    return plants, reasons, costs


def test_it_decides_about_every_order_lawfully(plan, judge, run):
    plants, reasons, costs = plan
    # A stated cost is rounded to the run's unit, and its binary arithmetic may differ in the last place.
    tolerance = Decimal(1) / run.scale
    assert judge.faults(plants, reasons, costs, tolerance) == []
    assert plants
    assert {"product", "customer", "rate", "capacity"} == set(reasons.values())


def test_it_is_the_optimum_of_an_independent_linear_program(plan, judge, run):
    plants, _reasons, _costs = plan
    served, cost = judge.optimum()
    assert len(plants) == run.assigned == served
    exact = sum(judge.cost(judge.affected[number], plant) for number, plant in plants.items())
    assert float(exact) == pytest.approx(cost, abs=float(run.rounding) + 1e-6 * cost)
    assert float(run.cost_after) == pytest.approx(cost, abs=float(run.rounding) + 1e-6 * cost)


def test_its_stored_bound_proves_it(plan, judge, run):
    """The certificate alone, worked out again from the files: no plan can cost less than this one."""
    assert run.objective == run.bound
    assert run.gap == 0
    lanes, houses = run.prices["lanes"], run.prices["warehouses"]
    assert lanes == {}, "lanes of these files have no limit, so none can be scarce"
    assert run.offered["warehouses"] == {**judge.room, CLOSED: 0}
    bound = -sum(price * judge.room[plant] for plant, price in houses.items())
    for order in judge.affected.values():
        ways, _rule = judge.ways(order)
        if ways:
            priced = [round(cost * run.scale) + houses.get(plant, 0) for plant, cost in ways.items()]
            bound += min(run.penalty_unit, *priced)
    assert abs(bound - run.objective) <= len(judge.affected), "but for the last place of each cost"


def test_it_moves_the_orders_and_tells_the_order_system(plan, run):
    plants, reasons, _costs = plan
    moved = dict(Order.objects.filter(external_id__in=plants).values_list("external_id", "warehouse_id"))
    assert moved == plants
    assert set(Order.objects.filter(external_id__in=reasons).values_list("warehouse_id", flat=True)) == {CLOSED}
    fed = Assignment.objects.filter(run=run, exercise=None).values_list("order__external_id", "warehouse_id")
    assert dict(fed) == plants
    assert (run.state, run.applied, run.skipped) == (RunState.APPLIED, len(plants), 0)


def test_it_shows_its_figures(run, plan, judge):
    plants, reasons, _costs = plan
    counts = {reason: list(reasons.values()).count(reason) for reason in set(reasons.values())}
    assert run.by_reason == counts
    assert run.orders == len(judge.affected) == len(plants) + len(reasons)
