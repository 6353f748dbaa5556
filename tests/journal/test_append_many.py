"""Bulk engines write entries all at once; the chains are what they would be one by one."""

from datetime import timedelta

import pytest
from django.db import connection

from journal import clock, queries
from journal.models import Entry

pytestmark = pytest.mark.django_db


def append_many(subjects, payloads, occurred_at, exercises):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT journal_append_many('test.fired', 'clock', %s, %s::jsonb[], %s::timestamptz[], %s::bigint[])",
            [subjects, payloads, occurred_at, exercises],
        )
        return cursor.fetchone()[0]


def append(subject):
    with connection.cursor() as cursor:
        cursor.execute("SELECT journal_append('test.first', %s, '', 'clock', '{}')", [subject])


def test_it_links_each_subject_in_the_order_given():
    append("thing:1")
    due = clock.now() - timedelta(minutes=1)
    subjects = ["thing:2", "thing:1", "thing:2", "thing:1"]
    numbers = ['{"n": 0}', '{"n": 1}', '{"n": 2}', '{"n": 3}']
    assert append_many(subjects, numbers, [due, None, due, due], [None, 7, None, None]) == 4
    append("thing:1")
    assert queries.verify() == []
    rows = Entry.objects.order_by("subject", "seq").values_list("subject", "seq", "kind", "payload__n")
    assert list(rows) == [
        ("thing:1", 1, "test.first", None),
        ("thing:1", 2, "test.fired", 1),
        ("thing:1", 3, "test.fired", 3),
        ("thing:1", 4, "test.first", None),
        ("thing:2", 1, "test.fired", 0),
        ("thing:2", 2, "test.fired", 2),
    ]
    second = Entry.objects.get(subject="thing:1", seq=2)
    assert (second.exercise, second.occurred_at == second.recorded_at) == (7, True)
    assert Entry.objects.get(subject="thing:2", seq=1).occurred_at == due


def test_it_writes_nothing_for_nothing():
    assert append_many([], [], [], []) == 0
    assert append_many(None, None, None, None) == 0
    assert Entry.objects.count() == 0
