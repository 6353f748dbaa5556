"""What a matter hit: the exact set, what it amounts to, and what changed between two versions."""

from datetime import timedelta

import pytest

from accounts.actors import SYSTEM
from dispatch.models import AffectedSet, Lane, Order
from dispatch.operations import freeze_affected, refresh_affected
from dispatch.operations.freezing import NotTheNewest
from dispatch.queries.affected import set_figures
from dispatch.scope import Scope
from journal import clock
from tests.dispatch.rerouting import solved_run

pytestmark = pytest.mark.django_db
HANGZHOU = Scope(regions=("330100",))
W01 = Scope(warehouses=("W01",))


def in_hours(hours):
    return (clock.now() + timedelta(hours=hours)).isoformat()


def names(rows):
    return sorted(row.order.external_id for row in rows)


def test_it_tells_orders_in_transit_apart(send, make_orders, order_row):
    make_orders(2)
    make_orders(1, prefix="T", state="dispatched")
    make_orders(1, prefix="H", state="held")
    make_orders(1, prefix="N", region="330200", state="dispatched")
    frozen = freeze_affected(reference="incident:1", scope=W01, by=SYSTEM)
    assert (frozen.orders, frozen.in_transit) == (2, 0)  # what has left a warehouse is not hit by its closure
    frozen = freeze_affected(reference="incident:2", scope=HANGZHOU, by=SYSTEM)
    assert names(frozen.rows.filter(in_transit=True)) == ["T0"]
    assert frozen.orders == 3


def test_it_finds_orders_by_their_parcels(send, order_row):
    parcel = {"number": "P1", "warehouse": "W02", "carrier": "JD", "state": "in_transit"}
    send(order_row("A1", state="dispatched", parcels=[parcel]))
    send(order_row("A2", state="dispatched", parcels=[{**parcel, "state": "delivered", "delivered_at": in_hours(-1)}]))
    lane = Lane.objects.get(warehouse="W02", region="330100", carrier="JD")
    frozen = freeze_affected(reference="incident:1", scope=Scope(lanes=(lane.pk,)), by=SYSTEM)
    assert names(frozen.rows.all()) == ["A1"]


def test_it_never_gives_an_order_in_transit_another_warehouse(make_orders):
    make_orders(2)
    make_orders(1, prefix="T", state="dispatched")
    run = solved_run(scope=Scope(carriers=("SF",)))
    assert (run.orders, run.changed) == (2, 0)
    assert not run.proposals.filter(order__external_id="T0").exists()


def test_it_counts_value_priority_risk_region_and_hour(send, order_row):
    rows = [
        order_row("A1", value=10.5, promise_at=in_hours(23)),  # 24 h on the way: lost
        order_row("A2", value=5, promise_at=in_hours(30.5), priority=2),
        order_row("A3", region="330200", promise_at=in_hours(200)),
        order_row("A4", state="dispatched", dispatched_at=in_hours(-12), promise_at=in_hours(13), region="330200"),
        order_row("A5", promise_at=None),
    ]
    send(*rows)
    figures = set_figures(freeze_affected(reference="incident:1", scope=Scope(regions=("33",)), by=SYSTEM))
    assert (figures.orders, figures.in_transit, figures.valued, str(figures.value)) == (5, 1, 2, "15.5")
    assert (figures.promised, figures.at_risk) == (4, 1)
    assert [(line.key, line.orders, line.at_risk) for line in figures.regions] == [("330100", 3, 1), ("330200", 2, 0)]
    assert [(line.key, line.orders) for line in figures.priorities] == [("2", 1), ("0", 4)]
    assert figures.hours == [(-1, 1), (1, 1), (6, 1), (48, 1)]


@pytest.fixture
def two_versions(send, make_orders, order_row):
    make_orders(3)
    first = freeze_affected(reference="incident:1", scope=HANGZHOU, by=SYSTEM)
    make_orders(1, prefix="B")
    send({"external_id": "A0", "version": 2, "state": "cancelled"}, order_row("A1", 2, phone="+8613900000000"))
    return first, refresh_affected(set_id=first.pk, by=SYSTEM)


def test_it_tells_what_changed_between_versions(two_versions):
    first, second = two_versions
    assert (second.version, second.added, second.gone, second.changed) == (2, 1, 1, 1)
    assert (first.added, first.rows.count()) == (None, 3)
    with pytest.raises(NotTheNewest):
        refresh_affected(set_id=first.pk, by=SYSTEM)


def test_it_shows_a_set_over_rest(two_versions, api):
    _first, second = two_versions
    order_system = api("order_system")
    assert [row["version"] for row in order_system.get("/api/v1/affected?reference=incident:1").json()["results"]] == [
        2,
        1,
    ]
    one = order_system.get(f"/api/v1/affected/{second.pk}").json()
    assert (one["added"], one["figures"]["orders"], one["figures"]["hours"]) == (1, 3, second.figures["by_hour"])
    path = f"/api/v1/affected/{second.pk}/orders"
    for change, name in (("added", "B0"), ("gone", "A0"), ("changed", "A1")):
        rows = order_system.get(f"{path}?change={change}").json()["results"]
        assert [row["order"] for row in rows] == [name]
    page = order_system.get(f"{path}?limit=2").json()
    rest = order_system.get(f"{path}?limit=2&after={page['next_after']}").json()
    assert [row["order"] for row in page["results"] + rest["results"]] == ["B0", "A2", "A1"]
    assert rest["next_after"] is None
    assert order_system.post(f"/api/v1/affected/{second.pk}/refresh", {}).status_code == 403
    made = api("duty_officer").post(f"/api/v1/affected/{second.pk}/refresh", {})
    assert (made.status_code, made.json()["version"]) == (201, 3)


def test_it_shows_a_set_in_the_browser(two_versions, client, make_user):
    _first, second = two_versions
    client.force_login(make_user("li", "commander"))
    page = client.get(f"/orders/affected/{second.pk}/?change=gone").content.decode()
    assert ">A0<" in page
    assert ">B0<" not in page  # the token of the forms may hold any letters
    assert client.post(f"/orders/affected/{second.pk}/refresh/").status_code == 302
    assert AffectedSet.objects.count() == 3
    assert Order.objects.count() == 4
