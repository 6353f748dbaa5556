"""Entries form a chain, and the database refuses to change them."""

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.actors import SYSTEM
from journal import operations, queries
from journal.models import Entry, Head

pytestmark = pytest.mark.django_db


def write(subject="incident:1", **extra):
    with transaction.atomic():
        return operations.write(kind="test.happened", subject=subject, by=SYSTEM, payload={"n": 1}, **extra)


def test_it_chains_entries_per_subject():
    write()
    write(reference="incident:2")
    write("incident:3")
    first, second = Entry.objects.filter(subject="incident:1").order_by("seq")
    assert (first.seq, second.seq) == (1, 2)
    assert bytes(second.previous_hash) == bytes(first.hash)
    assert bytes(Head.objects.get(subject="incident:1").hash) == bytes(second.hash)
    assert queries.verify() == []
    assert list(queries.timeline("incident:2")) == [second]


@pytest.mark.parametrize("statement", ["UPDATE journal_entry SET actor = 'x'", "DELETE FROM journal_entry"])
def test_it_refuses_change(statement):
    write()
    with pytest.raises(IntegrityError, match="evidence"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_it_shows_a_change_made_behind_its_back():
    write()
    write()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE journal_entry DISABLE TRIGGER journal_entry_is_evidence")
        cursor.execute("UPDATE journal_entry SET payload = '{\"n\": 2}' WHERE seq = 1")
    assert [(fault.seq, fault.problem) for fault in queries.verify()] == [(1, "changed")]


@pytest.mark.django_db(transaction=True)
def test_it_needs_a_transaction():
    with pytest.raises(operations.JournalOutsideTransaction):
        operations.write(kind="test.happened", subject="x:1", by=SYSTEM)
