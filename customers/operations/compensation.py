"""Proposing, approving and granting compensation: one grant per order and matter."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Count, Max, Sum
from django.utils.translation import gettext as _
from django_fsm import can_proceed

from accounts.actors import Actor
from accounts.roles import Permission
from customers.assessment import assessed, parameters
from customers.models import ChoiceState, CompensationRun, Grant, GrantState, RunScope
from customers.moves import CHOICE_MOVES, GRANT_MOVES, move
from customers.operations import noting
from customers.operations.policies import policy_in_force
from customers.policy import needs_second
from customers.queries.notices import exercise_of
from customers.refusals import BadScope, IllegalGrantStep, NothingToGrant, OwnWork, ReasonMissing
from journal import clock
from journal.hints import nudge
from journal.moves import sources
from notifications.queries import current_templates

TEMPLATE = "compensation"
AT_ONCE = 2_000  # larger runs have their messages made by a worker, so that the button answers at once
LONGEST_REASON = 200

PROPOSE = """
INSERT INTO customers_grant
    (run_id, reference, order_id, exercise, band, tier, late_hours, exempt_hours, amount, state)
SELECT %(run)s, %(reference)s, id, %(exercise)s, band, tier_code, round(late / 3600, 1),
    round(least(exempt, late) / 3600, 1), amount, 'proposed'
FROM priced WHERE verdict = 'payable' ORDER BY id
ON CONFLICT DO NOTHING
"""

GRANT = """
WITH granted AS (
    UPDATE customers_grant SET state = 'granted' WHERE run_id = %(run)s AND state = ANY(%(grantable)s)
    RETURNING order_id, amount
),
claims AS (
    UPDATE customers_choice c SET state = 'done', answered_at = %(now)s
    FROM granted g
    WHERE c.order_id = g.order_id AND c.reference = %(reference)s AND c.kind = 'claim' AND c.state = 'asked'
)
SELECT count(*), encode(sha256(convert_to(coalesce(string_agg(order_id || ':' || amount, ',' ORDER BY order_id), ''),
    'UTF8')), 'hex')
