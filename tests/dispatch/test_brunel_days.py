"""The published freight data once more: a carrier's outage, and the days it takes to clear everything."""

from collections import Counter
from decimal import Decimal

import pytest
from django.core.management import call_command

from accounts.actors import SYSTEM
from dispatch.models import Carrier, Outcome, RerouteRun, RunState
from dispatch.operations import close_scope, freeze_affected, request_reroute, solve_run
from dispatch.operations.runs import read
from dispatch.scope import Scope
from dispatch.solver import days_to_clear
from tests.dispatch import brunel
from tests.dispatch.brunel_check import Files, Judge

pytestmark = pytest.mark.django_db

OUT = "V444_0"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return Files(brunel.folder(tmp_path_factory.mktemp("brunel")))


@pytest.fixture(scope="module")
def imported(tmp_path_factory, django_db_setup, django_db_blocker):
    """The network of the files; taken back after the module."""
    from django.db import transaction

    with django_db_blocker.unblock():
        atomic = transaction.atomic()
        atomic.__enter__()
        call_command("import_network", str(brunel.folder(tmp_path_factory.mktemp("brunel"))))
        yield
        transaction.set_rollback(True)
        atomic.__exit__(None, None, None)


def solved(reference: str, scope: Scope, **options) -> RerouteRun:
    frozen = freeze_affected(reference=reference, scope=scope, by=SYSTEM)
    run = request_reroute(reference=reference, affected_set_id=frozen.pk, by=SYSTEM, late_cost=Decimal(0), **options)
    found = solve_run(run_id=run.pk, options=False)
    assert found is not None
    assert found.state == RunState.PROPOSED
    return found


def plan_of(run: RerouteRun):
    """(plant, day of each served order), reasons of the others, stated costs."""
    ways, reasons, costs = {}, {}, {}
    columns = ("order__external_id", "outcome", "lane__warehouse_id", "warehouse_id", "cost", "day")
    for number, outcome, lane_plant, counter_plant, cost, day in run.proposals.values_list(*columns):
        if outcome == Outcome.ASSIGNED:
            ways[number] = (lane_plant or counter_plant, day)
            costs[number] = Decimal(cost) / run.scale
        else:
            reasons[number] = Outcome(outcome).name.lower()
    return ways, reasons, costs


def judge_plan(judge: Judge, run: RerouteRun) -> None:
    """Every rule, the capacity of every day, and the optimum."""
    ways, reasons, costs = plan_of(run)
    plants = {number: plant for number, (plant, _day) in ways.items()}
    assert judge.faults(plants, reasons, costs, Decimal(1) / run.scale) == []
    for (plant, day), count in Counter(ways.values()).items():
        assert 0 <= day < judge.days
        assert count <= (judge.capacity if day else judge.room)[plant]
    served, cost = judge.optimum()
    assert len(plants) == run.assigned == served
    exact = sum(judge.cost(judge.affected[number], plant) for number, plant in plants.items())
    assert float(exact) == pytest.approx(cost, abs=float(run.rounding) + 1e-6 * cost)
    assert run.objective == run.bound


def test_a_carriers_outage_is_rerouted_as_well_as_it_can_be(imported, files):
    scope = Scope(carriers=(OUT,))
    close_scope(reference="incident:2", scope=scope, by=SYSTEM)
    run = solved("incident:2", scope)
    judge = Judge(files, carrier=OUT)
    assert run.orders == len(judge.affected)
    judge_plan(judge, run)


def test_it_clears_everything_in_the_fewest_days(imported, files):
    everything = Scope(carriers=tuple(Carrier.objects.values_list("code", flat=True)))
    frozen = freeze_affected(reference="incident:3", scope=everything, by=SYSTEM)
    asked = request_reroute(reference="incident:3", affected_set_id=frozen.pk, by=SYSTEM)
    instance = read(asked).instance
    days = days_to_clear(instance.network, instance.orders)
    assert days is not None
    judge = Judge(files, everything=True, days=days)
    assert len(judge.affected) == len(instance.orders)
    assert judge.optimum(days)[0] == judge.routable()
    assert judge.optimum(days - 1)[0] < judge.routable()
    run = solved("incident:4", everything, days=days)
    judge_plan(judge, run)
    assert "capacity" not in run.by_reason
    assert {day for _plant, day in plan_of(run)[0].values()} == set(range(days))
