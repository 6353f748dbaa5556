"""Closing a part of the network, opening it again, and freezing which orders that hit."""

from __future__ import annotations

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.actors import Actor, NotAllowed
from accounts.roles import Permission
from dispatch.models import AffectedSet, Warehouse
from dispatch.scope import Resolved, Scope, resolve, six_digits
from journal import clock
from journal import operations as journal
from journal.refusal import Invalid

NETWORK = "network"  # the journal's subject for what happens to the network as a whole


class EmptyScope(Invalid):
    """A scope that names nothing cannot be closed."""


def lock_reference(reference: str, exercise: int | None) -> None:
    """One writer at a time for the closures and affected sets of a reference."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"dispatch:{reference}:{exercise or ''}"]
        )


def require_for(by: Actor, permission: str, scope: Scope) -> None:
    """`by` needs the permission in every part of the scope. Carriers and lanes reach beyond any region or warehouse, a
    region beyond any one warehouse."""
    by.require(permission)
    for code in scope.regions:
        by.require(permission, region=six_digits(code))
    homes = Warehouse.objects.filter(code__in=scope.warehouses).values_list("code", "region_id")
    for code, region in homes:
        by.require(permission, region=region or "", warehouse=code)
    if ((scope.carriers or scope.lanes) and (by.regions or by.warehouses)) or (scope.regions and by.warehouses):
        raise NotAllowed(by, permission)


CLOSE_LANES = f"""
INSERT INTO dispatch_laneclosure (lane_id, reference, exercise, closed_at)
SELECT l.id, %(reference)s, %(exercise)s::bigint, %(now)s FROM dispatch_lane l WHERE {Resolved.LANES} ORDER BY l.id
ON CONFLICT (lane_id, reference, exercise) WHERE opened_at IS NULL DO NOTHING
"""
CLOSE_WAREHOUSES = """
INSERT INTO dispatch_warehouseclosure (warehouse_id, reference, exercise, closed_at)
SELECT code, %(reference)s, %(exercise)s::bigint, %(now)s FROM dispatch_warehouse
WHERE code = ANY(%(warehouses)s::varchar[]) ORDER BY code
ON CONFLICT (warehouse_id, reference, exercise) WHERE opened_at IS NULL DO NOTHING
"""


@transaction.atomic
def close_scope(*, reference: str, scope: Scope, by: Actor, exercise: int | None = None) -> int:
    """Close every lane and warehouse of `scope` for `reference`; return how many lanes this call closed.

    Lanes that are closed for the reference already stay as they are, so that a repeated call closes nothing and says
    nothing. Journals dispatch.scope_closed. Raises EmptyScope, UnknownScope, NotAllowed.
    """
    require_for(by, Permission.APPROVE_REROUTE, scope)
    if not scope:
        raise EmptyScope(_("Name at least one region, warehouse, carrier or lane to close."))
    resolved = resolve(scope)
    lock_reference(reference, exercise)
    parameters = {**resolved.parameters, "reference": reference, "exercise": exercise, "now": clock.now()}
    with connection.cursor() as cursor:
        cursor.execute(CLOSE_LANES, parameters)
        lanes = cursor.rowcount
        cursor.execute(CLOSE_WAREHOUSES, parameters)
        warehouses = cursor.rowcount
    if lanes or warehouses:
        journal.write(
            kind="dispatch.scope_closed",
            subject=NETWORK,
            by=by,
            reference=reference,
            exercise=exercise,
            payload={"scope": scope.mentions(), "lanes": lanes, "warehouses": warehouses},
        )
    return lanes


REOPEN = """
UPDATE {table} SET opened_at = %(now)s
WHERE reference = %(reference)s AND exercise IS NOT DISTINCT FROM %(exercise)s AND opened_at IS NULL
"""


@transaction.atomic
def reopen_scope(*, reference: str, by: Actor, exercise: int | None = None) -> int:
    """End every closure of `reference`; return how many lanes that freed. A lane closed for another reference as well
    stays closed.

    Journals dispatch.scope_reopened, nothing when nothing was closed. Raises NotAllowed.
    """
    by.require(Permission.APPROVE_REROUTE)
    lock_reference(reference, exercise)
    parameters = {"reference": reference, "exercise": exercise, "now": clock.now()}
    with connection.cursor() as cursor:
        cursor.execute(REOPEN.format(table="dispatch_laneclosure"), parameters)
        lanes = cursor.rowcount
        cursor.execute(REOPEN.format(table="dispatch_warehouseclosure"), parameters)
        warehouses = cursor.rowcount
    if lanes or warehouses:
        journal.write(
            kind="dispatch.scope_reopened",
            subject=NETWORK,
            by=by,
            reference=reference,
            exercise=exercise,
            payload={"lanes": lanes, "warehouses": warehouses},
        )
    return lanes


FREEZE = f"""
INSERT INTO dispatch_affectedorder (affected_set_id, order_id, order_version, warehouse_id, lane_id, carrier_id)
SELECT %(set)s, o.id, o.version, o.warehouse_id, o.lane_id, o.carrier_id
FROM dispatch_order o WHERE o.state = 'open' AND {Resolved.ORDERS} ORDER BY o.id
"""
DIGEST = """
SELECT encode(sha256(convert_to(coalesce(string_agg(order_id || ':' || order_version, ',' ORDER BY order_id), ''),
    'UTF8')), 'hex') FROM dispatch_affectedorder WHERE affected_set_id = %s
"""


@transaction.atomic
def freeze_affected(
    *, reference: str, scope: Scope, by: Actor, exercise: int | None = None, refresh: bool = False
) -> AffectedSet:
    """Write down which open orders `scope` hits now, with their versions and allocations, and return the set.

    A reference keeps its first set: a repeated call returns the newest one as it is. With `refresh` a new version is
    frozen; older versions never change. An exercise freezes real orders and changes none of them.
    Journals dispatch.affected_frozen with the SHA-256 of "order:version,…" in id order.
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
        cursor.execute(FREEZE, {**resolved.parameters, "set": frozen.pk})
        frozen.orders = cursor.rowcount
        cursor.execute(DIGEST, [frozen.pk])
        digest = cursor.fetchone()[0]
    frozen.save(update_fields=["orders"])
    journal.write(
        kind="dispatch.affected_frozen",
        subject=f"affected:{frozen.pk}",
        by=by,
        reference=reference,
        exercise=exercise,
        payload={"version": version, "orders": frozen.orders, "scope": scope.mentions(), "sha256": digest},
    )
    return frozen
