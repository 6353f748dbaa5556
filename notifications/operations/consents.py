"""Consents to WeChat subscription notices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.roles import Permission
from journal import operations as journal
from journal.clock import now
from journal.refusal import Invalid
from notifications.models import Consent

MOST = 1_000


class BadConsents(Invalid):
    """At most a thousand consents a call, each with an openid, a template and a source of its own."""

    status: ClassVar[int] = 422


@dataclass(frozen=True)
class Given:
    """One act of consent: who, to which of WeChat's templates, and what tells it from every other (`source`)."""

    openid: str
    code: str
    source: str


@transaction.atomic
def record_consents(*, given: Sequence[Given], by: Actor) -> int:
    """Enter consents into the ledger and return how many are new; the same `source` again adds nothing.

    By the order system, or by WeChat's own event. Journals consent.recorded with the count when there is a new one.
    Raises BadConsents, NotAllowed.
    """
    if by.kind != "provider":  # WeChat itself, by its signed event
        by.require(Permission.PUSH_ORDERS)
    if len(given) > MOST or not all(row.openid and row.code and row.source for row in given):
        raise BadConsents(_("At most 1,000 consents a call, each with an openid, a template and a source."))
    moment = now()
    before = Consent.objects.filter(source__in=[row.source for row in given]).count()
    Consent.objects.bulk_create(
        [Consent(openid=row.openid, code=row.code, source=row.source, given_at=moment) for row in given],
        ignore_conflicts=True,
    )
    added = Consent.objects.filter(source__in=[row.source for row in given]).count() - before
    if added > 0:
        journal.write(kind="consent.recorded", subject="consents", by=by, payload={"count": added})
    return max(0, added)
