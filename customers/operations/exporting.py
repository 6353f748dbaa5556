"""Taking the people of a notice out of the house."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.roles import Permission
from customers.models import NoticeRun
from customers.operations.desk import BadReason, UnmaskReason
from customers.operations.drafts import note


@transaction.atomic
def allow_whole_addresses(*, notice_id: int, reason: str, by: Actor) -> NoticeRun:
    """Let somebody who serves customers and sends notices have a list of a notice's people with whole addresses.

    Journals notice.people_exported with the reason and how many, never an address. Raises BadReason, NotAllowed.
    """
    by.require(Permission.SEND_NOTICES)
    by.require(Permission.SERVE_CUSTOMERS)
    if reason not in UnmaskReason.values:
        raise BadReason(_("Say what for: choose one of the reasons."), allowed=UnmaskReason.values)
    run = NoticeRun.objects.get(pk=notice_id)
    note("notice.people_exported", run, by, people=run.audience, reason=f"unmask_reason:{reason}")
    return run
