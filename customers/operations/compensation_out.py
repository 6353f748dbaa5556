"""What follows a granting: customers are told, finance gets the list, the order system says what was paid."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django_fsm import can_proceed

from accounts.actors import Actor
from accounts.roles import Permission
from customers import reach
from customers.models import CompensationRun, Grant, GrantState
from customers.moves import GRANT_MOVES, move, sources
from customers.operations.compensation import TEMPLATE, locked, note, refuse_step
from journal import clock
from journal import operations as journal
from notifications import operations as notifications

# (key, channel, destination, language, variables) of every granted order whose customer wants and can have a message.
MESSAGES = """
SELECT key, channel, CASE channel WHEN 'sms' THEN phone ELSE email END, language,
    jsonb_build_object('no', no, 'amt', amt, 'd', %s::text)
FROM (
    SELECT 'grant:' || g.id AS key, o.phone, o.email, o.external_id AS no, to_char(g.amount, 'FM999999990.00') AS amt,
        CASE WHEN coalesce(nullif(p.language, ''), o.language) LIKE 'en%%' THEN 'en' ELSE 'zh-hans' END AS language,
        CASE
            WHEN p.channel = 'none' THEN ''
            WHEN p.channel = 'email' AND o.email ~ %s THEN 'email'
            WHEN o.phone ~ %s THEN 'sms'
            WHEN o.email ~ %s THEN 'email'
            ELSE ''
        END AS channel
    FROM customers_grant g
    JOIN dispatch_order o ON o.id = g.order_id
    LEFT JOIN customers_preference p ON p.customer_ref = o.customer_ref
    WHERE g.run_id = %s AND NOT g.state = 'rejected'
) told WHERE channel <> ''
"""

PAID = """
WITH paid AS (
    UPDATE customers_grant g SET state = 'paid', paid_at = fenghuo_now()
    FROM jsonb_to_recordset(%s::jsonb) AS p("order" text, reference text)
    JOIN dispatch_order o ON o.external_id = p."order"
    WHERE g.order_id = o.id AND g.reference = p.reference AND g.state = ANY(%s)
        AND g.exercise IS NULL
    RETURNING g.run_id, g.reference, g.amount
)
SELECT run_id, reference, count(*), sum(amount) FROM paid GROUP BY 1, 2 ORDER BY 1
"""


@transaction.atomic
def tell_customers(*, run_id: int) -> CompensationRun:
    """Make the messages of a granted run and let them go; a run whose messages are made is left alone.

    Acts for whoever granted it. Of an exercise nothing leaves the house. Journals what notifications journals.
    """
    run = locked(run_id)
    if run.tell_due_at is None:
        return run
    kind, _colon, key = run.granted_by.partition(":")
    by = Actor(kind, key, frozenset({Permission.SEND_NOTICES}))
    batch = notifications.open_batch(
        template=TEMPLATE, by=by, reference=run.reference, key=f"compensation:{run.pk}", exercise=run.exercise
    )
    days = run.policy.content["pay_days"]
    values = [str(days), reach.EMAIL, reach.PHONE, reach.EMAIL, run.pk]
    if notifications.fill_batch(batch.pk, MESSAGES, values):
        notifications.launch_batch(batch_id=batch.pk, by=by)
    else:
        notifications.cancel_batch(batch_id=batch.pk, by=by)
    run.batch, run.tell_due_at = batch.pk, None
    run.save()
    journal.touch(run.reference, f"compensation:{run.pk}")
    return run


@transaction.atomic
def export_compensation(*, run_id: int, by: Actor) -> CompensationRun:
    """Hand a granted run over to finance: from now on its list may be fetched as paid out of our hands.

    A second call returns the first. Journals compensation.exported. Raises IllegalGrantStep, NotAllowed.
    """
    by.require(Permission.SERVE_CUSTOMERS)
    run = locked(run_id)
    if run.state == GrantState.EXPORTED:
        return run
    if not can_proceed(run.export):
        refuse_step(run)
    move(Grant.objects.filter(run=run), GRANT_MOVES, GrantState.EXPORTED)
    run.export()
    run.exported_at = clock.now()
    run.save()
    note("compensation.exported", run, by)
    return run


@transaction.atomic
def mark_paid(*, rows: Sequence[dict[str, Any]], by: Actor) -> int:
    """Note what the order system paid: rows of {"order": external id, "reference": matter}; return how many moved.

    One statement. A grant that is paid already, not granted yet or unknown is left alone. Journals compensation.paid
    for each run. Raises NotAllowed.
    """
    by.require(Permission.PUSH_ORDERS)
    with connection.cursor() as cursor:
        cursor.execute(PAID, [json.dumps(list(rows)), sources(GRANT_MOVES, GrantState.PAID)])
        runs = cursor.fetchall()
    for run_id, reference, orders, amount in runs:
        journal.write(
            kind="compensation.paid",
            subject=f"compensation:{run_id}",
            reference=reference,
            by=by,
            payload={"run": run_id, "orders": orders, "amount": amount},
        )
    return sum(orders for _run, _reference, orders, _amount in runs)
