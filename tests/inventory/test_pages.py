"""The stock page, its API, and the incident room's panel."""

import pytest

from accounts.actors import SYSTEM
from accounts.roles import Role
from inventory import operations as ops
from inventory import queries, sample
from inventory.models import Item, Movement, Stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client, make_user):
    client.force_login(make_user("zhao", Role.WAREHOUSE, warehouse_code="W01", name="赵强"))
    return client


def book(browser, **fields):
    body = {"kind": "issue", "item": "GEN30", "warehouse": "W01", "quantity": "1", "key": "k1"} | fields
    return browser.post("/api/v1/inventory/movements", body, content_type="application/json")


def test_it_shows_the_stock_of_ones_own_warehouse(browser, stock):
    stock("GEN30", 3, par=4)
    stock("RADIO", 3, warehouse="W02")
    page = browser.get("/stock/?warehouse=W02").content.decode()
    assert "GEN30" in page
    assert "RADIO" not in page


def test_it_shows_empty_pages(client, make_user, db):
    client.force_login(make_user("li", Role.ADMINISTRATOR))
    for path in ("/stock/", "/stock/shortages/", "/stock/labels/", "/panels/supplies/incident:1/"):
        assert client.get(path).status_code == 200


def test_it_equips_warehouses(client, make_user, stock):
    client.force_login(make_user("li", Role.ADMINISTRATOR))
    stock("OLD", 1)
    Item.objects.all()
    assert client.post("/stock/equip/").status_code == 302
    assert Stock.objects.filter(warehouse_code="W02", item__code="OLD").exists()


def test_it_equips_from_the_default_list(db, stock):
    assert ops.equip_warehouses(by=SYSTEM) == 2 * 28
    assert ops.equip_warehouses(by=SYSTEM) == 0
    assert Stock.objects.get(warehouse_code="W01", item__code="GEN30").par == 2


def test_it_loads_the_same_sample_once(stock):
    sample.load()
    first = list(Stock.objects.values_list("warehouse_code", "item__code", "quantity").order_by("id"))
    moved = Movement.objects.count()
    sample.load()
    assert Movement.objects.count() == moved
    assert list(Stock.objects.values_list("warehouse_code", "item__code", "quantity").order_by("id")) == first
    for row in Stock.objects.all():
        assert row.quantity == sum(
            movement.delta for movement in row.item.movements.filter(warehouse_code=row.warehouse_code)
        )
    assert 0 < queries.readiness().share < 1


def test_it_books_over_rest_once(browser, stock):
    stock("GEN30", 3)
    assert book(browser).status_code == 201
    again = book(browser)
    assert (again.status_code, again.json()["after"]) == (200, "2")
    header = browser.post(
        "/api/v1/inventory/movements",
        {"kind": "receive", "item": "GEN30", "warehouse": "W01", "quantity": 5},
        content_type="application/json",
        headers={"idempotency-key": "k2"},
    )
    assert header.json()["after"] == "7"
    undone = browser.post(f"/api/v1/inventory/movements/{header.json()['id']}/undo")
    assert undone.json()["after"] == "2"
    assert browser.get("/api/v1/inventory/stock?warehouse=W01").json()[0]["quantity"] == "2"
    assert len(browser.get("/api/v1/inventory/movements?item=GEN30&limit=2").json()) == 2


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"quantity": "9"}, 409, "NotEnough"),
        ({"quantity": "-1"}, 422, "BadQuantity"),
        ({"quantity": "x"}, 422, "BadQuantity"),
        ({"item": "NOPE"}, 422, "UnknownItem"),
        ({"key": ""}, 422, "BadKey"),
        ({"warehouse": "W02"}, 403, "NotAllowed"),
        ({"kind": "steal"}, 400, None),
        ({"kind": "reversal"}, 400, None),
        ({"item": "a\x00b"}, 400, None),
    ],
)
def test_it_says_why_it_refuses(browser, stock, fields, status, code):
    stock("GEN30", 3)
    answer = book(browser, **fields)
    assert answer.status_code == status
    assert answer.json().get("code") == code
    assert Movement.objects.count() == 0


def test_it_answers_an_unknown_movement(browser, stock):
    assert browser.post("/api/v1/inventory/movements/999/undo").status_code == 404


def test_it_books_an_exercise_apart(browser, stock, commander):
    stock("GEN30", 3)
    ops.issue_supplies(reference="incident:7", lines=[("GEN30", "W01", 1)], by=commander, key="s", exercise=5)
    answer = book(browser, kind="return", reference="incident:7")
    assert answer.json()["exercise"] == 5
    assert Stock.objects.get().quantity == 3


def test_it_shows_supplies_and_makes_up_for_shortages(client, make_user, stock, hand):
    client.force_login(make_user("li", Role.ADMINISTRATOR))
    stock("GEN30", 1)
    ops.issue_supplies(reference="incident:7", lines=[("GEN30", "W01", 3)], by=SYSTEM, key="s")
    ops.receive(item="GEN30", warehouse="W01", quantity=9, by=hand, key="k")
    page = client.get("/panels/supplies/incident:7/").content.decode()
    assert 'name="key"' in page
    done = client.post("/panels/supplies/incident:7/missing/", {"key": "m1"})
    assert 'name="key"' not in done.content.decode()
    assert Stock.objects.get().quantity == 7


def test_it_serves_supplies_over_rest(api, stock):
    stock("GEN30", 1)
    send = api("administrator")
    answer = send.post(
        "/api/v1/inventory/supplies",
        {"reference": "incident:7", "key": "s", "lines": [{"item": "GEN30", "warehouse": "W01", "quantity": 2}]},
    ).json()
    assert answer["shortages"] == [{"item": "GEN30", "warehouse": "W01", "asked": "2", "missing": "1"}]
    assert send.post("/api/v1/inventory/supplies", {"reference": "x", "key": "t", "lines": []}).status_code == 400
