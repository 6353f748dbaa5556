"""A run's options: one plan per goal, any of which may be chosen without another solve."""

import pytest

from accounts.actors import SYSTEM
from dispatch import due
from dispatch.models import Goal, Lane, LaneRate, Proposal, RerouteOption, RerouteRun, RunState
from dispatch.operations import (
    IllegalStep,
    NoSuchOption,
    RunChanged,
    apply_waves,
    approve_run,
    choose_option,
    request_reroute,
    solve_run,
)
from dispatch.plans import unpack
from journal.models import Entry
from journal.refusal import AlreadyDone
from tests.dispatch.rerouting import solved_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def dear_but_fast(make_orders):
    """JD is faster from W02 and dearer."""
    lanes = Lane.objects.filter(warehouse="W02", carrier="JD")
    lanes.update(transit_hours=6)
    LaneRate.objects.filter(lane__in=lanes).update(minimum=20)
    make_orders(4)
    return solved_run()


def carriers(run: RerouteRun) -> set[str]:
    return set(run.proposals.values_list("lane__carrier", flat=True))


def test_it_keeps_a_plan_for_each_goal(dear_but_fast):
    run = dear_but_fast
    assert set(run.options.values_list("goal", flat=True)) == set(Goal.values) - {Goal.POLISHED}
    assert run.options_at is not None
    assert run.lease_until is None
    cheap, fast = run.options.get(goal="cheapest"), run.options.get(goal="fastest")
    assert cheap.cost_after < fast.cost_after
    assert (cheap.assigned, cheap.unroutable, cheap.moved) == (4, 0, 4)
    assert fast.objective >= fast.bound
    assert list(unpack(cheap.plan).order) == sorted(run.proposals.values_list("order_id", flat=True))


def test_choosing_another_option_needs_no_solve(dear_but_fast, monkeypatch):
    from dispatch import solver

    monkeypatch.setattr(solver, "solve", None)
    run = dear_but_fast
    assert carriers(run) == {"SF"}
    chosen = choose_option(run_id=run.pk, goal="fastest", by=SYSTEM, expected_version=run.version)
    assert (chosen.goal, chosen.state, chosen.version) == ("fastest", RunState.PROPOSED, run.version + 1)
    assert carriers(chosen) == {"JD"}
    assert chosen.cost_after == run.options.get(goal="fastest").cost_after
    back = choose_option(run_id=run.pk, goal="cheapest", by=SYSTEM)
    assert carriers(back) == {"SF"}
    assert back.cost_after == run.cost_after
    assert Entry.objects.filter(kind="reroute.option_chosen").count() == 2


def test_the_chosen_option_is_what_is_applied(dear_but_fast):
    run = choose_option(run_id=dear_but_fast.pk, goal="fastest", by=SYSTEM)
    approve_run(run_id=run.pk, by=SYSTEM, expected_version=run.version)
    apply_waves(run_id=run.pk, by=SYSTEM)
    assert set(run.assignments.values_list("carrier", flat=True)) == {"JD"}


def test_it_refuses_what_makes_no_sense(dear_but_fast):
    run = dear_but_fast
    with pytest.raises(AlreadyDone):
        choose_option(run_id=run.pk, goal="cheapest", by=SYSTEM)
    with pytest.raises(NoSuchOption):
        choose_option(run_id=run.pk, goal="nicest", by=SYSTEM)
    with pytest.raises(RunChanged):
        choose_option(run_id=run.pk, goal="fastest", by=SYSTEM, expected_version=run.version + 1)
    with pytest.raises(RunChanged):
        approve_run(run_id=run.pk, by=SYSTEM, expected_version=run.version - 1)
    approve_run(run_id=run.pk, by=SYSTEM)
    with pytest.raises(IllegalStep):
        choose_option(run_id=run.pk, goal="fastest", by=SYSTEM)


def test_a_worker_that_dies_between_options_is_followed_by_another(make_orders, fast_forward, monkeypatch):
    from dispatch.operations import options

    make_orders(2)
    real = options.option_for

    def dying(run, goal, *rest):
        if goal == Goal.LEAST_CHANGE:
            raise SystemExit
        return real(run, goal, *rest)

    monkeypatch.setattr(options, "option_for", dying)
    with pytest.raises(SystemExit):
        solved_run()
    run = RerouteRun.objects.get()
    assert (run.state, run.options_at, run.options.count()) == (RunState.PROPOSED, None, 2)
    monkeypatch.setattr(options, "option_for", real)
    fast_forward(minutes=5)
    assert due.remind_workers() == 1
    assert solve_run(run_id=run.pk).options.count() == len(Goal) - 1
    fast_forward(minutes=5)
    assert due.remind_workers() == 0
    assert Proposal.objects.count() == 2


def test_an_approval_does_not_wait_for_the_other_options(make_orders, monkeypatch):
    from dispatch.operations import options

    make_orders(2)
    real = options.option_for

    def hasty(run, goal, *rest):
        if goal == Goal.FASTEST:
            approve_run(run_id=run.pk, by=SYSTEM)
        return real(run, goal, *rest)

    monkeypatch.setattr(options, "option_for", hasty)
    run = solved_run()
    assert (run.state, run.lease_until) == (RunState.APPROVED, None)
    assert list(RerouteOption.objects.values_list("goal", flat=True)) == ["cheapest"]


def test_it_can_be_asked_for_with_another_goal(make_orders):
    make_orders(1)
    run = solved_run(goal="fastest")
    assert run.goal == "fastest"
    assert request_reroute(reference="incident:1", affected_set_id=run.affected_set_id, by=SYSTEM).pk == run.pk
