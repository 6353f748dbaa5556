"""The engine that enforces time: never early, never stopped by one broken kind of work, woken when needed."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Value

from journal import clock
from journal.clock import Clock, Source
from journal.models import ClockBeat, Installation

pytestmark = pytest.mark.django_db


def nothing():
    return 0


def never():
    return None


def always():
    return clock.now() - timedelta(seconds=1)


class Work:
    """Rows that fall due at given times, in memory."""

    def __init__(self, *due_at):
        self.waiting, self.done = list(due_at), []

    def run(self):
        due = [at for at in self.waiting if at <= clock.now()]
        self.waiting = [at for at in self.waiting if at not in due]
        self.done += due
        return len(due)

    def next_due(self):
        return min(self.waiting, default=None)

    def source(self, name="work", **extra):
        return Source(name, self.run, self.next_due, **extra)


def test_it_does_what_is_due_and_nothing_early():
    past, future = clock.now() - timedelta(seconds=1), clock.now() + timedelta(seconds=0.5)
    work = Work(past, future)
    engine = Clock("test", [work.source()])
    assert engine.step() == 0.0
    assert 0 < engine.step() <= 0.5
    assert work.done == [past]


def test_it_sleeps_until_the_earliest_of_all_sources():
    sources = [Work(clock.now() + timedelta(seconds=seconds)).source(str(seconds)) for seconds in (60, 0.2)]
    assert Clock("test", sources).step() <= 0.2
    assert Clock("test", [Source("idle", nothing, never)]).step() == clock.LONGEST_SLEEP


@pytest.mark.parametrize("where", ["run", "next_due"])
def test_a_failing_source_does_not_stop_the_others(where):
    def fail():
        raise RuntimeError("broken")

    broken = Source("broken", fail if where == "run" else nothing, fail if where == "next_due" else always)
    work = Work(clock.now() - timedelta(seconds=1))
    engine = Clock("test", [broken, work.source()])
    engine.step()
    assert len(work.done) == 1
    assert "broken" in engine.resting


def test_a_source_that_breaks_its_query_does_not_stop_the_others():
    def bad_sql():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT no_such_function()")

    work = Work(clock.now() - timedelta(seconds=1))
    Clock("test", [Source("broken", bad_sql, always), work.source()]).step()
    assert len(work.done) == 1


def test_a_failing_source_rests_and_is_tried_again(monkeypatch):
    calls = []

    def fail_once():
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("broken")
        return 0

    engine = Clock("test", [Source("shaky", fail_once, always)])
    engine.step()
    engine.step()
    assert len(calls) == 1
    engine.resting["shaky"] = 0.0
    engine.step()
    assert len(calls) == 2


def test_the_offset_shifts_the_time_of_operations_and_queries(fast_forward):
    before = clock.now()
    fast_forward(days=2)
    shifted = clock.now()
    assert timedelta(days=2) <= shifted - before < timedelta(days=2, minutes=1)
    seen = Installation.objects.annotate(at=clock.Now(), one=Value(1)).get().at
    assert abs(seen - shifted) < timedelta(minutes=1)


def test_a_sign_of_life_is_real_time(fast_forward):
    fast_forward(days=30)
    Clock("test", []).step()
    assert abs(ClockBeat.objects.get().beat_at - datetime.now(UTC)) < timedelta(minutes=1)


class Running:
    """A clock in a thread of its own, with its own connection."""

    def __init__(self, sources):
        self.stop, self.pids = threading.Event(), []
        self.engine = Clock("running", [*sources, Source("pid", nothing, self.note_pid)])
        self.thread = threading.Thread(target=self.work)

    def note_pid(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            self.pids.append(cursor.fetchone()[0])

    def work(self):
        try:
            self.engine.run(self.stop.is_set)
        finally:
            connection.close()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.stop.set()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify('fenghuo_clock', '')")
        self.thread.join(10)


class Bell:
    """A source that tells when it was looked at, and that is idle otherwise."""

    def __init__(self):
        self.rung, self.rounds = threading.Event(), 0

    def look(self):
        self.rounds += 1
        self.rung.set()

    def source(self):
        return Source("bell", nothing, self.look)


@pytest.mark.django_db(transaction=True)
def test_a_notification_wakes_it(monkeypatch):
    monkeypatch.setattr(clock, "LONGEST_SLEEP", 60.0)
    bell = Bell()
    with Running([bell.source()]):
        assert bell.rung.wait(10)
        for _ in range(3):
            bell.rung.clear()
            with transaction.atomic():
                clock.wake()
            assert bell.rung.wait(10), "it slept on"


@pytest.mark.django_db(transaction=True)
def test_a_notification_of_a_rolled_back_transaction_does_not(monkeypatch):
    monkeypatch.setattr(clock, "LONGEST_SLEEP", 60.0)
    bell = Bell()
    with Running([bell.source()]):
        assert bell.rung.wait(10)
        rounds = bell.rounds
        with transaction.atomic():
            clock.wake()
            transaction.set_rollback(True)
        assert bell.rounds == rounds


@pytest.mark.django_db(transaction=True)
def test_it_survives_the_loss_of_its_connection(monkeypatch):
    monkeypatch.setattr(clock, "LONGEST_SLEEP", 0.05)
    bell = Bell()
    with Running([bell.source()]) as running:
        assert bell.rung.wait(10)
        while not running.pids:
            bell.rung.clear()
            assert bell.rung.wait(10)
        first = running.pids[-1]
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [first])
        for _ in range(400):
            bell.rung.clear()
            assert bell.rung.wait(10), "it did not come back"
            if running.pids[-1] != first:
                break
        assert running.pids[-1] != first
