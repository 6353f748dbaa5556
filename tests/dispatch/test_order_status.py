"""Orders move on by short status updates, and what was delivered is counted by the hour."""

from datetime import UTC, datetime

import pytest

from dispatch.models import EarlyStatus, HourlyThroughput, Order

pytestmark = pytest.mark.django_db


def status(external_id, version, **fields):
    return {"external_id": external_id, "version": version, **fields}


def hours():
    return {row.hour.astimezone(UTC).hour: row.orders for row in HourlyThroughput.objects.filter(exercise=None)}


def test_it_moves_orders_on(send, make_orders):
    make_orders(2)
    send(status("A0", 2, state="dispatched", dispatched_at="2026-12-01T08:00:00Z"), status("A1", 2, state="dispatched"))
    result = send(status("A0", 3, state="delivered", delivered_at="2026-12-02T09:30:00Z"))
    assert result.updated == 1
    order = Order.objects.get(external_id="A0")
    assert (order.state, order.dispatched_at.hour, order.delivered_at.hour) == ("delivered", 8, 9)
    assert Order.objects.get(external_id="A1").dispatched_at is not None


def test_it_refuses_moves_that_cannot_be(send, make_orders, order_row):
    make_orders(1)
    send(status("A0", 2, state="delivered", delivered_at="2026-12-02T09:30:00Z"))
    result = send(status("A0", 3, state="open"))
    assert result.rows[0]["code"] == "illegal_move"
    assert "nothing else" in result.rows[0]["detail"]
    assert send(order_row("A0", 4)).rows[0]["code"] == "illegal_move"
    assert Order.objects.get().state == "delivered"


def test_it_refuses_moves_that_cannot_be_within_a_call(send, make_orders):
    make_orders(1)
    result = send(status("A0", 2, state="cancelled"), status("A0", 3, state="open"))
    assert (result.updated, [row["code"] for row in result.rows]) == (1, ["illegal_move"])
    order = Order.objects.get()
    assert (order.version, order.state) == (2, "cancelled")
    assert order.cancelled_at is not None


def test_it_calls_a_dispatched_order_back(send, make_orders):
    make_orders(1)
    send(status("A0", 2, state="dispatched"))
    send(status("A0", 3, state="open"))
    order = Order.objects.get()
    assert (order.state, order.dispatched_at) == ("open", None)


def test_it_keeps_the_state_when_only_the_promise_moves(send, make_orders):
    make_orders(1)
    send(status("A0", 2, state="dispatched", dispatched_at="2026-12-01T08:00:00Z"))
    send(status("A0", 3, promise_at="2026-12-05T08:00:00Z"))
    order = Order.objects.get()
    assert (order.state, order.promise_at.day, order.first_promise_at.day) == ("dispatched", 5, 1)
    assert order.dispatched_at == datetime(2026, 12, 1, 8, tzinfo=UTC)


def test_it_keeps_a_status_until_its_order_comes(send, make_orders, order_row):
    make_orders(1)
    result = send(status("B9", 3, state="dispatched"), status("A0", 2, state="dispatched"))
    assert (result.updated, result.waiting, result.rows) == (1, 1, [{"result": "waiting", "index": 0}])
    result = send(order_row("B9", 1))
    assert (result.created, result.updated) == (1, 0)
    order = Order.objects.get(external_id="B9")
    assert (order.version, order.state) == (3, "dispatched")
    assert not EarlyStatus.objects.exists()


def test_it_counts_deliveries_by_the_hour(send, make_orders, order_row):
    make_orders(3)
    delivered = [
        status(f"A{n}", 2, state="delivered", delivered_at=f"2026-12-02T{9 + n // 2:02}:30:00Z") for n in range(3)
    ]
    send(*delivered)
    assert hours() == {9: 2, 10: 1}
    send(*delivered)
    assert hours() == {9: 2, 10: 1}
    send(status("A0", 3, delivered_at="2026-12-02T11:00:00Z"))
    assert hours() == {9: 1, 10: 1, 11: 1}
    send(order_row("B1", state="delivered", delivered_at="2026-12-02T11:59:59Z"))
    assert hours() == {9: 1, 10: 1, 11: 2}


def test_it_shows_the_life_of_an_order_and_its_parcels(api, send, order_row, client, make_user):
    order_system = api("order_system")
    send(order_row("A0"))
    pk = Order.objects.get().pk
    client.force_login(make_user("li", "commander"))

    def looks():
        page = client.get(f"/orders/{pk}/").content.decode()
        return order_system.get("/api/v1/orders/A0").json(), page

    assert "待发，已分配" in looks()[1]
    send(status("A0", 2, state="held"))
    order, page = looks()
    assert order["state"] == "held"
    assert "暂扣" in page
    send(status("A0", 3, state="open"))
    assert "暂扣" not in looks()[1]
    parcels = [{"number": "SF1", "state": "in_transit", "quantity": 1}, {"number": "SF2", "wave": "w2"}]
    send(status("A0", 4, state="dispatched", parcels=parcels))
    order, page = looks()
    assert [(row["number"], row["state"], row["wave"], row["version"]) for row in order["parcels"]] == [
        ("SF1", "in_transit", "", 4),
        ("SF2", "packed", "w2", 4),
    ]
    assert "SF1" in page
    assert "SF2" in page
