"""New advice for orders in transit: when something closes or opens, those whose way that changes are told anew."""

from __future__ import annotations

from django.db import connection, transaction
from django.db.models import Max

from accounts.actors import Actor
from accounts.roles import Permission
from dispatch.models import AffectedSet, RerouteRun, RunKind, RunState, WaveState, Zone
from dispatch.models.reroute import OVER
from dispatch.operations.decisions import UNDECIDED, supersede
from dispatch.operations.detours import ADVICE, advised
from dispatch.operations.steps import lock_reference, note, queue_run, terms_of
from dispatch.scope import Scope
from journal import clock

# Orders in transit that runs of a matter looked at whose advice was given, as they are now.
LOOKED_AT = """
    SELECT o.id AS order_id, o.version AS order_version, o.lane_id, o.dispatched_version, o.dispatched_at
    FROM dispatch_order o WHERE o.state = 'dispatched' AND o.id IN (
        SELECT x.order_id FROM dispatch_rerouterun r
        JOIN dispatch_reroutewave w ON w.run_id = r.id AND w.zone = 'transit' AND w.state = 'applied'
        JOIN dispatch_affectedorder x ON x.affected_set_id = r.affected_set_id AND x.in_transit
        WHERE r.reference = %(reference)s AND r.exercise IS NOT DISTINCT FROM %(exercise)s::bigint
    )
"""
FREEZE = f"""
INSERT INTO dispatch_affectedorder (affected_set_id, order_id, order_version, warehouse_id, lane_id, carrier_id,
    in_transit)
SELECT %(set)s, o.id, o.version, o.warehouse_id, o.lane_id, o.carrier_id, true
FROM standing s JOIN {ADVICE} USING (key) JOIN dispatch_order o ON o.id = s.order_id AND o.state = 'dispatched'
ORDER BY o.id
"""


@transaction.atomic
def propose_advice(*, by: Actor, scope: Scope, exercise: int | None = None) -> list[RerouteRun]:
    """Ask for new advice, for every matter whose orders in transit were told something that is no longer possible or
    no longer needed now that `scope` was closed or opened; return the runs. Nothing is told by itself.

    1. Take each matter that told orders in transit, one writer at a time.
    2. New advice that nobody approved yet gives way; while an approved one is under way there is none, since its wave
       looks again when it is applied.
    3. Freeze those that are to be told something else as a set of their own ("detour:<reference>"), so that the
       reference keeps its newest set, and let a worker propose it like any other reroute.
    Journals reroute.advice_wanted (and reroute.superseded). Raises NotAllowed.
    """
    by.require(Permission.APPROVE_REROUTE)
    told = RerouteRun.objects.filter(exercise=exercise, waves__zone=Zone.TRANSIT, waves__state=WaveState.APPLIED)
    references = told.exclude(state=RunState.ROLLED_BACK).values_list("reference", flat=True).distinct()
    runs = [advise_anew(reference, by, scope, exercise) for reference in sorted(references)]
    return [run for run in runs if run is not None]


def advise_anew(reference: str, by: Actor, scope: Scope, exercise: int | None) -> RerouteRun | None:
    place = f"detour:{reference}"[:64]
    lock_reference(place, exercise)
    runs = RerouteRun.objects.select_for_update(of=("self",)).filter(reference=reference, exercise=exercise)
    living = list(runs.filter(kind=RunKind.DETOUR).exclude(state__in=[*OVER, RunState.APPLIED]).order_by("pk"))
    if any(run.state not in UNDECIDED for run in living):
        return None
    last = runs.filter(waves__zone=Zone.TRANSIT).select_related("affected_set").order_by("-pk")[0]
    whole = Scope.from_json(last.affected_set.scope) | scope
    parameters = {"reference": reference, "exercise": exercise, "now": clock.now()}
    with connection.cursor() as cursor, advised(cursor, whole, LOOKED_AT, parameters) as advice:
        for run in living:
            supersede(run, by)
        if not advice["keys"]:
            return None
        frozen = freeze(place, whole, exercise)
        cursor.execute(FREEZE, {**parameters, **advice, "set": frozen.pk})
        frozen.orders = frozen.in_transit = cursor.rowcount
    frozen.save(update_fields=["orders", "in_transit"])
    run = queue_run(frozen, reference=reference, by=by, kind=RunKind.DETOUR, **terms_of(last))
    note(run, "advice_wanted", by, orders=frozen.orders)
    return run


def freeze(place: str, scope: Scope, exercise: int | None) -> AffectedSet:
    sets = AffectedSet.objects.filter(reference=place, exercise=exercise)
    return AffectedSet.objects.create(
        reference=place,
        version=(sets.aggregate(version=Max("version"))["version"] or 0) + 1,
        scope=scope.to_json(),
        exercise=exercise,
        frozen_at=clock.now(),
    )
