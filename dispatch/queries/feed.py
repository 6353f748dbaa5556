"""The feed of assignments for the order system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from journal.refusal import Invalid

MOST = 5_000


class BadCursor(Invalid):
    """A cursor that this feed never gave out."""


@dataclass(frozen=True)
class FeedPage:
    """Rows in the feed's order, the cursor after them, and whether more could be read at once."""

    rows: list[dict[str, Any]]
    next: str
    has_more: bool


COLUMNS = (
    *("id", "position", "kind", "order", "order_version", "warehouse", "lane", "carrier", "hub"),
    *("service_level", "reference", "reroute", "wave", "made_at"),
)
PAGE = """
SELECT a.id, a.position, a.kind, o.external_id, a.order_version, a.warehouse_id, a.lane_id, a.carrier_id, a.hub_id,
    o.service_level, r.reference, a.run_id, a.wave, a.made_at
FROM (
    SELECT * FROM dispatch_assignment
    WHERE exercise IS NULL AND (position, id) > (%(position)s, %(id)s) AND position < (SELECT fenghuo_horizon())
    ORDER BY position, id LIMIT %(limit)s
) a
JOIN dispatch_order o ON o.id = a.order_id
JOIN dispatch_rerouterun r ON r.id = a.run_id
ORDER BY a.position, a.id
"""


def assignments_after(cursor: str = "", limit: int = 1000) -> FeedPage:
    """Assignments behind `cursor` ("" is the beginning), oldest commit first.

    Only what is surely committed is shown: a row whose transaction is older than the horizon cannot appear later, so
    a reader that stores `next` misses nothing, however late a transaction commits. Exercise rows are never shown.
    Raises BadCursor.
    """
    position, row = parse(cursor)
    limit = max(1, min(limit, MOST))
    with connection.cursor() as database:
        database.execute(PAGE, {"position": position, "id": row, "limit": limit + 1})
        found = [dict(zip(COLUMNS, values, strict=True)) for values in database.fetchall()]
    shown = found[:limit]
    if shown:
        position, row = shown[-1]["position"], shown[-1]["id"]
    for values in shown:
        del values["position"]
    return FeedPage(shown, f"{position}.{row}", len(found) > limit)


def parse(cursor: str) -> tuple[int, int]:
    if not cursor:
        return 0, 0
    position, dot, row = cursor.partition(".")
    if dot and all(part.isascii() and part.isdigit() and len(part) <= 18 for part in (position, row)):
        return int(position), int(row)
    raise BadCursor(_("Send the cursor exactly as “next” gave it."))
