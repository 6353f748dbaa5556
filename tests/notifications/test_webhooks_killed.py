"""A worker is killed with signal 9 while it tells a system outside: nothing is lost, and a repeat keeps its id."""

from __future__ import annotations

import threading
from collections import defaultdict

import pytest
from django.db import transaction

from notifications.engine import webhooks as engine
from notifications.models import WebhookDelivery, WebhookEndpoint
from notifications.operations import WebhookFacts, create_webhook, send_event
from tests.notifications.listening import Listener
from tests.processes import until

pytestmark = pytest.mark.django_db(transaction=True)
EVENTS, DEADLY = 60, 23


def test_each_event_arrives_although_the_worker_is_killed(processes, administrator, fast_forward, monkeypatch):
    monkeypatch.setenv("FENGHUO_WEBHOOK_NETWORKS", "127.0.0.0/8")
    processes.environ["FENGHUO_WEBHOOK_NETWORKS"] = "127.0.0.0/8"
    enough, killed = threading.Event(), threading.Event()

    def answer(number: int) -> int:
        """From the deadly call on, calls have come but are not answered until their sender is dead."""
        if number >= DEADLY and not killed.is_set():
            if number >= DEADLY + engine.AT_ONCE - 1:
                enough.set()
            killed.wait(30)
        return 200

    listener = Listener(answer=answer)
    create_webhook(facts=WebhookFacts(url=listener.url, description="OMS"), by=administrator)
    with transaction.atomic():
        for number in range(EVENTS):
            assert send_event(kind="wave.applied", payload={"wave": number}, key=f"wave:{number}") == 1
    processes.start_worker("notices", processes=1)
    assert enough.wait(60), processes.log("worker")
    processes.kill("worker")
    killed.set()
    left = set(WebhookDelivery.objects.exclude(state="delivered").values_list("event_id", flat=True))
    leased = set(WebhookDelivery.objects.filter(lease_until__isnull=False).values_list("event_id", flat=True))
    assert len(leased) == engine.AT_ONCE
    assert leased <= left, "nothing that was not written down counts as told"

    fast_forward(seconds=engine.LEASE.total_seconds() + 1)
    until(lambda: engine.send_due() == len(left), what="the dead sender's lock is free")
    assert not WebhookDelivery.objects.exclude(state="delivered").exists()
    listener.stop()

    heard: dict[str, list[bytes]] = defaultdict(list)
    for headers, body in listener.heard:
        heard[headers["webhook-id"]].append(body)
    log = {row.event_id: row for row in WebhookDelivery.objects.all()}
    assert set(heard) == set(log), "each event is heard, and nothing else"
    assert len(log) == EVENTS
    assert all(len(set(bodies)) == 1 for bodies in heard.values()), "a repeat is the same to the byte"
    assert {event for event, bodies in heard.items() if len(bodies) > 1} == leased
    for event, row in log.items():
        claims = 2 if event in leased else 1
        assert (row.attempts, row.tries, row.status, row.lease_until) == (claims, 1, 200, None)
        assert len(heard[event]) == claims
    assert WebhookEndpoint.objects.get().failures == 0
