"""Standby warehouses that a reroute may count on: which, from when, and what it would put there."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from dispatch.models import RerouteRun, RunState, Standby, Warehouse, WarehouseKind, WarehouseOpening
from dispatch.queries.loads import loads
from dispatch.queries.network import open_closures, rows, seen
from journal import clock

KINDS = {
    Standby.NONE: (),
    Standby.BACKUP: (WarehouseKind.PRIMARY, WarehouseKind.BACKUP),
    Standby.TEMPORARY: tuple(WarehouseKind),
}
# Those that nothing but their being on standby keeps from being used.
OPENABLE = """
SELECT w.code, w.lead_hours FROM dispatch_warehouse w
JOIN dispatch_barred_warehouses(%(exercise)s::bigint) b ON b.warehouse_id = w.code
WHERE w.kind = ANY(%(kinds)s::varchar[]) GROUP BY w.code HAVING every(b.why = 'standby') ORDER BY w.code
"""
UNDECIDED = (RunState.QUEUED, RunState.SOLVING, RunState.PROPOSED)


def openable(run: RerouteRun) -> dict[str, timedelta]:
    """Codes of the standby warehouses that a plan of this run may open, with the time that opening them takes."""
    kinds = KINDS[Standby(run.standby)]
    if not kinds:
        return {}
    found = rows(OPENABLE, exercise=run.exercise, kinds=[str(kind) for kind in kinds])
    return {code: timedelta(hours=hours) for code, hours in found}


@dataclass(frozen=True)
class PlannedOpening:
    """A standby warehouse that a plan uses: what it sends from there, at what handling cost of a unit (CNY), and from
    when. `opened`: somebody did open it."""

    warehouse: str
    label: str
    kind: str
    orders: int
    unit_cost: Decimal
    usable_from: datetime
    opened: bool


def planned_openings(run: RerouteRun) -> list[PlannedOpening]:
    """The standby warehouses of the run's plan, the most used first; before they are opened, as if they were now."""
    wanted = {item["warehouse"]: item["orders"] for item in run.opens}
    if not wanted:
        return []
    now, houses = clock.now(), Warehouse.objects.in_bulk(wanted)
    openings = WarehouseOpening.objects.filter(seen(run.exercise), warehouse__in=wanted)
    if run.state in UNDECIDED:
        openings = openings.filter(ended_at=None)
    usable = dict(openings.order_by("id").values_list("warehouse", "usable_from"))
    return [
        PlannedOpening(
            code,
            house.label,
            house.get_kind_display(),
            orders,
            house.unit_cost,
            usable.get(code, now + timedelta(hours=house.lead_hours)),
            code in usable,
        )
        for code, orders in sorted(wanted.items(), key=lambda item: (-item[1], item[0]))
        if (house := houses.get(code))
    ]


@dataclass(frozen=True)
class StillOpen:
    """A standby warehouse that is open for a matter, with the open orders that lie there (of an exercise: none)."""

    warehouse: str
    label: str
    kind: str
    usable_from: datetime
    orders: int


def still_open(reference: str, exercise: int | None = None) -> list[StillOpen]:
    """What was opened for `reference` and is not back on standby, the fullest first."""
    living = WarehouseOpening.objects.filter(reference=reference, exercise=exercise, ended_at=None)
    openings = list(living.select_related("warehouse"))
    orders = loads().sums("warehouse", "open") if openings and exercise is None else Counter[str]()
    found = [
        StillOpen(code, house.label, house.get_kind_display(), opening.usable_from, orders[code])
        for opening in openings
        for code, house in [(opening.warehouse_id, opening.warehouse)]
    ]
    return sorted(found, key=lambda item: (-item.orders, item.warehouse))


def forgotten(reference: str, exercise: int | None = None) -> list[StillOpen]:
    """The same once nothing is closed for `reference` any more."""
    if not WarehouseOpening.objects.filter(reference=reference, exercise=exercise, ended_at=None).exists():
        return []
    return [] if open_closures(reference, exercise) else still_open(reference, exercise)


def left_out(run: RerouteRun) -> int:
    """How many temporary warehouses it could have counted on, had the level allowed them."""
    if run.standby != Standby.BACKUP:
        return 0
    found = rows(OPENABLE, exercise=run.exercise, kinds=[str(WarehouseKind.TEMPORARY)])
    return len(found)
