"""Systems outside are told what was decided, and only once it can be pulled."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from accounts.actors import SYSTEM
from dispatch import queries
from dispatch.operations import (
    Answer,
    answer_assignments,
    apply_waves,
    approve_run,
    close_scope,
    reopen_scope,
    roll_back_run,
)
from dispatch.telling import reader
from journal.models import ReaderCursor
from notifications.models import WebhookDelivery
from notifications.operations import WebhookFacts, create_webhook
from tests.dispatch.conftest import ORDER_SYSTEM
from tests.dispatch.rerouting import W01, applied_run, solved_run


@pytest.fixture
def told(administrator):
    """Events told so far, oldest first, as {kind: payloads}."""
    create_webhook(facts=WebhookFacts(url="https://oms.example.com/hook", description="Order system"), by=administrator)

    def read() -> dict[str, list[dict]]:
        while reader.run():
            pass
        found: dict[str, list[dict]] = {}
        for row in WebhookDelivery.objects.order_by("id"):
            found.setdefault(row.kind, []).append(row.payload)
        return found

    return read


@pytest.mark.django_db(transaction=True)
def test_every_step_of_a_reroute_is_told(make_orders, told):
    make_orders(3)
    run = applied_run()
    found = told()
    assert found["network.closed"] == [
        {"reference": "incident:1", "scope": {"warehouses": ["W01"]}, "lanes_closed": 6, "warehouses_closed": 1}
    ]
    assert found["reroute.proposed"][0]["assigned"] == 3
    assert [len(found[kind]) for kind in ("reroute.approved", "wave.applied", "reroute.applied")] == [1, 1, 1]
    (hint,) = found["assignments.available"]
    page = queries.assignments_after(hint["after"])
    assert (len(page.rows), hint["orders"], hint["reroute"]) == (3, 3, run.pk)
    answers = [Answer(page.rows[0]["id"], accepted=False, reason="no dock")]
    answer_assignments(answers=answers, by=ORDER_SYSTEM)
    roll_back_run(run_id=run.pk, by=SYSTEM)
    reopen_scope(reference="incident:1", by=SYSTEM)
    found = told()
    assert found["orders.refused"] == [
        {"reference": "orders", "refused": 1, "restored": 1, "reroutes": [run.pk], "references": ["incident:1"]}
    ]
    assert found["reroute.rolled_back"][0]["restored"] == 2
    assert len(queries.assignments_after(found["assignments.available"][1]["after"]).rows) == 2
    assert found["network.reopened"][0]["lanes_opened"] == 6


@pytest.mark.django_db(transaction=True)
def test_an_exercise_is_told_to_nobody(make_orders, told):
    make_orders(1)
    applied_run(exercise=7)
    assert told() == {}


@pytest.mark.django_db(transaction=True)
def test_nobody_is_told_before_the_feed_shows_it_and_no_late_commit_is_skipped(make_orders, told):
    """Another transaction is held open while a wave commits: the feed waits for it, and so does the event."""
    make_orders(2)
    run = solved_run()
    approve_run(run_id=run.pk, by=SYSTEM)
    holding, release = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT pg_current_xact_id()")
                holding.set()
                release.wait(30)
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert holding.wait(30)
    apply_waves(run_id=run.pk, by=SYSTEM)
    early, page = told(), queries.assignments_after("")
    assert ("assignments.available" in early, page.rows) == (False, [])
    release.set()
    thread.join(30)
    assert told()["assignments.available"][0]["orders"] == 2
    assert len(queries.assignments_after(page.next).rows) == 2


@pytest.mark.django_db(transaction=True)
def test_a_new_endpoint_is_not_told_what_happened_before_it_was_there(make_orders, administrator):
    make_orders(1)
    close_scope(reference="incident:1", scope=W01, by=SYSTEM)
    facts = WebhookFacts(url="https://oms.example.com/hook", description="Order system")
    create_webhook(facts=facts, by=administrator)
    while reader.run():
        pass
    assert ReaderCursor.objects.get(name=reader.name).entry
    assert not WebhookDelivery.objects.exists()
