"""The network and the orders in the browser."""

import pytest
from django.urls import reverse

from accounts.roles import Role
from dispatch.models import Lane, LaneClosure, Order
from dispatch.operations import LaneStateRefused, close_scope, degrade_lane, freeze_affected, restore_lane
from dispatch.queries import closed_lanes, closed_warehouses
from dispatch.scope import Scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client, network, make_user):
    """page("network", warehouse="W01") → the text of that page as a duty officer sees it, in English."""
    client.force_login(make_user("duty", Role.DUTY_OFFICER, language="en"))

    def get(name, *args, status=200, **query):
        answer = client.get(reverse(name, args=args), query)
        assert answer.status_code == status, answer.content.decode()[:2000]
        return answer.content.decode()

    return get


def test_it_lists_and_finds_orders(page, make_orders):
    make_orders(3)
    make_orders(1, prefix="NB", region="330200", phone="+8613900005678")
    assert ">A2<" in page("order_list")
    found = page("order_list", q="5678")
    assert "NB0" in found
    assert ">A2<" not in found
    assert ">NB0<" not in page("order_list", region="310000")
    assert "No order like that" in page("order_list", q="nothing like it")
    assert "A0" in page("order_list", state="open", warehouse="W01")
    for strange in ({"before": "x"}, {"before": "9" * 40}, {"state": "x"}):
        page("order_list", **strange)


def test_it_pages_orders_by_id(page, make_orders):
    orders = make_orders(60)
    first = page("order_list")
    assert f"before={orders[10].pk}" in first
    second = page("order_list", before=orders[10].pk)
    assert f">{orders[9].external_id}<" in second
    assert f">{orders[10].external_id}<" not in second


def test_it_shows_what_an_order_was_caught_in(page, make_orders):
    from accounts.actors import SYSTEM

    (order,) = make_orders(1)
    freeze_affected(reference="incident:77", scope=Scope(regions=("33",)), by=SYSTEM)
    text = page("order", order.pk)
    assert "incident:77" in text
    assert "王芳" in text
    page("order", order.pk + 10**6, status=404)


def test_it_shows_the_consequence_before_it_closes(page, client, make_orders):
    make_orders(3)
    text = page("closing", kind="warehouse", code="W01")
    assert "3 (100.0%)" in text
    assert "Close 6 lanes" in text
    assert not LaneClosure.objects.exists()
    assert client.post(reverse("network_close"), {"kind": "warehouse", "code": "W01"}).status_code == 302
    assert (len(closed_lanes()), closed_warehouses()) == (6, {"W01"})
    assert "by hand: W01仓" in page("network_state")
    assert "by hand: W01仓" in page("network_lanes", state="closed")
    client.post(reverse("network_reopen"), {"reference": "closure:warehouse:W01"})
    assert closed_lanes() == set()


@pytest.mark.parametrize(
    ("kind", "code"), [("planet", "X"), ("lane", "x"), ("region", "99"), ("carrier", "NONE"), ("lane", "9" * 30)]
)
def test_it_refuses_to_close_what_is_not_there(page, client, kind, code):
    assert client.post(reverse("network_close"), {"kind": kind, "code": code}).status_code == 422
    assert not LaneClosure.objects.exists()


def test_it_leaves_a_response_its_closures(page, client):
    from accounts.actors import SYSTEM

    close_scope(reference="incident:1", scope=Scope(carriers=("SF",)), by=SYSTEM)
    assert client.post(reverse("network_reopen"), {"reference": "incident:1"}).status_code == 422
    assert len(closed_lanes()) == 6


def test_it_closes_only_for_those_who_may(client, network, make_user):
    client.force_login(make_user("hand", Role.WAREHOUSE))
    assert client.post(reverse("network_close"), {"kind": "warehouse", "code": "W01"}).status_code == 403
    assert "network_close" not in client.get(reverse("network")).content.decode()
    assert closed_lanes() == set()


def test_it_degrades_a_lane_and_restores_it(page, client):
    from accounts.actors import SYSTEM

    lane = Lane.objects.first()
    assert client.post(reverse("lane_state", args=[lane.pk]), {"state": "degraded"}).status_code == 204
    assert Lane.objects.get(pk=lane.pk).state == "degraded"
    with pytest.raises(LaneStateRefused):
        degrade_lane(lane_id=lane.pk, by=SYSTEM)
    assert "degraded" in page("network_lanes", state="degraded")
    restore_lane(lane_id=lane.pk, by=SYSTEM)
    assert client.post(reverse("lane_state", args=[2**40]), {"state": "open"}).status_code == 404


def test_it_stands_in_both_languages(client, network, make_user, make_orders):
    make_orders(1)
    client.force_login(make_user("duty", Role.DUTY_OFFICER, language="zh-hans"))
    for name in ("order_list", "network", "network_state", "network_lanes", "order_intake"):
        assert client.get(reverse(name)).status_code == 200
    assert client.get(reverse("order", args=[Order.objects.get().pk])).status_code == 200
