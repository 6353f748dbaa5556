"""Which tier a customer has, as the order system tells."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from accounts.actors import Actor
from accounts.roles import Permission
from journal import operations as journal

TELL = """
INSERT INTO customers_customertier AS t (customer_ref, tier)
SELECT DISTINCT ON (customer_ref) customer_ref, tier
FROM jsonb_to_recordset(%s::jsonb) AS r(customer_ref text, tier text)
ORDER BY customer_ref
ON CONFLICT (customer_ref) DO UPDATE SET tier = excluded.tier WHERE t.tier IS DISTINCT FROM excluded.tier
"""


@transaction.atomic
def tell_tiers(*, rows: Sequence[dict[str, Any]], by: Actor) -> int:
    """Note customers' tiers, in one statement; return how many changed. Journals tiers.told. Raises NotAllowed."""
    by.require(Permission.PUSH_ORDERS)
    with connection.cursor() as cursor:
        cursor.execute(TELL, [json.dumps(list(rows))])
        changed = cursor.rowcount
    if changed:
        journal.write(kind="tiers.told", subject="compensation-policy", by=by, payload={"customers": changed})
    return changed
