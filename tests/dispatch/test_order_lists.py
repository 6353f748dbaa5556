"""Long lists come in pages that end in time, and say when a count is a guess."""

from datetime import date, timedelta

import pytest
from django.db import connection

from accounts.actors import SYSTEM, Actor
from accounts.roles import Permission
from dispatch.models import Lane, Order
from dispatch.queries import search
from dispatch.queries.search import OrderFilter, Search

pytestmark = pytest.mark.django_db


@pytest.fixture
def orders(make_orders, send):
    make_orders(6)
    make_orders(3, prefix="N", region="330200", warehouse="W02", carrier="JD", priority=2, phone="+8613911115678")
    make_orders(2, prefix="U", warehouse=None, carrier=None, promise_at="2026-01-05T10:00:00+08:00")
    send(
        {"external_id": "A0", "version": 2, "state": "dispatched"}, {"external_id": "A1", "version": 2, "state": "held"}
    )


def found(size=50, by=SYSTEM, after="", **wanted):
    page = Search(by, OrderFilter(**wanted)).page(size, after)
    kept = Order.objects.in_bulk(page.ids)
    return [kept[pk].external_id for pk in page.ids], page.next


def test_it_filters_by_anything(orders):
    lane = Lane.objects.get(warehouse="W02", region="330200", carrier="JD")
    for wanted, names in [
        ({"state": "held"}, ["A1"]),
        ({"state": "dispatched"}, ["A0"]),
        ({"state": "unallocated"}, ["U1", "U0"]),
        ({"state": "late"}, ["U1", "U0"]),
        ({"state": "allocated", "region": "330200"}, ["N2", "N1", "N0"]),
        ({"carrier": "JD"}, ["N2", "N1", "N0"]),
        ({"lane": lane.pk}, ["N2", "N1", "N0"]),
        ({"priority": 1}, ["N2", "N1", "N0"]),
        ({"warehouse": "W02", "state": "held"}, []),
        ({"text": " N1 "}, ["N1"]),
        ({"text": "N"}, []),  # too short for a beginning
        ({"text": "5678"}, ["N0", "N1", "N2"]),
        ({"text": "5678", "priority": 3}, []),
    ]:
        assert found(**wanted) == (names, ""), wanted


def test_it_pages_without_repeating_or_skipping(orders):
    for wanted in ({}, {"state": "open"}, {"text": "5678"}):
        names, after = [], ""
        for _turn in range(20):
            page, after = found(size=2, after=after, **wanted)
            names += page
            if not after:
                break
        assert names == found(**wanted)[0]


def test_it_searches_on_where_the_time_was_up(orders, monkeypatch):
    monkeypatch.setattr(search, "SMALLEST", 3)
    monkeypatch.setattr(search, "PATIENCE", -1)
    page = Search(SYSTEM, OrderFilter(state="dispatched")).page(5)
    assert (page.ids, page.searched) == ([], True)
    names, after = [], ""
    for _turn in range(10):
        some, after = found(after=after, state="dispatched")
        names += some
        if not after:
            break
    assert names == ["A0"]


def test_it_counts_or_says_that_it_guesses(orders, monkeypatch):
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE dispatch_order")  # what earlier tests had in it is no ground for a guess
    wanted = Search(SYSTEM, OrderFilter(state="open"))
    whole = wanted.count(wanted.page(50), first=True)
    assert (whole.rows, whole.exact) == (9, True)
    part = wanted.count(wanted.page(3), first=True)
    assert (part.rows, part.exact) == (9, True)
    monkeypatch.setattr(search, "COUNTED", 5)
    assert not wanted.count(wanted.page(3), first=True).exact


def test_it_keeps_to_the_regions_of_the_reader(orders):
    ningbo = Actor("user", "7", frozenset({Permission.VIEW}), regions=frozenset({"3302"}))
    assert found(by=ningbo)[0] == ["N2", "N1", "N0"]
    assert found(by=ningbo, text="A2")[0] == []


def test_it_shows_the_list_with_its_filters(orders, client, make_user):
    client.force_login(make_user("li", "commander"))
    day = date(2026, 1, 5)
    page = client.get(f"/orders/?promise_from={day}&promise_to={day}&lane=x&state=nonsense&priority=-1")
    assert [order.external_id for order in page.context["rows"]] == ["U1", "U0"]
    later = client.get(f"/orders/?promise_from={day + timedelta(days=1)}&promise_to={day}")
    assert later.context["rows"] == []
    for query in ("before=x", "before=99999999999999999999", "lane=99999999999999999999", "q=N1&before=N0"):
        assert client.get(f"/orders/?{query}").status_code == 200
