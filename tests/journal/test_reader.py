"""A reader hands over every entry exactly once, also one whose transaction commits late."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from accounts.actors import SYSTEM
from journal import operations
from journal.models import Installation, ReaderCursor
from journal.reader import Reader

pytestmark = pytest.mark.django_db(transaction=True)


def write(n, kind="test.happened"):
    with transaction.atomic():
        operations.write(kind=kind, subject=f"thing:{n}", by=SYSTEM, payload={"n": n})


@pytest.fixture
def seen():
    return []


@pytest.fixture
def reader(seen):
    return Reader("test", ["test.happened"], lambda entry: seen.append(entry.payload["n"]))


@pytest.fixture
def held_open():
    """held_open(n) writes an entry in another connection and leaves its transaction open; returns the commit."""
    threads = []

    def hold(n):
        written, commit = threading.Event(), threading.Event()

        def work():
            try:
                with transaction.atomic():
                    operations.write(kind="test.happened", subject=f"thing:{n}", by=SYSTEM, payload={"n": n})
                    written.set()
                    commit.wait(10)
            finally:
                connection.close()

        thread = threading.Thread(target=work)
        thread.start()
        threads.append((thread, commit))
        assert written.wait(10)

        def release():
            commit.set()
            thread.join(10)

        return release

    yield hold
    for thread, commit in threads:
        commit.set()
        thread.join(10)


def test_it_reads_each_entry_once(reader, seen):
    write(1)
    write(2)
    assert reader.run() == 2
    assert reader.run() == 0
    assert seen == [1, 2]


def test_it_skips_no_late_commit(reader, seen, held_open):
    commit = held_open(1)
    write(2)  # later, but committed first
    reader.run()
    assert 2 not in seen, "it went past an entry that was not yet committed"
    commit()
    reader.run()
    assert seen == [1, 2]


def test_it_reads_what_was_committed_before_the_open_transaction(reader, seen, held_open):
    write(1)
    held_open(2)
    write(3)
    reader.run()
    assert seen == [1]


def test_it_leaves_other_kinds_alone(reader, seen):
    write(1, kind="test.other")
    assert reader.next_due() is None
    assert reader.run() == 0


def test_it_pages(reader, seen):
    for n in range(5):
        write(n)
    assert [reader.run(limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert seen == list(range(5))


def test_a_failing_handler_moves_nothing(seen):
    def fail(entry):
        seen.append(entry.payload["n"])
        if len(seen) < 3:
            raise RuntimeError("not yet")

    reader = Reader("test", ["test.happened"], fail)
    write(1)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            reader.run()
    assert ReaderCursor.objects.filter(name="test").count() == 0
    assert reader.run() == 1


def test_two_readers_of_one_name_do_not_read_twice(seen):
    inside, go_on = threading.Event(), threading.Event()

    def slow(entry):
        seen.append(entry.payload["n"])
        inside.set()
        go_on.wait(10)

    write(0, kind="test.other")
    Reader("test", ["test.other"], lambda entry: None).run()  # so that the cursor's row is there to be locked
    write(1)

    def work():
        try:
            Reader("test", ["test.happened"], slow).run()
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    assert inside.wait(10)
    assert Reader("test", ["test.happened"], slow).run() == 0
    go_on.set()
    thread.join(10)
    assert seen == [1]


def test_after_a_restore_new_entries_come_behind_the_old_ones(reader, seen):
    """A restored server counts transactions from a low number again: the raised epoch keeps the order."""
    write(1)
    reader.run()
    before = ReaderCursor.objects.get(name="test").position
    Installation.objects.update_or_create(id=1, defaults={"epoch": 1, "time_offset": timedelta()})
    write(2)
    reader.run()
    assert seen == [1, 2]
    assert ReaderCursor.objects.get(name="test").position >> 48 == (before >> 48) + 1
