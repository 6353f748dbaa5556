"""The rules of sending and of care, and wiping what is kept no longer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.actors import CLOCK, Actor
from accounts.roles import Permission
from customers.filters import CHANNELS
from customers.models import CareRules, NoticePolicy
from customers.refusals import BadRules, ChangedMeanwhile
from journal import clock
from journal import operations as journal

Rules = NoticePolicy | CareRules
AREAS: dict[str, type[Rules]] = {"notices": NoticePolicy, "care": CareRules}
KEPT = {"id", "version", "purge_at"}  # columns that are no rule

# What is wiped, and by which column its age counts. An address goes sooner, once the order system has answered.
WIPES = {
    "addresses": """UPDATE customers_choice SET sealed = '' WHERE sealed <> ''
        AND (answered_at < %(addresses)s AND state IN ('done', 'refused') OR changed_at < %(all)s)""",
    "answers": "UPDATE customers_choice SET answer = '' WHERE answer <> '' AND changed_at < %(all)s",
    "comments": "UPDATE customers_satisfaction SET comment = '' WHERE comment <> '' AND changed_at < %(all)s",
    "complaints": """UPDATE customers_complaint SET words = '…', answer = ''
        WHERE words <> '…' AND answered_at < %(all)s""",
    "contacts": """UPDATE customers_preference SET wechat = '', push = ''
        WHERE (wechat <> '' OR push <> '') AND told_at < %(all)s""",
    "paces": "DELETE FROM customers_pace WHERE free_at < %(now)s",
}
EVERY = timedelta(days=1)


def names_of(area: str) -> list[str]:
    """The rules of an area, in the order in which people read them."""
    return [field.name for field in AREAS[area]._meta.fields if field.name not in KEPT]


def label_of(area: str, name: str) -> str:
    return str(getattr(AREAS[area]._meta.get_field(name), "verbose_name", name))


def rules_of(area: str, *, lock: bool = False) -> Rules:
    """The one row of an area's rules, as it ships where nobody changed it yet."""
    rows = AREAS[area]._default_manager
    rows.get_or_create(pk=1)
    return (rows.select_for_update() if lock else rows).get(pk=1)


@transaction.atomic
def change_rules(*, area: str, values: Mapping[str, Any], by: Actor, expected_version: int | None = None) -> Rules:
    """Change some rules of sending ("notices") or of care ("care"); all of `values` or none, and what is equal changes
    nothing.

    They count at once for what is prepared, looked at or wiped from now on. Journals care_rules.changed with each
    figure before and after. Raises BadRules with `errors` by name, ChangedMeanwhile, NotAllowed.
    """
    by.require(Permission.MANAGE_TEMPLATES)
    row = rules_of(area, lock=True)
    if expected_version is not None and expected_version != row.version:
        raise ChangedMeanwhile(_("Somebody changed these rules after you opened them."), version=row.version)
    if unknown := sorted(set(values) - set(names_of(area))):
        raise BadRules(_("There is no such rule."), errors={unknown[0][:40]: _("There is no such rule.")})
    before = {name: told(getattr(row, name), name) for name in values}
    for name, value in values.items():
        setattr(row, name, value)
    check(row)
    after = {name: told(getattr(row, name), name) for name in values}
    changed = [name for name in values if after[name] != before[name]]
    if not changed:
        return row
    row.version += 1
    row.save()
    journal.write(
        kind="care_rules.changed",
        subject=f"care_rules:{area}",
        by=by,
        payload={
            "version": row.version,
            "changes": [
                f"care_rule:{area}.{name}={told(before[name], name)}→{told(getattr(row, name), name)}"
                for name in changed
            ],
        },
    )
    clock.wake()
    return row


def check(row: Rules) -> None:
    """Raises BadRules."""
    errors: dict[str, str] = {}
    try:
        row.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as wrong:
        errors = {name: str(texts[0]) for name, texts in wrong.message_dict.items()}
    if isinstance(row, NoticePolicy) and "channels" not in errors:
        known = set(CHANNELS).issuperset(row.channels)
        if not row.channels or not known or len(set(row.channels)) != len(row.channels):
            errors["channels"] = _("Name each channel once, and at least one.")
    if errors:
        raise BadRules(_("Nothing was saved: correct what is marked."), errors=errors)


def told(value: object, name: str) -> str:
    """A rule as the journal keeps it; which purposes are urgent has no order, unlike the channels."""
    if isinstance(value, list):
        return ",".join(sorted(value) if name == "urgent" else value)
    return str(value)


def care_rules() -> CareRules:
    return CareRules.objects.filter(pk=1).first() or CareRules()


@transaction.atomic
def purge_care() -> int:
    """Once a day, wipe addresses, comments, complaints and answers that are not needed any more; scores, amounts and
    the journal stay.

    Journals care.purged with counts when anything personal was wiped. Returns 1 when it was time, else 0.
    """
    moment = clock.now()
    rules = CareRules.objects.select_for_update(skip_locked=True).filter(pk=1, purge_at__lte=moment).first()
    if rules is None:
        return 0
    values = {
        "addresses": moment - timedelta(days=rules.address_days),
        "all": moment - timedelta(days=rules.keep_days),
        "now": moment,
    }
    wiped = {}
    with connection.cursor() as cursor:
        for name, statement in WIPES.items():
            cursor.execute(statement, values)
            wiped[name] = cursor.rowcount
    rules.purge_at = moment + EVERY
    rules.save(update_fields=["purge_at"])
    wiped.pop("paces")
    if any(wiped.values()):
        journal.write(kind="care.purged", subject="care", by=CLOCK, payload=wiped)
    return 1


def next_purge() -> datetime | None:
    return CareRules.objects.filter(pk=1).values_list("purge_at", flat=True).first()


def load_care_rules() -> None:
    """The one row of rules, from a database's first minute. Journals nothing."""
    CareRules.objects.get_or_create(pk=1, defaults={"purge_at": clock.now()})
