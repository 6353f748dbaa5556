"""Orders over REST."""

import json

import pytest

from dispatch.models import Order

pytestmark = pytest.mark.django_db
BULK = "/api/v1/orders/bulk"


@pytest.fixture
def order_system(api, network):
    return api("order_system")


def test_it_takes_orders_in(order_system, order_row):
    answer = order_system.put(BULK, [order_row("A1"), order_row("A2", region="999999")])
    assert answer.status_code == 200
    assert {key: value for key, value in answer.json().items() if key != "rows"} == {
        "received": 2,
        "created": 1,
        "updated": 0,
        "ignored": 0,
        "rejected": 1,
        "waiting": 0,
    }
    assert answer.json()["rows"] == [
        {
            "result": "rejected",
            "index": 1,
            "external_id": "A2",
            "code": "unknown_region",
            "detail": "the network has no region 999999; import it first, or mend the code",
            "field": "region",
        }
    ]
    order = order_system.get("/api/v1/orders/A1").json()
    assert (order["region"], order["weight"], order["lines"]) == ("330100", "1.5", [{"product": "P1", "quantity": 2}])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[", 400),
        (b"{}", 400),
        (b"nonsense", 400),
        (b'[{"external_id": NaN}]', 400),
        (b"\xff\xfe", 400),
        (b"[" * 200_000, 400),
        (b'[{"a":' * 100_000, 400),
        (b'[{"external_id": "A1", "lines": ' + b"[" * 100_000, 400),
        (b"[" + b"1," * 10_000 + b"1]", 413),
        (b"[" + b" " * (10 * 1024 * 1024) + b"]", 413),
        (b"[]", 200),
    ],
    ids=range(12),
)
def test_it_says_what_is_wrong_with_a_body(order_system, client, body, status):
    answer = client.put(BULK, body, content_type="application/json", headers=order_system.headers)
    assert answer.status_code == status, answer.content[:300]
    if status != 200:
        assert answer.json()["detail"]


def test_it_reports_nul_and_lone_surrogates_by_row(order_system, client, order_row):
    rows = [order_row("A1"), order_row("A2", customer_name="\x00"), order_row("A3", customer_name="\ud83d")]
    answer = client.put(BULK, json.dumps(rows), content_type="application/json", headers=order_system.headers)
    assert (answer.json()["created"], [row["index"] for row in answer.json()["rows"]]) == (1, [1, 2])


def test_it_is_closed_to_others(api, client, network, make_user):
    assert client.put(BULK, [], content_type="application/json").status_code == 401
    assert api("commander").put(BULK, []).status_code == 403
    client.force_login(make_user("wanglei", "commander"))
    assert client.put(BULK, [], content_type="application/json").status_code == 403
    assert api("alert_source").get("/api/v1/orders").status_code == 403


def test_it_pages_through_orders(order_system, make_orders):
    make_orders(5)
    make_orders(2, prefix="N", region="330200")
    first = order_system.get("/api/v1/orders?limit=3").json()
    assert [row["external_id"] for row in first["results"]] == ["A0", "A1", "A2"]
    rest = order_system.get(f"/api/v1/orders?limit=10&after={first['next_after']}").json()
    assert ([row["external_id"] for row in rest["results"]], rest["next_after"]) == (["A3", "A4", "N0", "N1"], None)
    assert len(order_system.get("/api/v1/orders?region=330200").json()["results"]) == 2
    assert len(order_system.get("/api/v1/orders?region=33").json()["results"]) == 7
    assert len(order_system.get("/api/v1/orders?text=1234&state=open").json()["results"]) == 7
    assert len(order_system.get("/api/v1/orders?text=N1").json()["results"]) == 1
    assert order_system.get("/api/v1/orders?state=lost").status_code == 400
    assert order_system.get("/api/v1/orders/unknown").status_code == 404
    assert order_system.get("/api/v1/orders/%00").status_code == 400
    assert order_system.get("/api/v1/orders?text=%00").status_code in (200, 400)


def test_it_lists_the_network(order_system):
    lanes = order_system.get("/api/v1/lanes?warehouse=W01").json()
    assert lanes["count"] == 6
    assert lanes["results"][0]["rates"] == [{"min_weight": "0", "max_weight": "50", "minimum": "8", "rate": "1.2"}]
    assert [row["code"] for row in order_system.get("/api/v1/warehouses").json()["results"]] == ["W01", "W02"]
    assert order_system.get("/api/v1/regions").json()["count"] == 5


def test_it_shows_people_only_the_orders_of_their_region(client, network, make_orders, make_user):
    make_orders(1)
    make_orders(1, prefix="S", region="310100")
    client.force_login(make_user("zhejiang", "warehouse", region_code="33"))
    assert [row["external_id"] for row in client.get("/api/v1/orders").json()["results"]] == ["A0"]
    assert client.get("/api/v1/orders/S0").status_code == 404
    assert Order.objects.count() == 2
