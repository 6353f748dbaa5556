"""Writing the compensation policy as a whole, and the second person's yes to it."""

from __future__ import annotations

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.actors import SYSTEM, Actor
from accounts.roles import Permission
from customers.models import CompensationPolicy, PolicyState
from customers.policy import DEFAULT, checked_policy
from customers.refusals import BadPolicy, ChangedMeanwhile, OwnWork, PolicyMoved, ReasonMissing
from journal import clock
from journal import operations as journal

LONGEST_NOTE = 400


def hold_policies() -> None:
    """One change of the policy at a time, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(7401)")


def newest_number() -> int:
    return CompensationPolicy.objects.aggregate(newest=Max("number"))["newest"] or 0


@transaction.atomic
def write_policy(*, content: object, note: str, by: Actor, expected_number: int | None = None) -> CompensationPolicy:
    """Draft a new version of the whole policy, with its reason; what is in force stays so until it is approved.

    A draft that waits is discarded. What equals the newest version changes nothing. Journals policy.written.
    Raises BadPolicy with `errors` by place, ReasonMissing, ChangedMeanwhile when `expected_number` is not the newest
    version any more, NotAllowed.
    """
    by.require(Permission.SERVE_CUSTOMERS)
    hold_policies()
    number = newest_number()
    if expected_number is not None and expected_number != number:
        raise ChangedMeanwhile(
            _("Somebody changed the policy after you opened it. Compare with version %(number)s, then save again.")
            % {"number": number},
            version=number,
        )
    checked, errors = checked_policy(content)
    if errors:
        raise BadPolicy(_("Nothing was saved: correct what is marked."), errors=dict(errors))
    newest = CompensationPolicy.objects.filter(number=number).first()
    if newest and newest.content == checked and newest.state in {PolicyState.DRAFT, PolicyState.IN_FORCE}:
        return newest
    note = " ".join(note.replace("\x00", "").split())
    if not note:
        raise ReasonMissing(_("Say why the policy is changed."))
    for draft in CompensationPolicy.objects.select_for_update().filter(state=PolicyState.DRAFT):
        draft.discard()
        draft.save()
    policy = CompensationPolicy.objects.create(
        number=number + 1, content=checked, note=note[:LONGEST_NOTE], written_by=str(by), written_at=clock.now()
    )
    tell("policy.written", policy, by)
    return policy


@transaction.atomic
def approve_policy(*, number: int, by: Actor) -> CompensationPolicy:
    """Put a draft in force, by somebody other than its author; the version before is replaced.

    Journals policy.approved. Raises PolicyMoved when it is no draft, OwnWork, NotAllowed.
    """
    by.require(Permission.APPROVE_COMPENSATION)
    policy = draft_of(number)
    if policy.written_by == str(by):
        raise OwnWork(_("Ask a second person to approve what you wrote."))
    for former in CompensationPolicy.objects.select_for_update().filter(state=PolicyState.IN_FORCE):
        former.replace()
        former.save()
    policy.approve()
    policy.approved_by, policy.approved_at = str(by), clock.now()
    policy.save()
    tell("policy.approved", policy, by)
    return policy


@transaction.atomic
def discard_policy(*, number: int, by: Actor) -> CompensationPolicy:
    """Drop a draft. Journals policy.discarded. Raises PolicyMoved, NotAllowed."""
    by.require(Permission.SERVE_CUSTOMERS)
    policy = draft_of(number)
    policy.discard()
    policy.save()
    tell("policy.discarded", policy, by)
    return policy


def draft_of(number: int) -> CompensationPolicy:
    hold_policies()
    policy = CompensationPolicy.objects.select_for_update().get(number=number)
    if policy.state != PolicyState.DRAFT:
        raise PolicyMoved(
            _("Version %(number)s is no draft: %(state)s.") % {"number": number, "state": policy.get_state_display()},  # type: ignore[attr-defined]
            state=policy.state,
        )
    return policy


def load_default_policy() -> None:
    """A fresh database has a policy from its first minute. Journals nothing."""
    if not CompensationPolicy.objects.exists():
        moment = clock.now()
        CompensationPolicy.objects.bulk_create(
            [
                CompensationPolicy(
                    number=1,
                    content=DEFAULT,
                    state=PolicyState.IN_FORCE,
                    written_by=str(SYSTEM),
                    written_at=moment,
                    approved_by=str(SYSTEM),
                    approved_at=moment,
                )
            ],
            ignore_conflicts=True,
        )


def policy_in_force() -> CompensationPolicy:
    """The version that counts now. Raises PolicyMoved while none is in force."""
    policy = CompensationPolicy.objects.filter(state=PolicyState.IN_FORCE).first()
    if policy is None:
        raise PolicyMoved(_("No compensation policy is in force; have one approved first."))
    return policy


def tell(kind: str, policy: CompensationPolicy, by: Actor) -> None:
    journal.write(kind=kind, subject="compensation-policy", by=by, payload={"number": policy.number})


STEPS = {"approve": approve_policy, "discard": discard_policy}
