"""A call may be an array, lines, gzipped, or events in any of their three modes."""

import base64
import gzip
import json

import pytest

from dispatch.models import IntakeEvent, Order, Parcel, Stock

pytestmark = pytest.mark.django_db
BULK, EVENTS, STOCK = "/api/v1/orders/bulk", "/api/v1/events", "/api/v1/stock/bulk"
NDJSON, BATCH, ONE = "application/x-ndjson", "application/cloudevents-batch+json", "application/cloudevents+json"


@pytest.fixture
def order_system(api, network):
    return api("order_system")


@pytest.fixture
def put(client, order_system):
    def call(body, media="application/json", *, path=BULK, **headers):
        return client.put(path, body, content_type=media, headers={**order_system.headers, **headers})

    return call


@pytest.fixture
def post(client, order_system):
    def call(body, media=ONE, **headers):
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        return client.post(EVENTS, sent, content_type=media, headers={**order_system.headers, **headers})

    return call


def event(name, data, **fields):
    return {"specversion": "1.0", "id": name, "source": "/oms", "type": "fenghuo.order", "data": data, **fields}


def test_it_takes_lines(put, order_row):
    lines = b"\n".join(json.dumps(order_row(f"A{n}")).encode() for n in range(3)) + b"\n\n"
    assert put(lines, NDJSON).json()["created"] == 3


def test_it_reports_a_broken_line_and_keeps_the_others(put, order_row):
    body = json.dumps(order_row("A1")) + '\n{"external_id": \n' + json.dumps(order_row("A2", weight="heavy"))
    answer = put(body.encode(), NDJSON).json()
    assert (answer["created"], answer["rejected"]) == (1, 2)
    assert [(row["index"], row["field"]) for row in answer["rows"]] == [(1, ""), (2, "weight")]


def test_it_unpacks_gzip_within_the_limit(put, order_row):
    packed = gzip.compress(json.dumps([order_row("A1")]).encode())
    assert put(packed, **{"Content-Encoding": "gzip"}).json()["created"] == 1
    bomb = gzip.compress(b"[" + b" " * (11 * 1024 * 1024) + b"]")
    assert put(bomb, **{"Content-Encoding": "gzip"}).status_code == 413
    for broken in (packed[:-5], b"plain", packed + b"x"):
        assert put(broken, **{"Content-Encoding": "gzip"}).status_code == 400


def test_it_answers_a_repeated_key_the_same(put, order_row):
    body = json.dumps([order_row("A1")]).encode()
    first = put(body, **{"Idempotency-Key": "call-1"})
    again = put(body, **{"Idempotency-Key": "call-1"})
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert put(b"[]", **{"Idempotency-Key": "call-1"}).status_code == 422


def test_it_uses_an_event_once(post, order_row):
    sent = event("e1", order_row("A1"))
    first = post(sent).json()
    assert (first["received"], first["used"], first["rows"]) == (1, 1, [])
    again = post(sent).json()
    assert (again["used"], again["duplicates"]) == (0, 1)
    changed = event("e2", order_row("A1", 2, region="330200"))
    batch = post([sent, changed, changed, event("e3", order_row("A1", 1))], BATCH).json()
    assert (batch["used"], batch["duplicates"], batch["ignored"]) == (1, 2, 1)
    assert (Order.objects.get().region_id, IntakeEvent.objects.count()) == ("330200", 3)


def test_it_reads_events_in_binary_mode(client, post, order_system, order_row):
    headers = {"ce-id": "b%201", "ce-source": "/oms", "ce-specversion": "1.0", "ce-type": "fenghuo.order"}
    assert post(order_row("A1"), "application/json", **headers).json()["used"] == 1
    assert IntakeEvent.objects.get().event_id == "b 1"
    assert post(order_row("A1"), "application/json").status_code == 400
    packed = base64.b64encode(json.dumps(order_row("A2")).encode()).decode()
    assert post({**event("e9", None), "data_base64": packed}).json()["used"] == 1


