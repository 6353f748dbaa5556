"""The rules of care, and wiping what is kept no longer."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction

from accounts.actors import CLOCK
from customers.models import CareRules
from journal import clock
from journal import operations as journal

# What is wiped, and by which column its age counts. An address goes sooner, once the order system has answered.
WIPES = {
    "addresses": """UPDATE customers_choice SET sealed = '' WHERE sealed <> ''
        AND (answered_at < %(addresses)s AND state IN ('done', 'refused') OR changed_at < %(all)s)""",
    "answers": "UPDATE customers_choice SET answer = '' WHERE answer <> '' AND changed_at < %(all)s",
    "comments": "UPDATE customers_satisfaction SET comment = '' WHERE comment <> '' AND changed_at < %(all)s",
    "complaints": """UPDATE customers_complaint SET words = '…', answer = ''
        WHERE words <> '…' AND answered_at < %(all)s""",
    "paces": "DELETE FROM customers_pace WHERE free_at < %(now)s",
}
EVERY = timedelta(days=1)


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
