"""Orders come in once, in whatever order and however often they are sent."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from accounts.actors import NotAllowed
from dispatch.models import HourlyThroughput, Lane, Order
from dispatch.operations import receive_orders
from journal.models import Entry

pytestmark = pytest.mark.django_db


def test_it_creates_orders_with_their_lane(send, order_row):
    result = send(order_row("A1", weight=0.1234567890123456789), order_row("A2", warehouse=None, carrier=None))
    assert (result.received, result.created, result.rows) == (2, 2, [])
    order = Order.objects.get(external_id="A1")
    assert order.lane == Lane.objects.get(warehouse="W01", region="330100", carrier="SF")
    assert (order.quantity, order.state, order.language) == (2, "open", "zh-hans")
    assert order.first_promise_at == order.promise_at == datetime(2026, 12, 1, 10, tzinfo=UTC)
    assert Order.objects.get(external_id="A2").lane is None


def test_it_keeps_weights_digit_for_digit(send, order_row):
    body = json.dumps([order_row("A1", weight=7)]).replace('"weight": 7', '"weight": 4.404492467557051234567')
    send(body=body.encode())
    assert Order.objects.get().weight == Decimal("4.404492467557051234567")


def test_it_ignores_what_it_knows(send, order_row):
    rows = [order_row("A1", 3), order_row("A2", 3)]
    send(*rows)
    again = send(*rows)
    assert (again.created, again.updated, again.ignored) == (0, 0, 2)
    assert again.rows == [{"result": "ignored", "index": 0}, {"result": "ignored", "index": 1}]
    late = send(order_row("A1", 2, region="330200"), order_row("A2", 4, region="330200"))
    assert (late.updated, late.ignored) == (1, 1)
    assert list(Order.objects.order_by("external_id").values_list("version", "region_id")) == [
        (3, "330100"),
        (4, "330200"),
    ]


def test_it_keeps_the_allocation_that_is_not_sent(send, order_row):
    send(order_row("A1"))
    lane = Order.objects.get().lane
    send(order_row("A1", 2, warehouse=None, carrier=None, phone="+8613900000000"))
    order = Order.objects.get()
    assert (order.warehouse_id, order.carrier_id, order.lane) == ("W01", "SF", lane)
    send(order_row("A1", 3, warehouse=None, carrier=None, region="330200"))
    assert Order.objects.get().lane is None


def test_it_keeps_the_first_promise(send, order_row):
    send(order_row("A1"))
    send(order_row("A1", 2, promise_at="2026-12-03T18:00:00+08:00"))
    order = Order.objects.get()
    assert order.first_promise_at < order.promise_at


def test_it_takes_the_highest_version_within_a_call(send, order_row):
    result = send(
        order_row("A1", 2, region="330200"),
        order_row("A1", 1),
        order_row("A1", 2, region="330200"),
        {"external_id": "A1", "version": 3, "state": "dispatched", "dispatched_at": "2026-12-01T10:00:00Z"},
        order_row("A2"),
    )
    assert (result.created, result.ignored, result.rejected) == (2, 3, 0)
    order = Order.objects.get(external_id="A1")
    assert (order.version, order.region_id, order.state) == (3, "330200", "dispatched")
    assert order.dispatched_at == datetime(2026, 12, 1, 10, tzinfo=UTC)


BAD = [
    ({"region": "999999"}, "unknown_region"),
    ({"warehouse": "W99"}, "unknown_warehouse"),
    ({"carrier": "XX"}, "unknown_carrier"),
    ({"weight": -1}, "invalid"),
    ({"weight": "NaN"}, "invalid"),
    ({"weight": 2_000_000}, "invalid"),
    ({"version": 2**63}, "invalid"),
    ({"version": "1"}, "invalid"),
    ({"version": True}, "invalid"),
    ({"state": "lost"}, "invalid"),
    ({"state": "delivered"}, "invalid"),
    ({"promise_at": "tomorrow"}, "invalid"),
    ({"promise_at": "2026-12-01T18:00:00"}, "invalid"),
    ({"promise_at": "0001-01-01T00:00:00+14:00"}, "invalid"),
    ({"external_id": ""}, "invalid"),
    ({"external_id": "x" * 65}, "invalid"),
    ({"external_id": "a\u0000b"}, "invalid"),
    ({"customer_name": "\ud800"}, "invalid"),
    ({"lines": [{"product": "\u0000", "quantity": 1}]}, "invalid"),
    ({"lines": [{"product": "P", "quantity": 0}]}, "invalid"),
    ({"lines": [{"product": "P", "quantity": 2**31 - 1}] * 2}, "invalid"),
    ({"email": "a@b\n"}, "invalid"),
    ({"surprise": 1}, "invalid"),
    ({"region": None}, "invalid"),
    ({"service_level": None}, "invalid"),
    ({"warehouse": None}, "invalid"),
]


@pytest.mark.parametrize(("fields", "code"), BAD, ids=[f"{next(iter(f))}-{n}" for n, (f, _c) in enumerate(BAD)])
def test_it_reports_a_bad_row_and_keeps_the_good_ones(send, order_row, fields, code):
    result = send(order_row("A1"), order_row("A2", **fields), order_row("A3"))
    assert (result.created, result.rejected) == (2, 1)
    assert [(row["index"], row["code"]) for row in result.rows] == [(1, code)]
    assert set(Order.objects.values_list("external_id", flat=True)) == {"A1", "A3"}


@pytest.mark.parametrize("row", [None, 1, "x", [], [[]], {}, {"external_id": 5}])
def test_it_reports_what_is_no_row_at_all(send, order_row, row):
    result = send(row, order_row("A1"))
    assert (result.created, [r["index"] for r in result.rows]) == (1, [0])


def test_it_spells_out_numbers_that_only_postgresql_refuses(send, order_row):
    body = json.dumps([order_row("A1"), order_row("A2", weight=7)]).replace('"weight": 7', '"weight": 1e-30000')
    result = send(body=body.encode())
    assert (result.created, result.rejected) == (1, 1)


def test_it_journals_each_call(send, order_row):
    send(order_row("A1"), order_row("A2", weight=-1))
    entry = Entry.objects.get(kind="dispatch.orders_received")
    assert entry.actor == "key:1"
    assert {**entry.payload, "sha256": len(entry.payload["sha256"])} == {
        "received": 2,
        "created": 1,
        "updated": 0,
        "ignored": 0,
        "rejected": 1,
        "waiting": 0,
        "sha256": 64,
    }


def test_it_is_for_the_order_system_only(network, commander):
    with pytest.raises(NotAllowed):
        receive_orders(body=b"[]", by=commander)
    assert not HourlyThroughput.objects.exists()
