"""What a customer chooses for an order by the link of a notice, and how it is answered."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor, link_actor
from accounts.roles import Permission
from customers.assessment import ASSESSED, parameters
from customers.models import Choice, ChoiceKind, ChoiceState, NoticeRecipient
from customers.moves import CHOICE_MOVES, move
from customers.operations import noting
from customers.operations.policies import policy_in_force
from customers.queries.customer import orders_of
from dispatch.models import OrderState
from journal import clock
from journal import operations as journal
from journal.moves import sources
from journal.refusal import Invalid, Refusal
from notifications.sealing import seal

ADDRESS_MOST, ANSWER_MOST = 200, 200
OPEN_ORDERS = {OrderState.OPEN, OrderState.HELD}
# What the customer reads where a claim is refused for what the policy says; the words are the page's.
UNPAYABLE = ("exempt", "in_time", "cancelled", "no_promise")

REFUSE_CLAIMS = """
UPDATE customers_choice c SET state = 'refused', answer = 'verdict:' || p.verdict, answered_at = %(now)s
FROM priced p
WHERE c.order_id = p.id AND c.reference = %(reference)s AND c.kind = 'claim' AND c.state = ANY(%(refusable)s)
    AND (p.verdict = ANY(%(unpayable)s) OR p.verdict = 'early' AND p.state = 'delivered')
"""


class TooLate(Refusal):
    """Somebody acted on the earlier choice, or the parcel has left: it cannot be changed any more."""


class BadChoice(Invalid):
    """There is no such choice for this order, or its address is missing or too long."""


class ChoiceMoved(Refusal):
    """The wish was changed, or is answered already."""

    status = 412


@transaction.atomic
def choose(*, recipient: NoticeRecipient, order_id: int, kind: str, address: str = "") -> Choice:
    """Note what the customer of a link wants for one of their orders. One row per order and matter: the same again
    changes nothing, another one replaces it until somebody acted on it.

    `address` goes with "address" only, is stored encrypted and never journalled. Journals choice.made. Raises
    BadChoice, TooLate.
    """
    order = next((row for row in orders_of(recipient) if row.pk == order_id), None)
    address = " ".join(address.replace("\x00", "").split())
    if order is None or kind not in ChoiceKind.values:
        raise BadChoice(_("Choose one of the possibilities."))
    if kind == ChoiceKind.ADDRESS and not 5 <= len(address) <= ADDRESS_MOST:
        raise BadChoice(_("Write the new address, in at most 200 characters."))
    if order.state not in OPEN_ORDERS and kind in {ChoiceKind.ADDRESS, ChoiceKind.REFUND}:
        raise TooLate(_("Your parcel has left already; call our customer service."))
    if order.state == OrderState.CANCELLED:
        raise TooLate(_("This order is cancelled; nothing is left to choose."))
    moment = clock.now()
    state = ChoiceState.NOTED if kind == ChoiceKind.WAIT else ChoiceState.ASKED
    sealed = seal(address) if kind == ChoiceKind.ADDRESS else ""
    with connection.cursor() as cursor:
        # Two taps at once: the second waits here and then finds the first one's row.
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 7402))", [f"{order_id} {recipient.reference}"]
        )
    known = Choice.objects.select_for_update().filter(order_id=order_id, reference=recipient.reference).first()
    if known is None:
        choice = Choice.objects.create(
            order_id=order_id,
            reference=recipient.reference,
            recipient_id=recipient.pk,
            exercise=recipient.notice.exercise,
            kind=kind,
            state=state,
            sealed=sealed,
            asked_at=moment,
            changed_at=moment,
        )
    else:
        choice = known
        if choice.kind == kind and kind != ChoiceKind.ADDRESS and choice.state in {state, ChoiceState.DONE}:
            return choice
        if state not in CHOICE_MOVES[choice.state]:
            raise TooLate(_("We are acting on what you asked for; call our customer service to change it."))
        choice.kind, choice.state, choice.sealed = kind, state, sealed
        choice.version += 1
        choice.answer, choice.answered_at = "", None
        choice.changed_at, choice.recipient_id = moment, recipient.pk
        choice.save()
    note("choice.made", choice, link_actor("customer", recipient.pk))
    return choice


@transaction.atomic
def answer_choice(*, choice_id: int, outcome: str, by: Actor, version: int | None = None, answer: str = "") -> Choice:
    """The order system's answer to a wish: "taken" (it is at it), "done" or "refused" with a reason for the customer.

    The same answer again changes nothing. Journals choice.answered. Raises ChoiceMoved when the customer changed
    their mind after `version`, or it is answered already; BadChoice, NotAllowed.
    """
    by.require(Permission.PUSH_ORDERS)
    if outcome not in {ChoiceState.TAKEN, ChoiceState.DONE, ChoiceState.REFUSED}:
        raise BadChoice(_("Answer with taken, done or refused."))
    choice = Choice.objects.select_for_update().get(pk=choice_id)
    if version is not None and version != choice.version:
        raise ChoiceMoved(_("The customer changed this wish; read it again."), version=choice.version)
    if choice.state == outcome:
        return choice
    if outcome not in CHOICE_MOVES[choice.state] or choice.kind not in {ChoiceKind.ADDRESS, ChoiceKind.REFUND}:
        raise ChoiceMoved(
            _("This wish is already: %(state)s.") % {"state": choice.get_state_display()},  # type: ignore[attr-defined]
            state=choice.state,
        )
    choice.state = outcome
    choice.answer = " ".join(answer.replace("\x00", "").split())[:ANSWER_MOST]
    choice.answered_at = clock.now()
    choice.save()
    note("choice.answered", choice, by)
    return choice


@transaction.atomic
def refuse_claims(*, reference: str, by: Actor) -> int:
    """Answer every claim of a matter that gets nothing by the policy, each with its reason; return how many.

    One statement. Claims that may still grow into something, and those that get something, wait. Journals
    compensation.claims_refused when there were any. Raises PolicyMoved, NotAllowed.
    """
    by.require(Permission.SERVE_CUSTOMERS)
    policy, moment = policy_in_force(), clock.now()
    among = (
        " AND order_id IN (SELECT order_id FROM customers_choice WHERE reference = %(reference)s AND kind = 'claim')"
    )
    values = {
        **parameters(policy, reference, moment),
        "unpayable": list(UNPAYABLE),
        "refusable": sources(CHOICE_MOVES, ChoiceState.REFUSED),
    }
    with connection.cursor() as cursor:
        cursor.execute(ASSESSED.format(wanted="true", among=among) + REFUSE_CLAIMS, values)
        refused = cursor.rowcount
    if refused:
        journal.write(
            kind="compensation.claims_refused",
            subject=reference or "compensation-policy",
            reference=reference,
            by=by,
            payload={"orders": refused, "number": policy.number},
        )
    return refused


def refuse_claims_of(reference: str, order_ids: Sequence[int], reason: str) -> None:
    """Answer the claims of orders whose grant a person rejected; within that operation."""
    claims = Choice.objects.filter(reference=reference, order_id__in=list(order_ids), kind=ChoiceKind.CLAIM)
    move(claims, CHOICE_MOVES, ChoiceState.REFUSED, answer=reason[:ANSWER_MOST], answered_at=clock.now())


def note(kind: str, choice: Choice, by: Actor) -> None:
    payload = {
        "choice": choice.pk,
        "order": f"order:{choice.order_id}",
        "kind": f"choice_kind:{choice.kind}",
        "state": f"choice_state:{choice.state}",
        "version": choice.version,
    }
    noting.write(kind, "choice", choice, by, payload)
