"""Fifty clients make the same move at the same moment: one is answered 2xx, all others 409 or 412."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from django.db import connections
from django.test import Client

from incidents.models import CallOut, Incident, Measure, ReadinessCheck
from journal import queries as journal
from journal.models import Entry

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS = 50
AT_ONCE = 10  # connections; the clients queue for them as they would at a server's threads


@pytest.fixture
def crowd(api_key):
    """crowd(path, body, version=…) → how often each status came back. Every other client sends If-Match."""
    secret = api_key("commander")

    def send(path: str, body: dict | None = None, *, version: int | None = None) -> Counter:
        statuses: Counter[int] = Counter()
        start, turn = threading.Barrier(CLIENTS), threading.Semaphore(AT_ONCE)

        def one(number: int) -> None:
            headers = {"authorization": f"Bearer {secret}"}
            if version is not None and number % 2:
                headers["if-match"] = f'"{version}"'
            start.wait()
            with turn:
                try:
                    answer = Client().post(
                        f"/api/v1/{path}", body or {}, content_type="application/json", headers=headers
                    )
                    statuses[answer.status_code] += 1
                finally:
                    connections.close_all()

        threads = [threading.Thread(target=one, args=[number]) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return statuses

    return send


def test_one_of_fifty_moves_the_incident(crowd, report, roster):
    incident = report(indicators={"cities": 1})
    Incident.objects.filter(pk=incident.pk).update(verified_at=None)
    told = []

    def move(act: str, body: dict | None = None, **state: object) -> None:
        found = Incident.objects.get(pk=incident.pk)
        statuses = crowd(f"incidents/{incident.pk}/{act}", body, version=found.version)
        assert statuses[200] == 1, (act, statuses)
        assert set(statuses) <= {200, 409, 412}, (act, statuses)
        found.refresh_from_db()
        assert {name: getattr(found, name) for name in state} == state, act
        told.append(act)

    def on_post() -> None:
        for call in CallOut.objects.filter(incident=incident, state="called").order_by("pk"):
            operations_arrive(call)
        ReadinessCheck.objects.filter(command_post__incident=incident).update(done_at=incident.reported_at)

    why = {"reason": "台风转向"}
    move("warn", {"level": 3}, state="warned")
    move("respond", {"level": 3}, state="responding")
    move("raise", {"level": 2, **why}, response_level=2)
    move("lower", {"level": 3, **why}, response_level=3)
    on_post()
    move("post/ready")
    move("suspend", why, state="suspended")
    move("resume", {}, state="responding")
    move("recover", {}, state="recovering")
    move("close", {**why, "skip_open": True}, state="closed")
    move("reopen", why, state="responding")
    move("recover", {}, state="recovering")
    move("close", {**why, "skip_open": True}, state="closed")
    move("review", {"text": "提前备货", "skip_open": True}, state="reviewed")
    kinds = Counter(Entry.objects.filter(subject=incident.reference).values_list("kind", flat=True))
    assert kinds["incident.recovering"] == kinds["incident.closed"] == 2
    assert {kinds[f"incident.{word}"] for word in ("warned", "responded", "suspended", "resumed", "reviewed")} == {1}
    assert journal.verify() == []


def operations_arrive(call: CallOut) -> None:
    from accounts.actors import link_actor
    from incidents import operations

    operations.arrive_callout(call_out_id=call.pk, by=link_actor("link", call.pk))


def test_one_of_fifty_answers_a_call(crowd, running):
    running(level=4)
    calls = list(CallOut.objects.order_by("pk"))
    for path in (
        f"callouts/{calls[0].pk}/acknowledge",
        f"callouts/{calls[0].pk}/arrive",
        f"callouts/{calls[1].pk}/decline",
    ):
        statuses = crowd(path, version=CallOut.objects.get(pk=int(path.split("/")[1])).version)
        assert statuses[200] == 1, (path, statuses)
        assert set(statuses) <= {200, 409, 412}, (path, statuses)
    assert journal.verify() == []


def test_one_of_fifty_does_a_measure(crowd, running):
    running(level=3)
    first, second = Measure.objects.filter(kind="checklist", state="pending").order_by("pk")[:2]
    for path, body in (
        (f"measures/{first.pk}/start", {}),
        (f"measures/{first.pk}/complete", {"note": "已完成"}),
        (f"measures/{second.pk}/skip", {"reason": "不需要"}),
    ):
        statuses = crowd(path, body, version=Measure.objects.get(pk=int(path.split("/")[1])).version)
        assert statuses[200] == 1, (path, statuses)
        assert set(statuses) <= {200, 409, 412}, (path, statuses)
    assert journal.verify() == []
