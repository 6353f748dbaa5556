"""The orders of a frozen set, page by page, with how they differ from the version before."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.actors import Actor
from dispatch.models import AffectedOrder, AffectedSet
from dispatch.queries.search import NO_KEY, Found, OrderFilter, Search, Walk, walk
from journal.numbers import whole

ADDED, GONE, CHANGED = "added", "gone", "changed"
CHANGES = (ADDED, GONE, CHANGED)

# An order with the allocation it had when it was frozen.
WINDOW = """
SELECT o.id, o.external_id, o.state, o.region_id, a.warehouse_id, a.carrier_id, a.lane_id, o.priority, o.promise_at,
    o.updated_at, a.in_transit, {change} AS change, a.order_id AS key
FROM (SELECT * FROM dispatch_affectedorder WHERE affected_set_id = %(set)s AND order_id < %(after)s::bigint
    ORDER BY order_id DESC LIMIT %(window)s) a
JOIN dispatch_order o ON o.id = a.order_id
LEFT JOIN dispatch_affectedorder b ON b.affected_set_id = %(other)s AND b.order_id = a.order_id
ORDER BY a.order_id DESC
"""
IN_NEWER = """CASE WHEN b.order_id IS NULL THEN 'added'
    WHEN (a.order_version, a.warehouse_id, a.lane_id, a.in_transit) IS DISTINCT FROM
        (b.order_version, b.warehouse_id, b.lane_id, b.in_transit) THEN 'changed' END"""
IN_OLDER = "CASE WHEN b.order_id IS NULL THEN 'gone' END"


def version_before(frozen: AffectedSet) -> AffectedSet | None:
    return AffectedSet.objects.filter(
        reference=frozen.reference, exercise=frozen.exercise, version=frozen.version - 1
    ).first()


@dataclass(frozen=True)
class SetPage:
    """Rows of a set, the newest order first; those that are `gone` are rows of the version before."""

    rows: list[AffectedOrder]
    next: str
    searched: bool


def set_page(
    by: Actor,
    frozen: AffectedSet,
    wanted: OrderFilter,
    *,
    in_transit: bool | None = None,
    change: str = "",
    after: str = "",
    size: int = 50,
) -> SetPage:
    """A page of a set by the filters of the order list, with warehouse, carrier and lane as they were frozen.

    `change` shows what was added to the version before, what is gone from it, or what changed since.
    """
    before = version_before(frozen) if change else None
    shown = before if change == GONE and before is not None else frozen
    other = frozen if shown is before else before
    search = Search(by, wanted)
    if wanted.text.strip():
        text = wanted.text.strip().replace("\x00", "")
        search.add("starts_with(o.external_id, %(text)s)", text=text)
    if in_transit is not None:
        search.add("o.in_transit = %(in_transit)s", in_transit=in_transit)
    if change:
        search.add("o.change = %(change)s", change=change)
    found: Found = walk(
        Walk(
            window=WINDOW.format(change=IN_OLDER if shown is before else IN_NEWER if change else "NULL"),
            where=search.where,
            order="key DESC",
            edge="min(key)",
            parameters={**search.parameters, "set": shown.pk, "other": other.pk if other else None},
            after=NO_KEY if (key := whole(after)) is None else key,
        ),
        size,
    )
    rows = AffectedOrder.objects.filter(affected_set_id=shown.pk, order_id__in=found.ids).select_related(
        "order__region__parent", "warehouse", "carrier"
    )
    return SetPage(sorted(rows, key=lambda row: -row.order_id), found.next, found.searched)
