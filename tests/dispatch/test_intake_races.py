"""Two at once: real connections, one outcome."""

import json

import pytest
from django.db import transaction

from accounts.actors import SYSTEM
from dispatch.models import AffectedSet, HourlyThroughput, LaneClosure, Order
from dispatch.operations import close_scope, freeze_affected, receive_orders
from dispatch.scope import Scope
from journal import queries as journal
from tests.dispatch.conftest import ORDER_SYSTEM
from tests.racing import all_done

pytestmark = pytest.mark.django_db(transaction=True)


def intake(rows):
    body = json.dumps(rows).encode()
    return lambda: receive_orders(body=body, by=ORDER_SYSTEM)


def test_it_keeps_the_newest_whoever_comes_first(network, order_row):
    names = [f"A{number:03}" for number in range(200)]
    for round_ in range(5):
        version = 10 * round_
        older = [order_row(name, version + 1, region="330200") for name in names]
        newer = [order_row(name, version + 2, region="310100") for name in reversed(names)]
        first, second = all_done(intake(older), intake(newer))
        assert second.created + second.updated == 200
        assert first.created + first.updated + first.ignored == 200
        assert set(Order.objects.values_list("version", "region_id")) == {(version + 2, "310100")}
    assert Order.objects.count() == 200
    assert journal.verify() == []


def test_it_counts_each_delivery_once(network, order_row, send):
    names = [f"A{number:03}" for number in range(100)]
    send(*(order_row(name) for name in names))
    delivered = [
        {"external_id": name, "version": 2, "state": "delivered", "delivered_at": f"2026-12-02T{n % 10:02}:00:00Z"}
        for n, name in enumerate(names)
    ]
    results = all_done(*(intake(rows) for rows in (delivered, delivered[::-1], delivered[50:] + delivered[:50])))
    assert sum(result.updated for result in results) == 100
    assert list(HourlyThroughput.objects.values_list("orders", flat=True)) == [10] * 10


def test_it_survives_a_deadlock_of_new_orders_and_updates(network, order_row, send):
    send(order_row("B"))
    status = {"external_id": "B", "version": 5, "state": "dispatched"}
    for round_ in range(3):
        both = [order_row(f"A{round_}"), {**status, "version": 5 + 2 * round_}]
        whole = [order_row(f"A{round_}", 2), order_row("B", 6 + 2 * round_)]
        all_done(intake(both), intake(whole))
        assert Order.objects.get(external_id=f"A{round_}").version == 2
        assert Order.objects.get(external_id="B").version == 6 + 2 * round_


def test_it_closes_each_lane_once(network):
    scope = Scope(regions=("33",))
    closed = all_done(*[lambda: close_scope(reference="incident:1", scope=scope, by=SYSTEM)] * 3)
    assert sorted(closed) == [0, 0, 10]
    assert LaneClosure.objects.count() == 10


def test_it_freezes_one_set_per_version(network, send, order_row):
    send(order_row("A1"))
    scope = Scope(regions=("33",))
    first = all_done(*[lambda: freeze_affected(reference="incident:1", scope=scope, by=SYSTEM).pk] * 3)
    assert len(set(first)) == 1
    all_done(*[lambda: freeze_affected(reference="incident:1", scope=scope, by=SYSTEM, refresh=True).pk] * 3)
    assert list(AffectedSet.objects.order_by("version").values_list("version", "orders")) == [
        (1, 1),
        (2, 1),
        (3, 1),
        (4, 1),
    ]


def test_it_leaves_nothing_of_a_call_that_fails_late(network, order_row, monkeypatch):
    from dispatch.operations import intake as module

    def broken(**_fields):
        raise RuntimeError("no journal")

    monkeypatch.setattr(module.journal, "write", broken)
    with pytest.raises(RuntimeError), transaction.atomic():
        receive_orders(body=json.dumps([order_row("A1")]).encode(), by=ORDER_SYSTEM)
    assert not Order.objects.exists()