FROM granted
"""


@transaction.atomic
def propose_compensation(*, reference: str, scope: str, by: Actor) -> CompensationRun:
    """Propose a grant for every order of the matter that gets something by the policy in force, in one statement.

    An order that has a grant in this matter is left out: the database holds one. Amounts are those of this moment.
    Journals compensation.proposed. Raises BadScope, NothingToGrant, PolicyMoved, NotAllowed.
    """
    by.require(Permission.SERVE_CUSTOMERS)
    if scope not in RunScope.values:
        raise BadScope(_("Choose which orders are looked at."), allowed=RunScope.values)
    policy, moment = policy_in_force(), clock.now()
    values = parameters(policy, reference, moment)
    if not values["sets"]:
        raise BadScope(_("No affected orders are frozen for this matter yet; freeze them first."))
    exercise = exercise_of(reference)
    run = CompensationRun.objects.create(
        reference=reference,
        exercise=exercise,
        policy=policy,
        affected_set=max(values["sets"]),
        scope=scope,
        assessed_at=moment,
        proposed_by=str(by),
    )
    with connection.cursor() as cursor:
        cursor.execute(assessed(scope) + PROPOSE, {**values, "run": run.pk, "exercise": exercise})
    count(run)
    if not run.orders:
        raise NothingToGrant(_("No order gets anything now: look at the reasons below."))
    run.save()
    note("compensation.proposed", run, by)
    return run


@transaction.atomic
def approve_compensation(*, run_id: int, by: Actor) -> CompensationRun:
    """Agree to a run: above the policy's limits somebody else than the proposer, who may approve compensation.

    Journals compensation.approved. Raises OwnWork, IllegalGrantStep, NotAllowed.
    """
    require_say(by)
    run = locked(run_id)
    approve(run, by)
    return run


@transaction.atomic
def grant_compensation(*, run_id: int, by: Actor) -> CompensationRun:
    """Promise what was approved, or what `by`'s own yes completes: claims are answered, customers and systems told.

    A second call returns the first. Journals compensation.approved, compensation.granted with the SHA-256 of its
    rows. Raises OwnWork, IllegalGrantStep, TemplateNotApproved, NotAllowed.
    """
    by.require(Permission.SERVE_CUSTOMERS)
    run = locked(run_id)
    if run.state in {GrantState.GRANTED, GrantState.EXPORTED}:
        return run
    if run.state == GrantState.PROPOSED:
        approve(run, by)
    if not can_proceed(run.grant):
        refuse_step(run)
    current_templates(TEMPLATE)
    moment = clock.now()
    with connection.cursor() as cursor:
        states = {
            "grantable": sources(GRANT_MOVES, GrantState.GRANTED),
            "claimed": sources(CHOICE_MOVES, ChoiceState.DONE),
        }
        cursor.execute(GRANT, {"run": run.pk, "reference": run.reference, "now": moment, **states})
        granted, run.sha256 = cursor.fetchone()
    if granted != run.orders:
        raise IllegalGrantStep(_("The grants changed meanwhile; look again."), state=run.state, legal=[])
    run.grant()
    run.granted_by, run.granted_at, run.tell_due_at = str(by), moment, moment
    run.save()
    note("compensation.granted", run, by, sha256=run.sha256)
    if run.orders <= AT_ONCE:
        from customers.operations.compensation_out import tell_customers

        return tell_customers(run_id=run.pk)
    from customers import tasks

    nudge(tasks.tell_compensated, run_id=run.pk)
    clock.wake()
    return run


@transaction.atomic
def reject_compensation(*, run_id: int, by: Actor, reason: str) -> CompensationRun:
    """Refuse a whole run; its orders may be proposed again. Journals compensation.rejected. Raises ReasonMissing,
    IllegalGrantStep, NotAllowed."""
    require_say(by)
    run = locked(run_id)
    decider(run, by)
    reason = told(reason)
    if not can_proceed(run.reject):
        refuse_step(run)
    move(Grant.objects.filter(run=run), GRANT_MOVES, GrantState.REJECTED)
    run.reject()
    run.decided_by, run.decided_at, run.reason = str(by), clock.now(), reason
    run.save()
    note("compensation.rejected", run, by)
    return run


@transaction.atomic
def reject_grants(*, run_id: int, order_ids: Sequence[int], by: Actor, reason: str) -> CompensationRun:
    """Take single orders out of a run that is not granted; the customers who claimed them read the reason.

    What is left of an approved run stays approved: it became less. Journals compensation.grants_rejected.
    Raises ReasonMissing, BadScope when none of them is in it, IllegalGrantStep, NotAllowed.
    """
    require_say(by)
    run = locked(run_id)
    decider(run, by)
    reason = told(reason)
    if not can_proceed(run.reject):
        refuse_step(run)
    out = Grant.objects.filter(run=run, order_id__in=list(order_ids))
    gone = list(out.filter(state__in=sources(GRANT_MOVES, GrantState.REJECTED)).values_list("order_id", flat=True))
    if not move(out, GRANT_MOVES, GrantState.REJECTED, reason=reason):
        raise BadScope(_("None of these orders is in this run."))
    from customers.operations.choices import refuse_claims_of

    refuse_claims_of(run.reference, gone, reason)
    count(run)
    if not run.orders:
        run.reject()
        run.decided_by, run.decided_at, run.reason = str(by), clock.now(), reason
    run.save()
    note("compensation.grants_rejected", run, by, rejected=len(gone))
    return run


def require_say(by: Actor) -> None:
    """Raises NotAllowed for whoever neither serves customers nor approves compensation; which of the two is needed,
    the thing itself says."""
    if not by.may(Permission.APPROVE_COMPENSATION):
        by.require(Permission.SERVE_CUSTOMERS)


def approve(run: CompensationRun, by: Actor) -> None:
    large = needs_second(run.policy.content, largest=run.largest, amount=run.amount)
    by.require(Permission.APPROVE_COMPENSATION if large else Permission.SERVE_CUSTOMERS)
    if not can_proceed(run.approve):
        refuse_step(run)
    if large and run.proposed_by == str(by):
        raise OwnWork(_("This is above the limit of one person: ask somebody who may approve compensation."))
    move(Grant.objects.filter(run=run), GRANT_MOVES, GrantState.APPROVED)
    run.approve()
    run.decided_by, run.decided_at = str(by), clock.now()
    run.save()
    note("compensation.approved", run, by)


def decider(run: CompensationRun, by: Actor) -> None:
    """Who approves compensation may refuse it, and whoever proposed it may take it back."""
    by.require(Permission.SERVE_CUSTOMERS if run.proposed_by == str(by) else Permission.APPROVE_COMPENSATION)


def count(run: CompensationRun) -> None:
    """Set what the run's living grants come to."""
    found = run.grants.exclude(state=GrantState.REJECTED).aggregate(
        number=Count("id"), total=Sum("amount", default=Decimal(0)), most=Max("amount", default=Decimal(0))
    )
    run.orders, run.amount, run.largest = found["number"], found["total"], found["most"]


def locked(run_id: int) -> CompensationRun:
    return CompensationRun.objects.select_for_update().get(pk=run_id)


def told(reason: str) -> str:
    reason = " ".join(reason.replace("\x00", "").split())[:LONGEST_REASON]
    if not reason:
        raise ReasonMissing(_("Say why."))
    return reason


def refuse_step(run: CompensationRun) -> None:
    legal = sorted({step.name for step in run.get_available_state_transitions()})  # type: ignore[attr-defined]
    raise IllegalGrantStep(
        _("This compensation is already: %(state)s.") % {"state": run.get_state_display()},  # type: ignore[attr-defined]
        state=run.state,
        legal=legal,
    )


def note(kind: str, run: CompensationRun, by: Actor, **figures: object) -> None:
    payload = {"run": run.pk, "orders": run.orders, "amount": run.amount, **figures}
    noting.write(kind, "compensation", run, by, payload)
