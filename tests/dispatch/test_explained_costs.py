"""What an order's explanation says a way costs is what the solver weighed."""

from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.roles import Role
from dispatch.models import Lane, LaneRate, Order, Outcome, Stock, Warehouse, WarehouseProduct
from dispatch.queries.affected import set_figures
from dispatch.queries.explanations import explain_order
from journal import clock
from tests.dispatch.rerouting import solved_run

pytestmark = pytest.mark.django_db


def test_the_chosen_way_has_the_least_total(make_orders):
    make_orders(3)
    Order.objects.update(first_promise_at=clock.now() + timedelta(hours=1))
    Lane.objects.filter(warehouse="W02", carrier="SF").update(risk=0.5, transit_hours=30)
    run = solved_run(days=2)
    told = 0
    for row in run.proposals.filter(outcome=0).select_related("order"):
        choices = explain_order(run, row.order.external_id).choices
        chosen = next(choice for choice in choices if choice.chosen)
        assert chosen.cost == Decimal(row.cost) / run.scale
        assert chosen.beside >= Decimal(str(run.late_cost))
        for other in choices:
            if other.verdict == "lawful" and not other.full:
                assert chosen.total <= other.total
                told += 1
    assert told


def test_lateness_and_risk_are_told_apart_from_what_is_paid(make_orders):
    make_orders(1)
    Lane.objects.filter(warehouse="W02", carrier="SF").update(risk=0.25)
    run = solved_run()
    choices = explain_order(run, run.proposals.get().order.external_id).choices
    risky = next(choice for choice in choices if choice.beside and choice.verdict == "lawful")
    assert risky.beside == run.risk_cost / 4


def test_scarce_stock_has_its_price(make_orders):
    make_orders(4)
    Lane.objects.filter(warehouse="W02").update(daily_capacity=50)
    Stock.objects.create(warehouse_id="W02", product="P1", quantity=4, version=1, updated_at=clock.now())
    run = solved_run()
    assert run.by_reason == {"stock": 2}
    left = run.proposals.filter(outcome=Outcome.STOCK).select_related("order")[0]
    choices = explain_order(run, left.order.external_id).choices
    assert all(choice.full for choice in choices if choice.verdict == "lawful")


def test_priority_orders_go_where_nine_in_ten_arrive_in_time(make_orders, make_user, client):
    make_orders(1)
    make_orders(1, prefix="U", priority=1)
    promised = clock.now() + timedelta(hours=40)
    Order.objects.update(first_promise_at=promised, promise_at=promised)
    sf, jd = (Lane.objects.filter(warehouse="W02", region="330100", carrier=code) for code in ("SF", "JD"))
    sf.update(transit_hours=30, p90_hours=36)
    jd.update(transit_hours=24, p90_hours=60)
    LaneRate.objects.filter(lane=jd.get()).update(minimum=7)
    Lane.objects.filter(warehouse="W01").update(p90_hours=90)
    run = solved_run()
    assert set_figures(run.affected_set).at_risk == 1
    assert (run.on_time_before, run.on_time_after) == (0.5, 1)
    ways = dict(run.proposals.values_list("order__external_id", "lane__carrier"))
    assert ways == {"A0": "JD", "U0": "SF"}
    found = explain_order(run, "U0")
    assert (found.careful, found.chosen.surely - found.chosen.arrives) == (True, timedelta(hours=6))
    assert not explain_order(run, "A0").careful
    other = next(choice for choice in found.choices if choice.detail == "JD" and choice.verdict == "lawful")
    assert other.beside == 2 * run.late_cost, "a begun day late, of an order of weight 2"
    client.force_login(make_user("chief", Role.SECTION_CHIEF), backend="accounts.backends.StaffBackend")
    assert "– 36<" in client.get(f"/reroutes/{run.pk}/explain/?order=U0").content.decode()


def test_an_order_whose_goods_lie_apart_could_leave_in_parts(make_orders, api):
    """W02 has P1 and W03 has P2; neither has both, and the order asks for one of each."""
    house = Warehouse.objects.create(code="W03", name="W03仓", region_id="330100", daily_capacity=10)
    for lane in Lane.objects.filter(warehouse="W02", region="330100"):
        rates = list(lane.rates.all())
        lane.pk, lane.warehouse = None, house
        lane.save()
        LaneRate.objects.bulk_create(LaneRate(lane=lane, max_weight=50, minimum=8, rate=1) for _rate in rates)
    for code, product in (("W02", "P1"), ("W03", "P2")):
        Warehouse.objects.filter(code=code).update(full_assortment=False)
        WarehouseProduct.objects.create(warehouse_id=code, product=product)
    make_orders(1, lines=[{"product": "P1", "quantity": 1}, {"product": "P2", "quantity": 3}])
    run = solved_run()
    assert run.by_reason == {"product": 1}
    told = explain_order(run, "A0").in_parts
    for part in ("P1 × 1", "W02仓", "P2 × 3", "W03仓"):
        assert part in told
    path = f"/api/v1/reroutes/{run.pk}/orders/A0"
    assert api("section_chief").get(path).json()["in_parts"] == told
    Stock.objects.create(warehouse_id="W03", product="P2", quantity=2, version=1, updated_at=clock.now())
    assert explain_order(run, "A0").in_parts == ""
