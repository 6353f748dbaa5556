"""A run adjusted about lanes: what the wishes do not touch stays, the figures come before the rows."""

import pytest

from accounts.actors import SYSTEM
from dispatch.models import Lane, LaneRate, Order, RerouteRun, RunState
from dispatch.operations import IllegalStep, adjust_run, approve_run, choose_option, partly, runs, solve_run
from dispatch.queries import comparison, counted, explanations, flows, proposals
from dispatch.queries import ways as ways_to_wish
from dispatch.queries.reroutes import BeingWritten
from journal.clock import now
from tests.dispatch.rerouting import solved_run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch):
    monkeypatch.setattr(partly, "WHOLE", 0)
    monkeypatch.setattr(runs, "AT_ONCE", 0)


@pytest.fixture
def run(make_orders):
    make_orders(6)
    make_orders(4, "B", region="310100")
    return solved_run()


@pytest.fixture
def sf():
    return Lane.objects.get(warehouse="W02", region="330100", carrier="SF")


def adjusted(run: RerouteRun, **wishes) -> RerouteRun:
    child = adjust_run(run_id=run.pk, wishes=wishes, by=SYSTEM)
    solved = solve_run(run_id=child.pk)
    assert solved is not None
    return solved


def ways(run: RerouteRun, **only) -> dict[int, tuple]:
    rows = run.proposals.filter(**only).values_list("order_id", "lane_id", "warehouse_id", "day", "cost", "wave")
    return {order: tuple(row) for order, *row in rows}


def test_only_the_regions_of_its_lanes_are_solved_again(run, sf):
    child = adjusted(run, cap={"lanes": {str(sf.pk): 2}})
    assert child.change is not None
    assert ways(child, order__region="310100") == ways(run, order__region="310100")
    assert child.proposals.filter(lane=sf).count() == 2
    assert (child.assigned, child.orders, child.written_at is not None) == (10, 10, True)
    kept, child.change = comparison.read_comparison(run, child), None
    assert kept == comparison.read_comparison(run, child)
    assert kept.orders == 4


def test_its_figures_are_those_of_a_whole_solve(run, sf, monkeypatch):
    child = adjusted(run, cap={"lanes": {str(sf.pk): 2}})
    monkeypatch.setattr(partly, "WHOLE", 1_000)
    whole = adjusted(child, cap={"lanes": {str(sf.pk): 2}})
    assert whole.change is None
    for name in ("moved", "assigned", "by_reason", "cost_after", "compared_after", "on_time_after", "objective"):
        assert getattr(child, name) == getattr(whole, name), name
    assert [(w.number, w.zone, w.orders) for w in child.waves.all()] == [
        (w.number, w.zone, w.orders) for w in whole.waves.all()
    ]


def test_wishes_add_up_and_can_be_taken_back(run, sf):
    child = adjusted(run, forbid={"lanes": [sf.pk]})
    assert not child.proposals.filter(lane=sf).exists()
    back = adjusted(child, pin={"lanes": []})
    assert (back.change is not None, back.assigned, back.cost_after) == (True, 10, run.cost_after)


@pytest.mark.parametrize("what", ["rate", "capacity", "wish", "nothing"])
def test_anything_else_that_changed_has_all_solved_again(run, sf, what):
    if what == "rate":
        LaneRate.objects.filter(lane__carrier="JD").update(minimum=90)
    elif what == "capacity":
        Lane.objects.filter(pk=sf.pk).update(daily_capacity=7)
    wishes = {"forbid": {"lanes": [sf.pk], "carriers": ["JD"]}} if what == "wish" else {"forbid": {"lanes": [sf.pk]}}
    child = adjusted(run, **({} if what == "nothing" else wishes))
    assert child.change is None
    assert child.written_at is not None


def test_an_order_that_changed_meanwhile_is_counted_as_changed(run, sf):
    Order.objects.filter(external_id="A0").update(state="cancelled", cancelled_at=now())
    gone = Order.objects.filter(region="330100", state="cancelled").count()
    child = adjusted(run, cap={"lanes": {str(sf.pk): 2}})
    assert (child.orders, child.changed, child.proposals.count()) == (10 - gone, gone, 10 - gone)


def test_nothing_is_approved_before_its_orders_are_written(run, sf, client, make_user):
    child = adjust_run(run_id=run.pk, wishes={"forbid": {"lanes": [sf.pk]}}, by=SYSTEM)
    leased = runs.lease_run(child.pk, SYSTEM)
    option = partly.solve_partly(leased)
    assert runs.tell_figures(leased, option)
    child.refresh_from_db()
    assert (child.state, child.assigned, child.written_at) == (RunState.SOLVING, 10, None)
    assert comparison.compare_runs(run, child).orders == len(option.plan.order)
    with pytest.raises(IllegalStep):
        approve_run(run_id=child.pk, by=SYSTEM)
    with pytest.raises(BeingWritten):
        explanations.explain_order(child, Order.objects.first().external_id)
    client.force_login(make_user("commander", "commander", language="en"))
    page = client.get(f"/reroutes/{child.pk}/", headers={"accept-language": "en"}).content.decode()
    assert page.count("orders being written") == 2
    assert "Approve" not in page
    assert "W02" in page
    # Its worker dies here; another one takes over.
    RerouteRun.objects.filter(pk=child.pk).update(lease_until=now())
    assert solve_run(run_id=child.pk).state == RunState.PROPOSED
    assert child.proposals.count() == 10


def test_the_next_wish_is_about_the_last_proposal_that_was_written(run, sf):
    unwritten = adjust_run(run_id=run.pk, wishes={"forbid": {"lanes": [sf.pk]}}, by=SYSTEM)
    child = adjusted(unwritten, pin={"lanes": [sf.pk]})
    assert child.change["base"] == run.pk
    assert ways(child) == ways(run)


def test_its_own_plan_is_kept_as_an_option(run, sf):
    child = adjusted(run, cap={"lanes": {str(sf.pk): 2}})
    before, goal = ways(child), child.goal
    choose_option(run_id=child.pk, goal="fastest", by=SYSTEM)
    choose_option(run_id=child.pk, goal=goal, by=SYSTEM)
    assert ways(child) == before


def test_pictures_are_drawn_from_what_was_counted(run, sf):
    """The same rows as by SQL over the proposal."""
    child = adjusted(run, cap={"lanes": {str(sf.pk): 2}})
    for solved in (run, child):
        tally = counted.tally_of_run(solved)
        assert counted.by_warehouse(tally) == proposals.rows(proposals.BY_WAREHOUSE, solved)
        assert counted.by_lane(tally) == proposals.rows(proposals.BY_LANE, solved, limit=None)
        assert counted.by_move(tally) == proposals.rows(flows.MOVES, solved)
        assert counted.by_zone(tally) == proposals.rows(flows.COSTS, solved)
        assert sorted(counted.by_way(tally)) == sorted(proposals.rows(ways_to_wish.USED, solved))
