"""Pin, forbid, cap, and solve again."""

from decimal import Decimal

import pytest

from accounts.actors import SYSTEM
from accounts.roles import Role
from dispatch.models import Lane, RerouteRun, RunState
from dispatch.operations import AnotherIsAhead, BadWishes, adjust_run, approve_run, choose_option, solve_run
from tests.dispatch.rerouting import solved_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(make_orders):
    make_orders(6)
    make_orders(4, "B", region="310100")
    return solved_run()


def adjusted(run: RerouteRun, **wishes) -> RerouteRun:
    child = adjust_run(run_id=run.pk, wishes=wishes, by=SYSTEM)
    assert (child.parent, child.state) == (run, RunState.QUEUED)
    solved = solve_run(run_id=child.pk)
    assert solved is not None
    return solved


def lane(region="330100", carrier="SF") -> Lane:
    return Lane.objects.get(warehouse="W02", region=region, carrier=carrier)


def test_a_forbidden_carrier_is_not_used(run):
    child = adjusted(run, forbid={"carriers": ["SF"]})
    assert set(child.proposals.values_list("lane__carrier", flat=True)) == {"JD"}
    assert child.assigned == 10


def test_a_forbidden_warehouse_leaves_no_way(run):
    child = adjusted(run, forbid={"warehouses": ["W02"]})
    assert (child.assigned, child.by_reason) == (0, {"wish": 10})


def test_a_capped_lane_takes_no_more(run):
    sf = lane()
    child = adjusted(run, cap={"lanes": {str(sf.pk): 2}})
    assert child.assigned == 10
    assert child.proposals.filter(lane=sf).count() <= 2
    for option in child.options.all():
        assert option.assigned == 10


def test_a_capped_warehouse_and_carrier_take_no_more(run):
    assert adjusted(run, cap={"warehouses": {"W02": 7}}).assigned == 7
    child = RerouteRun.objects.get(state=RunState.PROPOSED)
    again = adjusted(child, cap={"carriers": {"SF": 3}})
    assert again.proposals.filter(lane__carrier="SF").count() <= 3
    assert again.assigned == 10


def test_what_is_pinned_stays_where_the_last_proposal_put_it(run):
    """SF gets dearer after the first proposal; only what is pinned stays with it."""
    from dispatch.models import LaneRate

    kept = set(run.proposals.filter(lane=lane()).values_list("order_id", flat=True))
    assert len(kept) == 6
    LaneRate.objects.filter(lane__carrier="SF").update(minimum=30)
    child = adjusted(run, pin={"lanes": [lane().pk]})
    assert set(child.proposals.filter(lane__carrier="SF").values_list("order_id", flat=True)) == kept
    assert child.proposals.filter(lane__carrier="JD").count() == 4


def test_it_goes_on_with_the_prices_that_were_asked_for(make_orders, make_user, client, api):
    make_orders(2)
    run = solved_run(late_cost=Decimal(3), risk_cost=Decimal(7), carbon_cost=Decimal("0.5"))
    child = adjusted(run)
    assert (child.late_cost, child.risk_cost, child.carbon_cost) == (3, 7, Decimal("0.5"))
    asked = {"days": "1", "risk_cost": "0", "carbon_cost": "1.25", "late_cost": ""}
    client.force_login(make_user("chief", Role.SECTION_CHIEF), backend="accounts.backends.StaffBackend")
    assert client.post(f"/reroutes/{child.pk}/adjust/", {**asked, "risk_cost": "-1"}).status_code == 422
    assert client.post(f"/reroutes/{child.pk}/adjust/", asked).status_code == 302
    child = RerouteRun.objects.latest("pk")
    assert (child.late_cost, child.risk_cost, child.carbon_cost) == (3, 0, Decimal("1.25"))
    made = api("section_chief").post(f"/api/v1/reroutes/{child.pk}/adjust", {"carbon_cost": "0"})
    assert (made.status_code, Decimal(made.json()["carbon_cost"])) == (202, 0)


def test_the_parent_gives_way_and_stays_for_the_comparison(run):
    child = adjusted(run, forbid={"carriers": ["SF"]})
    run.refresh_from_db()
    assert run.state == RunState.SUPERSEDED
    assert run.proposals.count() == 10
    back = adjust_run(run_id=run.pk, by=SYSTEM)
    child.refresh_from_db()
    assert (child.state, back.wishes, back.parent) == (RunState.SUPERSEDED, {}, run)


def test_an_approved_run_cannot_be_passed_by(run):
    child = adjusted(run, forbid={"carriers": ["SF"]})
    approve_run(run_id=child.pk, by=SYSTEM)
    with pytest.raises(AnotherIsAhead):
        adjust_run(run_id=run.pk, by=SYSTEM)


def test_options_keep_to_the_wishes(run):
    child = adjusted(run, forbid={"lanes": [lane().pk]})
    chosen = choose_option(run_id=child.pk, goal="fastest", by=SYSTEM)
    assert not chosen.proposals.filter(lane=lane()).exists()


@pytest.mark.parametrize(
    "wishes",
    [
        [],
        {"love": {}},
        {"forbid": []},
        {"forbid": {"roads": ["G60"]}},
        {"forbid": {"lanes": "12"}},
        {"forbid": {"lanes": ["x"]}},
        {"forbid": {"lanes": [10**9]}},
        {"forbid": {"warehouses": ["W99"]}},
        {"cap": {"warehouses": ["W02"]}},
        {"cap": {"warehouses": {"W02": -1}}},
        {"cap": {"warehouses": {"W02": True}}},
        {"forbid": {"carriers": ["SF"]}, "pin": {"carriers": ["SF"]}},
    ],
)
def test_it_refuses_wishes_it_cannot_understand(run, wishes):
    with pytest.raises(BadWishes):
        adjust_run(run_id=run.pk, wishes=wishes, by=SYSTEM)
    run.refresh_from_db()
    assert run.state == RunState.PROPOSED
