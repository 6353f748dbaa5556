"""How customers can be reached beside the number on their orders, as the order system tells."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.roles import Permission
from customers.models import Preference
from journal import operations as journal
from journal.clock import now
from journal.refusal import Invalid

FIELDS = ("channel", "language", "wechat", "push")
OPENID = re.compile(r"[0-9A-Za-z_-]{0,64}")
LONGEST_TOKEN = 200

# What a row leaves out stays as it is. The same again is written once a day at most: it says that it still holds.
TELL = """
WITH told AS (
    SELECT DISTINCT ON (customer_ref) * FROM jsonb_to_recordset(%(rows)s::jsonb)
        AS r(customer_ref text, channel text, language text, wechat text, push text)
    ORDER BY customer_ref
),
known AS (
    SELECT p.* FROM customers_preference p JOIN told USING (customer_ref) ORDER BY customer_ref FOR UPDATE OF p
)
INSERT INTO customers_preference AS p (customer_ref, channel, language, wechat, push, told_at)
SELECT customer_ref, coalesce(t.channel, k.channel, ''), coalesce(t.language, k.language, ''),
    coalesce(t.wechat, k.wechat, ''), coalesce(t.push, k.push, ''), %(now)s
FROM told t LEFT JOIN known k USING (customer_ref) ORDER BY customer_ref
ON CONFLICT (customer_ref) DO UPDATE SET channel = excluded.channel, language = excluded.language,
    wechat = excluded.wechat, push = excluded.push, told_at = excluded.told_at
WHERE (p.channel, p.language, p.wechat, p.push)
        IS DISTINCT FROM (excluded.channel, excluded.language, excluded.wechat, excluded.push)
    OR p.told_at < excluded.told_at - interval '1 day'
"""


class BadContact(Invalid):
    """A contact that cannot be one; `extra["row"]` is its number from 0, `extra["field"]` what is wrong with it."""


@transaction.atomic
def tell_contacts(*, rows: Sequence[Mapping[str, str]], by: Actor) -> int:
    """Note customers' WeChat openids, app push tokens, wished channels ("none": no messages) and languages, all or
    none, in one statement; return how many rows were written.

    What a row leaves out stays, a blank takes it away. Journals contacts.told with the count, never a contact. Raises
    BadContact, NotAllowed.
    """
    by.require(Permission.PUSH_ORDERS)
    for number, row in enumerate(rows):
        if field := wrong(row):
            raise BadContact(
                _("Row %(row)s: %(field)s cannot be used.") % {"row": number, "field": field}, row=number, field=field
            )
    with connection.cursor() as cursor:
        cursor.execute(TELL, {"rows": json.dumps(list(rows)), "now": now()})
        written = cursor.rowcount
    if written:
        journal.write(kind="contacts.told", subject="contacts", by=by, payload={"customers": written})
    return written


def wrong(row: Mapping[str, str]) -> str:
    """The first field that cannot be used, "" if all can."""
    good = {
        "channel": row.get("channel", "") in {"", *Preference.Channel.values},
        "language": row.get("language", "") in {"", "zh-hans", "en"},
        "wechat": OPENID.fullmatch(row.get("wechat", "")) is not None,
        "push": len(row.get("push", "")) <= LONGEST_TOKEN and f"x{row.get('push', '')}".isprintable(),
    }
    return next((name for name in FIELDS if not good[name]), "")
