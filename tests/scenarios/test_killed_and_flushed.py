"""Workers are killed and Redis is flushed while a response runs: nothing fires early, twice or never."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db.models import Count

from accounts.actors import user_actor
from accounts.models import User
from incidents import operations
from incidents.models import CallOut, Deadline, DeadlineState, Measure, MeasureKind
from journal import clock
from journal.models import Entry
from journal.queries import verify
from notifications.models import Message
from tests.processes import until

SETTLED = {"sent", "delivered", "failed", "ambiguous", "cancelled"}


@pytest.fixture
def sample(processes):
    """The sample organisation on the test database."""
    call_command("load_sample", verbosity=0)


def start_workers(processes) -> None:
    processes.start_worker("command", name="command")
    processes.start_worker("dispatch,notices", name="rest")


def fired() -> int:
    return Deadline.objects.filter(state=DeadlineState.MISSED).count()


def overdue() -> int:
    return Deadline.objects.filter(state=DeadlineState.OPEN, due_at__lte=clock.now()).count()


def test_it_loses_and_doubles_nothing(processes, sample, fast_forward):
    processes.start_simulator()
    processes.start_web()  # takes the receipts
    start_workers(processes)
    commander = user_actor(User.objects.get(username="commander"))
    incident = operations.report_incident(
        title="台风登陆浙江", category="natural_disaster", scope={"regions": ["330000"]}, by=commander
    )
    operations.respond(incident_id=incident.pk, level=2, by=commander)
    until(lambda: Message.objects.filter(state="delivered").exists(), what="the first call-out on a phone")
    notify = Measure.objects.filter(incident=incident, kind=MeasureKind.NOTIFY_CUSTOMERS).order_by("order").first()
    operations.start_measure(measure_id=notify.pk, by=commander)
    until(lambda: Message.objects.filter(batch__isnull=False).exists(), what="the customers' notices")

    processes.kill("command")
    processes.kill("rest")
    processes.flush_valkey()
    fast_forward(minutes=16)  # arrivals fall due while nobody is alive
    assert overdue() > 0
    assert fired() == 0
    start_workers(processes)
    until(lambda: overdue() == 0, what="the deadlines that fell due meanwhile")

    processes.kill("rest")
    processes.flush_valkey()
    fast_forward(minutes=20)  # the command post was not ready
    processes.start_worker("dispatch,notices", name="rest")
    until(lambda: overdue() == 0, what="the thirty minutes")
    until(
        lambda: not Message.objects.exclude(state__in=SETTLED).filter(queued_at__lte=clock.now()).exists(),
        seconds=150,
        what="the end of every message",
    )

    missed = Deadline.objects.filter(state=DeadlineState.MISSED)
    assert missed.filter(kind="arrival").count() >= CallOut.objects.filter(incident=incident, rank=0).count() - 1
    assert missed.filter(kind="ready").count() == 1
    assert all(deadline.missed_at >= deadline.due_at for deadline in missed)
    entries = Entry.objects.filter(kind="deadline.missed")
    assert entries.values("payload__deadline").annotate(times=Count("id")).filter(times__gt=1).count() == 0
    assert entries.count() == missed.count()
    for entry in entries:
        assert entry.recorded_at >= entry.occurred_at - timedelta(milliseconds=1)

    books = processes.ledger()
    assert books["repeated"]["keys"] == []
    notices = Message.objects.filter(batch__isnull=False, channel="sms")
    assert notices.count() > 100
    for destination, state in notices.values_list("destination", "state"):
        # Aliyun writes Chinese numbers without their country code.
        accepted = books["by_number"].get(destination.removeprefix("+86"), 0)
        assert accepted == 1 if state in {"sent", "delivered"} else accepted <= 1, (destination, state, accepted)
    assert verify() == []
