"""The way back: when what a closure took away is open again, the orders that were moved may return."""

from __future__ import annotations

from django.db import connection, transaction
from django.db.models import Max

from accounts.actors import Actor
from accounts.roles import Permission
from dispatch.models import AffectedSet, Goal, RerouteRun, RunKind
from dispatch.models.reroute import OVER
from dispatch.operations.decisions import UNDECIDED, supersede
from dispatch.operations.steps import note, queue_run
from dispatch.queries.network import CLOSED_LANES, CLOSED_WAREHOUSES
from dispatch.queries.origins import ORIGINS
from journal import clock

# Orders that runs of the reference moved, that are still open where those put them, and whose old way is open.
RETURNING = f"""
INSERT INTO dispatch_affectedorder (affected_set_id, order_id, order_version, warehouse_id, lane_id, carrier_id)
SELECT %(set)s, o.id, o.version, o.warehouse_id, o.lane_id, o.carrier_id
FROM ({ORIGINS}) origin JOIN dispatch_order o ON o.id = origin.order_id
WHERE o.state = 'open'
    AND o.warehouse_id IS NOT DISTINCT FROM origin.sent_warehouse_id
    AND o.lane_id IS NOT DISTINCT FROM origin.sent_lane_id
    AND (o.warehouse_id IS DISTINCT FROM origin.warehouse_id OR o.lane_id IS DISTINCT FROM origin.lane_id)
    AND origin.warehouse_id IS NOT NULL
    AND origin.warehouse_id NOT IN (SELECT code FROM ({CLOSED_WAREHOUSES}) shut)
    AND (origin.lane_id IS NULL OR origin.lane_id NOT IN (SELECT id FROM ({CLOSED_LANES}) shut))
ORDER BY o.id
"""


@transaction.atomic
def propose_return(*, reference: str, by: Actor, exercise: int | None = None) -> RerouteRun | None:
    """Ask for the return of every order that runs of `reference` moved away, that has not left yet, and whose old
    lane is open; None when there is none. The proposal is decided like any other, never carried out by itself.

    1. A return that nobody approved yet gives way to this one; while an approved one is under way there is none.
    2. The orders are frozen as a set of their own ("return:<reference>"), so that the reference keeps its newest set.
    3. A worker proposes their old lanes, as far as these have room; the others stay where they are.
    An exercise moved no order and has none to return. Journals reroute.return_proposed. Raises NotAllowed.
    """
    by.require(Permission.APPROVE_REROUTE)
    if exercise is not None:
        return None
    runs = RerouteRun.objects.select_for_update().filter(reference=reference, exercise=None)
    if not runs.filter(kind=RunKind.REROUTE, applied__gt=0).exists():
        return None
    living = list(runs.filter(kind=RunKind.RETURN).exclude(state__in=[*OVER, "applied"]).order_by("pk"))
    if any(run.state not in UNDECIDED for run in living):
        return None
    place = f"return:{reference}"[:64]
    sets = AffectedSet.objects.filter(reference=place, exercise=None)
    frozen = AffectedSet.objects.create(
        reference=place,
        version=(sets.aggregate(version=Max("version"))["version"] or 0) + 1,
        scope={},
        frozen_at=clock.now(),
    )
    with connection.cursor() as cursor:
        cursor.execute(RETURNING, {"set": frozen.pk, "reference": reference, "exercise": None})
        frozen.orders = cursor.rowcount
    if not frozen.orders:
        frozen.delete()
        return None
    frozen.save(update_fields=["orders"])
    for run in living:
        supersede(run, by)
    last = runs.filter(kind=RunKind.REROUTE, applied__gt=0).order_by("-pk")[0]
    run = queue_run(
        frozen,
        reference=reference,
        by=by,
        kind=RunKind.RETURN,
        late_cost=last.late_cost,
        approve_each_wave=last.approve_each_wave,
        goal=Goal.LEAST_CHANGE,
    )
    note(run, "return_proposed", by, orders=run.orders)
    return run
