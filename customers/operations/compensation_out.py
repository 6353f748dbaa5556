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
from customers.audience import LANGUAGE, WHO
from customers.models import CompensationRun, Grant, GrantState
from customers.moves import GRANT_MOVES, move
from customers.operations.compensation import (
    TEMPLATE,
    approve_compensation,
    grant_compensation,
    locked,
    note,
    refuse_step,
)
from customers.operations.drafts import policy
from customers.operations.waves import authority
from customers.texts import numbers, ordered
from journal import clock
from journal import operations as journal
from journal.moves import sources
from notifications import operations as notifications

# (key, channel, destination, language, variables): one message for each customer who gets something and wants and can
# have one, about the order whose contact suits best, with what all their orders of the run get. How each is reached is
# worked out once a row: left to itself PostgreSQL repeats it in every place where it is used.
MESSAGES = f"""
WITH granted AS MATERIALIZED (
    SELECT g.id AS first, g.amount, {WHO} AS who, o.external_id AS no, {LANGUAGE} AS language,
        p.channel AS preference, c.channel, {reach.address("c.channel")} AS address
    FROM customers_grant g
    JOIN dispatch_order o ON o.id = g.order_id
    LEFT JOIN customers_preference p ON p.customer_ref = o.customer_ref
    CROSS JOIN LATERAL (SELECT {{channel}} AS channel OFFSET 0) c
    WHERE g.run_id = %(run)s AND NOT g.state = 'rejected'
),
told AS (
    SELECT DISTINCT ON (who) min(first) OVER theirs AS first, count(*) OVER theirs AS orders,
        sum(amount) OVER theirs AS amount, channel, address, language, no
    FROM granted WINDOW theirs AS (PARTITION BY who)
    ORDER BY who, channel = '', channel IS DISTINCT FROM preference, granted.first
)
SELECT 'grant:' || t.first, t.channel, t.address, t.language, jsonb_build_object('no', {numbers("t", "t.no")},
    'amt', to_char(t.amount, 'FM999999990.00'), 'd', %(days)s::text)
FROM told t WHERE t.channel <> ''
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
    """Make the messages of a granted run, one for each customer, and let them go; a run whose messages are made is left
    alone.

    Acts for whoever granted it. Of an exercise nothing leaves the house. Journals what notifications journals.
    """
    run = locked(run_id)
    if run.tell_due_at is None:
        return run
    by = authority(run.granted_by)
    batch = notifications.open_batch(
        template=TEMPLATE, by=by, reference=run.reference, key=f"compensation:{run.pk}", exercise=run.exercise
    )
    ways = reach.ways(TEMPLATE, policy().channels)
    values = {**ways.parameters, "run": run.pk, "days": str(run.policy.content["pay_days"])}
    if notifications.fill_batch(batch.pk, *ordered(MESSAGES.format(channel=reach.choice(ways.usable)), values)):
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


STEPS = {"approve": approve_compensation, "grant": grant_compensation, "export": export_compensation}