def test_it_lets_a_mended_event_come_again(post, order_row):
    wrong = post(event("e1", order_row("A1", region="999999")))
    assert (wrong.status_code, wrong.json()["rows"][0]["code"]) == (422, "unknown_region")
    assert not IntakeEvent.objects.exists()
    assert post(event("e1", order_row("A1"))).json()["used"] == 1


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"specversion": "0.3"}, "invalid_event"),
        ({"id": ""}, "invalid_event"),
        ({"id": "x" * 256}, "invalid_event"),
        ({"source": None}, "invalid_event"),
        ({"source": "a\x00"}, "invalid_event"),
        ({"type": "other.thing"}, "unknown_type"),
        ({"datacontenttype": "text/plain"}, "invalid_event"),
        ({"data_base64": "???"}, "invalid_event"),
        ({"data": "text"}, "invalid"),
        ({"data": None}, "invalid"),
    ],
    ids=range(10),
)
def test_it_reports_a_bad_event_and_uses_the_others(post, order_row, fields, code):
    told = post([{**event("e1", order_row("A1")), **fields}, event("e2", order_row("A2"))], BATCH).json()
    assert (told["used"], [(row["index"], row["code"]) for row in told["rows"]]) == (1, [(0, code)])


def test_it_sets_stock(put, post):
    rows = [
        {"warehouse": "W01", "product": "P1", "quantity": 5, "version": 1},
        {"warehouse": "W01", "product": "P1", "quantity": 7, "version": 2},
        {"warehouse": "W99", "product": "P1", "quantity": 7, "version": 2},
        {"warehouse": "W01", "product": "P2", "quantity": -1, "version": 2},
    ]
    told = put(json.dumps(rows).encode(), path=STOCK).json()
    assert (told["applied"], told["ignored"], told["rejected"]) == (1, 1, 2)
    assert [row["index"] for row in told["rows"]] == [2, 3]
    late = event("s1", {"warehouse": "W01", "product": "P1", "quantity": 1, "version": 1}, type="fenghuo.stock")
    newer = event("s2", {"warehouse": "W02", "product": "P1", "quantity": 3, "version": 1}, type="fenghuo.stock")
    assert post([late, newer], BATCH).json()["used"] == 2
    assert list(Stock.objects.values_list("warehouse", "quantity")) == [("W01", 7), ("W02", 3)]


def test_it_splits_an_order_into_parcels(put, order_row):
    parcels = [
        {"number": "SF1", "wave": "w3", "warehouse": "W01", "carrier": "SF", "weight": 0.5, "state": "in_transit"},
        {"number": "SF2", "lines": [{"product": "P1", "quantity": 2}]},
    ]
    assert put(json.dumps([order_row("A1", parcels=parcels)]).encode()).json()["created"] == 1
    first, second = Parcel.objects.all()
    assert (first.lane.region_id, first.wave, first.state) == ("330100", "w3", "in_transit")
    assert (second.lane, second.quantity) == (None, 2)
    status = {"external_id": "A1", "version": 2, "parcels": [{"number": "SF2", "wave": "w4"}]}
    assert put(json.dumps([status]).encode()).json()["updated"] == 1
    assert list(Parcel.objects.values_list("number", "wave", "version")) == [("SF2", "w4", 2)]
    for wrong in ([], [{"number": "1"}] * 2, [{"number": "1", "carrier": "SF"}], [{"number": "1", "warehouse": "W9"}]):
        assert put(json.dumps([order_row("A2", parcels=wrong)]).encode()).json()["rejected"] == 1


def test_it_holds_an_order_until_it_is_open_again(put, order_row):
    put(json.dumps([order_row("A1"), {"external_id": "A1", "version": 2, "state": "held"}]).encode())
    assert Order.objects.get().state == "held"
    put(json.dumps([{"external_id": "A1", "version": 3, "state": "open"}]).encode())
    assert Order.objects.get().state == "open"


@pytest.mark.parametrize("given", [{}, {"quantity": 2}])
def test_it_takes_a_line_without_a_quantity_for_one_unit(put, order_row, given):
    lines = [{"product": "A"}, {"product": "B", "quantity": 3}]
    assert put(json.dumps([order_row("A1", lines=lines, **given)]).encode()).json()["created"] == 1
    order = Order.objects.get()
    assert (order.quantity, order.lines[0]["quantity"]) == (given.get("quantity", 4), 1)
