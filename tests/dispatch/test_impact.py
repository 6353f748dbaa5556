"""What closing a scope would hit."""

import pytest

from dispatch.queries import impact, network_capacity
from dispatch.scope import Scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def orders(make_orders, send):
    make_orders(4)  # Hangzhou, from W01 with SF
    make_orders(3, prefix="N", region="330200", warehouse="W02", carrier="JD")
    make_orders(1, prefix="S", region="310100", warehouse="W02", carrier="SF")
    make_orders(2, prefix="D", state="dispatched")


def test_it_measures_a_province(orders):
    hit = impact(Scope(regions=("33",)))
    assert (hit.orders, hit.open_orders, hit.order_share) == (7, 8, 7 / 8)
    # All six lanes of the warehouse inside, and four lanes into it from Shanghai.
    assert (hit.lanes, hit.active_lanes) == (10, 12)
    assert (hit.cities, hit.provinces) == (2, 1)
    assert hit.capacity_share == pytest.approx((300 + 100 * 4 / 6) / 400)
    assert hit.by_region == {"330100": 4, "330200": 3}


def test_it_measures_a_warehouse(orders):
    hit = impact(Scope(warehouses=("W02",)))
    assert (hit.orders, hit.lanes, hit.capacity_share) == (4, 6, 0.25)
    assert (hit.cities, hit.provinces) == (0, 0)


def test_it_measures_a_carrier_and_a_lane(orders):
    from dispatch.models import Lane

    assert impact(Scope(carriers=("SF",))).orders == 5
    lane = Lane.objects.get(warehouse="W02", region="330200", carrier="JD")
    hit = impact(Scope(lanes=(lane.pk,)))
    assert (hit.orders, hit.lanes) == (3, 1)


def test_it_measures_nothing_in_an_empty_network(db):
    hit = impact(Scope())
    assert (hit.orders, hit.order_share, hit.lane_share, hit.capacity_share) == (0, 0, 0, 0)
    assert network_capacity().lost_share == 0
