"""By which ids providers know our words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.roles import Permission
from journal import operations as journal
from journal.refusal import Invalid
from notifications.models import CHANNEL_OF, Kind, Registration, Template

CODE = re.compile(r"[0-9A-Za-z_-]{1,64}")
FIELD = re.compile(r"[0-9A-Za-z_.]{1,40}")


class BadRegistration(Invalid):
    """An id or field name that no provider gives, or a template of another channel."""


@transaction.atomic
def register_template(
    *, template_id: int, kind: str, code: str, by: Actor, drill_code: str = "", fields: Sequence[str] = ()
) -> Registration | None:
    """Enter the provider's id of a template's words, and its names of the variables in their order; a blank `code`
    takes the entry out. Approved words keep their text: only where they are known changes.

    Journals template.registered, nothing when nothing changed. Raises BadRegistration, NotAllowed.
    """
    by.require(Permission.MANAGE_TEMPLATES)
    template = Template.objects.select_for_update(no_key=True).filter(pk=template_id).first()
    if template is None or kind not in Kind.values or CHANNEL_OF[Kind(kind)] != template.channel:
        raise BadRegistration(_("This provider does not send these words."))
    if any(text and not CODE.fullmatch(text) for text in (code, drill_code)):
        raise BadRegistration(_("Enter the id as the provider's console shows it."))
    if fields and (len(fields) > len(template.variables) or not all(FIELD.fullmatch(name) for name in fields)):
        raise BadRegistration(_("Enter the provider's names of the variables in their order, separated by spaces."))
    known = Registration.objects.filter(template=template, kind=kind).first()
    wanted = {"code": code, "drill_code": drill_code, "fields": list(fields)}
    if known is None and not code:
        return None
    if known is not None and all(getattr(known, name) == value for name, value in wanted.items()):
        return known
    if not code:
        Registration.objects.filter(template=template, kind=kind).delete()
        row = None
    else:
        row, _made = Registration.objects.update_or_create(template=template, kind=kind, defaults=wanted)
    journal.write(
        kind="template.registered",
        subject=f"template:{template.pk}",
        by=by,
        payload={
            "code": f"purpose:{template.code}",
            "channel": f"channel:{template.channel}",
            "language": template.language,
            "version": template.version,
            "kind": f"gateway_kind:{kind}",
            "id": code or "—",
        },
    )
    return row
