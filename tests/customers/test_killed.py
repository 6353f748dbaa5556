"""A worker is killed with signal 9 in the middle of granting, of telling, and of going on to the next channel: nothing
is half done, and each customer gets one message and each order one grant."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

import psycopg2
import pytest
from django.db import connection

from accounts.actors import SYSTEM
from customers import operations
from customers.models import CompensationRun, Grant, NoticeLeg
from customers.operations import compensation, compensation_out
from dispatch.models import AffectedSet, Order
from journal import clock
from journal.models import Entry
from notifications.models import Message
from tests.customers.conftest import REFERENCE, freeze
from tests.customers.sent import failed
from tests.processes import ROOT, database_url, until
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)

WORKER = """
import sys, threading, django
django.setup()
from accounts.actors import SYSTEM
from customers import operations
from customers.operations import compensation, compensation_out
granted, told, notice = map(int, sys.argv[1:])
for job in (
    lambda: compensation.grant_compensation(run_id=granted, by=SYSTEM),
    lambda: compensation_out.tell_customers(run_id=told),
    lambda: operations.fall_back(notice_id=notice),
):
    threading.Thread(target=job).start()
"""
# Who waits for the tables that are held, and whether all of them have written other rows already.
WAITING = """
SELECT count(*), bool_and(EXISTS (
    SELECT FROM pg_locks w WHERE w.pid = l.pid AND w.granted AND w.mode = 'RowExclusiveLock' AND w.relation IN
        ('customers_grant'::regclass, 'customers_noticeleg'::regclass, 'notifications_message'::regclass)
))
FROM pg_locks l
WHERE NOT l.granted AND l.relation IN ('customers_compensationrun'::regclass, 'customers_noticerun'::regclass)
"""


def propose(reference):
    run = compensation.propose_compensation(reference=reference, scope="all", by=SYSTEM)
    return compensation.approve_compensation(run_id=run.pk, by=SYSTEM)


def test_it_does_everything_once_although_its_worker_is_killed(order, monkeypatch):
    for number in (1, 2, 3):
        order(number, email=f"{number}@example.com", customer_ref=f"C{number}")
    order(4, customer_ref="C1")
    Order.objects.update(first_promise_at=clock.now() - timedelta(hours=30))
    frozen = freeze(SYSTEM)
    notice = operations.launch_notice(
        notice_id=operations.prepare_notice(reference=REFERENCE, template="delay", by=SYSTEM).pk, by=SYSTEM
    )
    for number in (1, 2):
        failed(f"1380000000{number}")
    granted = propose(REFERENCE)
    # Another matter's compensation is granted, and so large that a worker tells its customers.
    AffectedSet.objects.filter(pk=frozen.pk).update(reference="incident:43")
    told = propose("incident:43")
    AffectedSet.objects.filter(pk=frozen.pk).update(reference=REFERENCE)
    monkeypatch.setattr(compensation, "AT_ONCE", 0)
    told = compensation.grant_compensation(run_id=told.pk, by=SYSTEM)
    assert told.tell_due_at is not None
    before = (Entry.objects.count(), Message.objects.count())

    # Each job stands still where it saves its run, which is after its grants, messages or legs; there it is killed.
    holder = psycopg2.connect(**connection.get_connection_params())
    with holder, holder.cursor() as cursor:
        cursor.execute("LOCK TABLE customers_compensationrun, customers_noticerun IN SHARE MODE")
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, *map(str, (granted.pk, told.pk, notice.pk))],
            cwd=ROOT,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings_test", "DATABASE_URL": database_url()},
        )
        try:
            until(lambda: rows(WAITING) == (3, True), seconds=60, what="three jobs in their middle")
        finally:
            worker.kill()
            worker.wait()
    holder.close()
    until(lambda: rows(WAITING)[0] == 0, what="the database's knowledge of the death")
    assert (Entry.objects.count(), Message.objects.count()) == before
    assert set(Grant.objects.filter(run=granted).values_list("state", flat=True)) == {"approved"}
    assert not NoticeLeg.objects.exists()

    monkeypatch.undo()
    together(
        *[lambda: compensation.grant_compensation(run_id=granted.pk, by=SYSTEM)] * 2,
        *[lambda: compensation_out.tell_customers(run_id=told.pk)] * 2,
        *[lambda: operations.fall_back(notice_id=notice.pk)] * 2,
    )
    assert set(Grant.objects.values_list("state", flat=True)) == {"granted"}
    assert Grant.objects.count() == 8
    assert set(CompensationRun.objects.values_list("tell_due_at", flat=True)) == {None}
    assert Message.objects.filter(key__startswith="grant:").count() == 6  # two matters, three customers
    assert list(NoticeLeg.objects.order_by("id").values_list("channel", flat=True)) == ["email", "email"]
    assert sorted(Message.objects.filter(channel="email").values_list("destination", flat=True)) == [
        "1@example.com", "2@example.com",
    ]  # fmt: skip
    assert Entry.objects.filter(kind="compensation.granted").count() == 2


def rows(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()
