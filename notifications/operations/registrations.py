"""By which ids providers know our words, and what they have said about them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import SYSTEM, Actor
from accounts.roles import Permission
from journal.clock import now, wake
from journal.refusal import Invalid, Refusal
from notifications.gateways import Account, default_account
from notifications.models import CHANNEL_OF, Gateway, Kind, Registration, Review, Template
from notifications.operations.templates import note
from notifications.routes import account_of, usable
from notifications.standing import examines, tells
from notifications.transports import Ambiguous, Examining, TransportError, Verdict, transport_for

CODE = re.compile(r"[0-9A-Za-z_-]{1,64}")
FIELD = re.compile(r"[0-9A-Za-z_.]{1,40}")
LONGEST_REASON = 200
Facts = tuple[tuple[object, ...], tuple[str, str, str]]
ASK_AGAIN = timedelta(minutes=10)  # providers take hours


class BadRegistration(Invalid):
    """An id, field name or verdict that no provider gives, or a template of another channel."""


class RegistrationChanged(Refusal):
    """Somebody entered other ids after the form was opened."""

    status = 412


class CannotAsk(Refusal):
    """This kind of provider cannot be asked what it said of words: a person records it."""


@transaction.atomic
def register_template(
    *,
    template_id: int,
    kind: str,
    code: str,
    by: Actor,
    drill_code: str = "",
    fields: Sequence[str] | None = (),
    state: str = "",
    drill_state: str = "",
    reason: str | None = None,
    seen: tuple[str, str] | None = None,
) -> Registration | None:
    """Enter the provider's id of a template's words, and its names of the variables in their order (None: those there
    are); a blank `code` takes the entry out. Approved words keep their text: only where they are known changes.

    `state` and `drill_state` are the provider's verdict on either id, as a person read it, with its `reason`: blank, or
    no reason, leaves what is known, and a new id begins as submitted. `seen` are the two ids that the person looked at.
    A provider that can be asked is asked about what is submitted. Journals template.registered for other ids,
    template.reviewed for another verdict, nothing when nothing changed. Raises BadRegistration, RegistrationChanged,
    NotAllowed.
    """
    by.require(Permission.MANAGE_TEMPLATES)
    template = Template.objects.select_for_update(no_key=True).filter(pk=template_id).first()
    check(template, kind, code, drill_code, fields or ())
    assert template is not None
    row = Registration.objects.filter(template=template, kind=kind).first()
    if seen is not None and seen != ((row.code, row.drill_code) if row else ("", "")):
        raise RegistrationChanged(
            _("Somebody else changed the ids of “%(name)s” meanwhile. Look at them again.") % {"name": template.label}
        )
    if not code:
        if row is not None:
            row.delete()
            note("template.registered", template, by, kind=f"gateway_kind:{kind}", id="—")
        return None
    said = " ".join((reason or "").split())
    if {state, drill_state} - {"", *Review.values} or len(said) > LONGEST_REASON or "\x00" in said:
        raise BadRegistration(_("Choose what the provider said, with a reason of at most 200 characters."))
    before = facts(row) if row else None
    row = row or Registration(template=template, kind=kind)
    if row.code != code:
        row.state, row.reason = Review.SUBMITTED, ""
    if row.drill_code != drill_code:
        row.drill_state = Review.SUBMITTED
    row.code, row.drill_code = code, drill_code
    row.fields = row.fields if fields is None else list(fields)
    row.state, row.drill_state = state or row.state, drill_state or row.drill_state
    known = row.reason if reason is None else said
    row.reason = known if Review.REJECTED in {row.state, row.drill_state} else ""
    row.ask_at = (row.ask_at or now()) if waits(row) and tells(kind) else None
    return settle(row, before, by)


def check(template: Template | None, kind: str, code: str, drill_code: str, fields: Sequence[str]) -> None:
    """Raises BadRegistration."""
    if template is None or kind not in Kind.values or CHANNEL_OF[Kind(kind)] != template.channel or not examines(kind):
        raise BadRegistration(_("This provider does not send these words."))
    if any(text and not CODE.fullmatch(text) for text in (code, drill_code)):
        raise BadRegistration(_("Enter the id as the provider's console shows it."))
    if fields and (len(fields) > len(template.variables) or not all(FIELD.fullmatch(name) for name in fields)):
        raise BadRegistration(_("Enter the provider's names of the variables in their order, separated by spaces."))


def facts(row: Registration) -> Facts:
    """By which names the provider knows the words; what it said of them."""
    return (row.code, row.drill_code, tuple(row.fields)), (row.state, row.drill_state, row.reason)


def waits(row: Registration) -> bool:
    """Whether the provider has not said yet what it thinks of either."""
    return row.state == Review.SUBMITTED or (bool(row.drill_code) and row.drill_state == Review.SUBMITTED)


def settle(row: Registration, before: Facts | None, by: Actor) -> Registration:
    """Store a row whose template is locked, and journal what is new of it."""
    names, verdict = facts(row)
    known, said = before or (None, (Review.SUBMITTED, Review.SUBMITTED, ""))
    if verdict != said:
        row.decided_by, row.decided_at = str(by), now()
    row.save()
    if row.ask_at:
        wake()
    kind = f"gateway_kind:{row.kind}"
    if names != known:
        note("template.registered", row.template, by, kind=kind, id=row.code)
    if verdict[0] != said[0]:
        note("template.reviewed", row.template, by, kind=kind, verdict=f"review:{row.state}")
    return row


@transaction.atomic
def ask_providers(*, kind: str, by: Actor, template_id: int | None = None) -> int:
    """Have this kind of provider asked, at once, what it said of a template's words or of all it knows; the answers
    come by themselves. Returns how many are asked about. Journals nothing: the answers do.

    Raises CannotAsk, NotAllowed.
    """
    by.require(Permission.MANAGE_TEMPLATES)
    if kind not in Kind.values or not tells(kind):
        raise CannotAsk(_("This provider cannot be asked; record what its console shows."))
    rows = Registration.objects.filter(kind=kind).exclude(template__state="retired")
    if template_id is not None:
        rows = rows.filter(template=template_id)
    count = rows.update(ask_at=now())
    wake()
    return count


def ask_about(registration_id: int) -> bool:
    """Ask the provider about these words and record what it says; True if it answered.

    One that cannot be reached is asked again later. Journals template.reviewed for another verdict.
    """
    row = Registration.objects.filter(pk=registration_id, ask_at__isnull=False).select_related("template").first()
    if row is None:
        return False
    found = verdicts(row)
    with transaction.atomic():
        Template.objects.select_for_update(no_key=True).get(pk=row.template_id)
        fresh = Registration.objects.filter(pk=row.pk, code=row.code, drill_code=row.drill_code).first()
        if fresh is None:
            return False
        before = facts(fresh)
        if found is not None:
            fresh.state, fresh.drill_state = found[0].state, found[1].state
            fresh.reason = found[0].reason or found[1].reason
        fresh.ask_at = now() + ASK_AGAIN if found is None or waits(fresh) else None
        settle(fresh, before, SYSTEM)
    return found is not None


def verdicts(row: Registration) -> tuple[Verdict, Verdict] | None:
    """What the provider says of either id; None while it cannot be reached, or nobody is set up to ask it."""
    account = account_for(row)
    transport = transport_for(account) if account else None
    if not isinstance(transport, Examining):
        return None
    try:
        plain = transport.verdict(row.code)
        return plain, transport.verdict(row.drill_code) if row.drill_code else Verdict(row.drill_state)
    except (TransportError, Ambiguous):
        return None


def account_for(row: Registration) -> Account | None:
    """The first gateway of that kind that can be called now, else the environment's."""
    moment = now()
    known = Gateway.objects.filter(kind=row.kind).order_by("priority", "id")
    for gateway in known:
        if usable(gateway, moment):
            return account_of(gateway)
    account = default_account(row.template.channel)
    return account if account and account.kind == row.kind and not known else None
