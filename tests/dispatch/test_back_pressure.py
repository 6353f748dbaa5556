"""So many intakes at once and no more; the others are told when to come again."""

import json
import threading
from dataclasses import replace

import pytest
from django.db import connection, transaction

from dispatch.models import EarlyStatus, Order
from dispatch.operations import TooBusy, receive_orders
from dispatch.operations.late_rows import match_early
from dispatch.operations.pressure import SLOTS, take_slot
from tests.dispatch.conftest import ORDER_SYSTEM

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def elsewhere():
    """elsewhere(work) runs `work` in another connection's transaction, which stays open until the test ends."""
    done, threads = threading.Event(), []

    def hold(work):
        ready = threading.Event()

        def run():
            try:
                with transaction.atomic():
                    work()
                    ready.set()
                    done.wait(30)
            finally:
                ready.set()
                connection.close()

        threads.append(threading.Thread(target=run))
        threads[-1].start()
        ready.wait(10)

    def end():
        done.set()
        for thread in threads:
            thread.join(30)

    hold.end = end
    yield hold
    end()


def test_it_turns_away_what_it_cannot_take_at_once(api, network, elsewhere, order_row):
    for _slot in range(SLOTS):
        elsewhere(take_slot)
    order_system = api("order_system")
    answer = order_system.put("/api/v1/orders/bulk", [order_row("A1")])
    assert (answer.status_code, answer.headers["Retry-After"], answer.json()["code"]) == (429, "1", "TooBusy")
    elsewhere.end()
    assert order_system.put("/api/v1/orders/bulk", [order_row("A1")]).status_code == 200


def test_it_does_not_wait_for_ever_for_orders_that_a_wave_moves(send, order_row, elsewhere, monkeypatch):
    send(order_row("A1"))
    monkeypatch.setattr("dispatch.operations.pressure.PATIENCE_MS", 50)
    elsewhere(lambda: Order.objects.select_for_update().get())
    with pytest.raises(TooBusy) as refused:
        send(order_row("A1", 2))
    assert refused.value.retry_after == 2
    assert send(order_row("B1")).created == 1


def test_it_finds_a_status_that_missed_its_order(network, order_row, elsewhere, fast_forward):
    body = json.dumps([order_row("A1")]).encode()
    elsewhere(lambda: receive_orders(body=body, by=ORDER_SYSTEM))
    status = [{"external_id": "A1", "version": 2, "state": "dispatched"}]
    other = replace(ORDER_SYSTEM, key="2")
    assert receive_orders(body=json.dumps(status).encode(), by=other).waiting == 1
    elsewhere.end()
    assert Order.objects.get().state == "open"
    fast_forward(seconds=6)
    assert match_early() == 1
    assert (Order.objects.get().state, EarlyStatus.objects.count()) == ("dispatched", 0)
