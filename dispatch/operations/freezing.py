"""Writing down which orders something hit, and what changed since that was last done."""

from __future__ import annotations

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.roles import Permission
from dispatch.bulk import hashing, prepare_for_bulk
from dispatch.models import AffectedSet
from dispatch.operations.closures import EmptyScope
from dispatch.operations.steps import lock_reference
from dispatch.queries.affected import read_figures
from dispatch.scope import Resolved, Scope, resolve
from journal import clock
from journal import operations as journal
from journal.refusal import Refusal

FREEZE = f"""
INSERT INTO dispatch_affectedorder (affected_set_id, order_id, order_version, warehouse_id, lane_id, carrier_id,
    in_transit)
SELECT %(set)s, o.id, o.version, o.warehouse_id, o.lane_id, o.carrier_id, o.state = 'dispatched'
FROM dispatch_order o
WHERE o.state = 'open' AND {Resolved.ORDERS} OR o.state = 'dispatched' AND {Resolved.IN_TRANSIT} ORDER BY o.id
"""
DIGEST = """
SELECT encode(sha256(convert_to(coalesce(string_agg(order_id || ':' || order_version, ',' ORDER BY order_id), ''),
    'UTF8')), 'hex') FROM dispatch_affectedorder WHERE affected_set_id = %s
"""
DIFFERENCE = """
SELECT count(*) FILTER (WHERE b.order_id IS NULL), count(*) FILTER (WHERE a.order_id IS NULL),
    count(*) FILTER (WHERE (a.order_version, a.warehouse_id, a.lane_id, a.in_transit)
        IS DISTINCT FROM (b.order_version, b.warehouse_id, b.lane_id, b.in_transit)
        AND a.order_id IS NOT NULL AND b.order_id IS NOT NULL)
FROM (SELECT * FROM dispatch_affectedorder WHERE affected_set_id = %(set)s) a
FULL JOIN (SELECT * FROM dispatch_affectedorder WHERE affected_set_id = %(before)s) b USING (order_id)
"""


class NotTheNewest(Refusal):
    """Only the newest set of a matter can be frozen again."""


@transaction.atomic
def freeze_affected(
    *, reference: str, scope: Scope, by: Actor, exercise: int | None = None, refresh: bool = False
) -> AffectedSet:
    """Write down which orders `scope` hits now, with their versions and allocations, and return the set: open orders,
    and those in transit into it or on its lanes and carriers, which can only be detoured. Held ones are left alone.

    A reference keeps its first set: a repeated call returns the newest one as it is. With `refresh` a new version is
    frozen, with its difference from the one before; older versions never change. An exercise freezes real orders and
    changes none of them. Journals dispatch.affected_frozen with the SHA-256 of "order:version,…" in id order.
    Raises EmptyScope, UnknownScope, NotAllowed.
    """
    by.require(Permission.DO_MEASURE)
    if not scope:
        raise EmptyScope(_("Name at least one region, warehouse, carrier or lane."))
    resolved = resolve(scope)
    lock_reference(reference, exercise)
    sets = AffectedSet.objects.filter(reference=reference, exercise=exercise)
    newest = sets.order_by("-version").first()
    if newest is not None and not refresh:
        return newest
    version = (sets.aggregate(version=Max("version"))["version"] or 0) + 1
    frozen = AffectedSet.objects.create(
        reference=reference, version=version, scope=scope.to_json(), exercise=exercise, frozen_at=clock.now()
    )
    with connection.cursor() as cursor:
        prepare_for_bulk(cursor)
        cursor.execute(FREEZE, {**resolved.parameters, "set": frozen.pk})
        frozen.orders = cursor.rowcount
        cursor.execute(DIGEST, [frozen.pk])
        digest = cursor.fetchone()[0]
        with hashing(cursor):
            if newest is not None:
                cursor.execute(DIFFERENCE, {"set": frozen.pk, "before": newest.pk})
                frozen.added, frozen.gone, frozen.changed = cursor.fetchone()
            frozen.figures = read_figures(cursor, frozen)
    frozen.in_transit = frozen.figures["in_transit"]
    frozen.save(update_fields=["orders", "in_transit", "added", "gone", "changed", "figures"])
    difference = {} if newest is None else {"added": frozen.added, "gone": frozen.gone, "changed": frozen.changed}
    journal.write(
        kind="dispatch.affected_frozen" if newest is None else "dispatch.affected_refreshed",
        subject=f"affected:{frozen.pk}",
        by=by,
        reference=reference,
        exercise=exercise,
        payload={
            "version": version,
            "orders": frozen.orders,
            "in_transit": frozen.in_transit,
            **difference,
            "scope": scope.mentions(),
            "sha256": digest,
        },
    )
    return frozen


@transaction.atomic
def refresh_affected(*, set_id: int, by: Actor) -> AffectedSet:
    """Freeze a new version of a set by the scope of the newest one; return it.

    Journals as freeze_affected does. Raises NotTheNewest when somebody else did so meanwhile, NotAllowed.
    """
    by.require(Permission.DO_MEASURE)
    frozen = AffectedSet.objects.get(pk=set_id)
    lock_reference(frozen.reference, frozen.exercise)
    sets = AffectedSet.objects.filter(reference=frozen.reference, exercise=frozen.exercise)
    if sets.filter(version__gt=frozen.version).exists():
        raise NotTheNewest(_("There is a newer version of these affected orders; look at that one."))
    return freeze_affected(
        reference=frozen.reference,
        scope=Scope.from_json(frozen.scope),
        by=by,
        exercise=frozen.exercise,
        refresh=True,
    )
