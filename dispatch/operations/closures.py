"""Closing a part of the network, opening it again, and freezing which orders that hit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor, NotAllowed
from accounts.roles import Permission
from dispatch.models import Cause, Hub, Warehouse
from dispatch.operations.readvice import propose_advice
from dispatch.operations.returns import propose_return
from dispatch.operations.steps import NETWORK, lock_reference, moment
from dispatch.queries.network import open_closures
from dispatch.scope import Resolved, Scope, resolve, six_digits
from journal import clock
from journal import operations as journal
from journal.refusal import Invalid, Refusal


class EmptyScope(Invalid):
    """A scope that names nothing cannot be closed."""


class BadExplanation(Invalid):
    """A cause, source or expected end that cannot be used; `field` says which."""


class NothingClosed(Refusal):
    """There is no closure that could be explained."""


def require_for(by: Actor, permission: str, scope: Scope) -> None:
    """`by` needs the permission in every part of the scope. Carriers and lanes reach beyond any region or warehouse, a
    region beyond any one warehouse."""
    by.require(permission)
    for code in scope.regions:
        by.require(permission, region=six_digits(code))
    homes = Warehouse.objects.filter(code__in=scope.warehouses).values_list("code", "region_id")
    for code, region in homes:
        by.require(permission, region=region or "", warehouse=code)
    for region in Hub.objects.filter(code__in=scope.hubs).values_list("region_id", flat=True):
        by.require(permission, region=region or "")
        if by.warehouses or (by.regions and not region):
            raise NotAllowed(by, permission)
    if ((scope.carriers or scope.lanes) and (by.regions or by.warehouses)) or (scope.regions and by.warehouses):
        raise NotAllowed(by, permission)


CLOSE_LANES = f"""
INSERT INTO dispatch_laneclosure (lane_id, {{columns}})
SELECT l.id, {{values}} FROM dispatch_lane l WHERE {Resolved.LANES} AND l.retired_at IS NULL ORDER BY l.id
ON CONFLICT (lane_id, reference, exercise) WHERE opened_at IS NULL DO NOTHING
"""
CLOSE_WAREHOUSES = """
INSERT INTO dispatch_warehouseclosure (warehouse_id, {columns})
SELECT code, {values} FROM dispatch_warehouse WHERE code = ANY(%(warehouses)s::varchar[]) ORDER BY code
ON CONFLICT (warehouse_id, reference, exercise) WHERE opened_at IS NULL DO NOTHING
"""
CLOSE_HUBS = """
INSERT INTO dispatch_hubclosure (hub_id, {columns})
SELECT code, {values} FROM dispatch_hub WHERE code = ANY(%(hubs)s::varchar[]) ORDER BY code
ON CONFLICT (hub_id, reference, exercise) WHERE opened_at IS NULL DO NOTHING
"""
COLUMNS = "reference, exercise, closed_at, cause, source, expected_until"
VALUES = "%(reference)s, %(exercise)s::bigint, %(now)s, %(cause)s, %(source)s, %(expected_until)s::timestamptz"


@transaction.atomic
def close_scope(
    *,
    reference: str,
    scope: Scope,
    by: Actor,
    exercise: int | None = None,
    cause: str = "",
    source: str = "",
    expected_until: datetime | None = None,
) -> int:
    """Close everything in `scope` for `reference`; return how many lanes this call closed.

    Orders on the way whose instruction that makes impossible get new advice proposed (propose_advice).
    Lanes, warehouses and hubs are closed; a lane through a closed hub or road is closed for as long as that is.
    What is closed for the reference already stays as it is, so that a repeated call closes nothing and says
    nothing. `cause` is a dispatch.models.Cause, `source` who says so. Journals dispatch.scope_closed.
    Raises EmptyScope, UnknownScope, BadExplanation, NotAllowed.
    """
    require_for(by, Permission.APPROVE_REROUTE, scope)
    if not scope:
        raise EmptyScope(_("Name at least one region, warehouse, carrier, hub or lane to close."))
    resolved = resolve(scope)
    lock_reference(reference, exercise)
    now = clock.now()
    parameters = {
        **resolved.parameters,
        "lanes": resolved.named_lanes,
        "reference": reference,
        "exercise": exercise,
        "now": now,
        **explained(cause, source, expected_until, now),
    }
    before = open_closures(reference, exercise)
    with connection.cursor() as cursor:
        cursor.execute(CLOSE_LANES.format(columns=COLUMNS, values=VALUES), parameters)
        cursor.execute(CLOSE_WAREHOUSES.format(columns=COLUMNS, values=VALUES), parameters)
        warehouses = cursor.rowcount
        cursor.execute(CLOSE_HUBS.format(columns=COLUMNS, values=VALUES), parameters)
        hubs = cursor.rowcount
    lanes = open_closures(reference, exercise) - before
    if lanes or warehouses or hubs:
        journal.write(
            kind="dispatch.scope_closed",
            subject=NETWORK,
            by=by,
            reference=reference,
            exercise=exercise,
            payload={
                "scope": scope.mentions(),
                "lanes": lanes,
                "warehouses": warehouses,
                "hubs": hubs,
                "cause": f"cause:{cause}" if cause else "",
                "expected_until": expected_until,
            },
        )
        propose_advice(by=by, scope=scope, exercise=exercise)
    return lanes


def explained(cause: str, source: str, until: datetime | None, now: datetime) -> dict[str, Any]:
    """Why something is closed or limited, checked. Raises BadExplanation."""
    if cause and cause not in Cause.values:
        raise BadExplanation(_("“%(cause)s” is not a known cause.") % {"cause": cause[:40]}, field="cause")
    if len(source) > 120 or not source.isprintable():
        raise BadExplanation(_("Say in at most 120 characters who says so."), field="source")
    if until is not None and until <= now:
        raise BadExplanation(_("The expected end must lie ahead."), field="expected_until")
    return {"cause": cause, "source": source, "expected_until": until}


EXPLAIN = """
UPDATE {table} SET cause = %(cause)s, source = %(source)s, expected_until = %(expected_until)s
WHERE reference = %(reference)s AND exercise IS NOT DISTINCT FROM %(exercise)s AND opened_at IS NULL
"""
TABLES = ("dispatch_laneclosure", "dispatch_warehouseclosure", "dispatch_hubclosure")


@transaction.atomic
def explain_closure(
    *,
    reference: str,
    by: Actor,
    cause: str = "",
    source: str = "",
    expected_until: datetime | None = None,
    exercise: int | None = None,
) -> int:
    """Say why what is closed for `reference` is closed, who says so and how long it may last; return how many rows.

    Journals dispatch.closure_explained. Raises NothingClosed, BadExplanation, NotAllowed.
    """
    by.require(Permission.APPROVE_REROUTE)
    lock_reference(reference, exercise)
    values = explained(cause, source, expected_until, clock.now())
    found = 0
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(EXPLAIN.format(table=table), {**values, "reference": reference, "exercise": exercise})
            found += cursor.rowcount
    if not found:
        raise NothingClosed(_("Nothing is closed for this any more."))
    journal.write(
        kind="dispatch.closure_explained",
        subject=NETWORK,
        by=by,
        reference=reference,
        exercise=exercise,
        payload={"cause": f"cause:{cause}", "source": source, "expected_until": moment(expected_until)},
    )
    return found


REOPEN = """
UPDATE {table} SET opened_at = %(now)s
WHERE reference = %(reference)s AND exercise IS NOT DISTINCT FROM %(exercise)s AND opened_at IS NULL
"""


@transaction.atomic
def reopen_scope(*, reference: str, by: Actor, exercise: int | None = None) -> int:
    """End every closure of `reference`; return how many lanes that freed. A lane closed for another reference as well
    stays closed.

    Orders that were moved away for it get a proposal to return (dispatch.operations.propose_return), those that wait on
    the way new advice (propose_advice).
    Journals dispatch.scope_reopened, nothing when nothing was closed. Raises NotAllowed.
    """
    by.require(Permission.APPROVE_REROUTE)
    lock_reference(reference, exercise)
    parameters = {"reference": reference, "exercise": exercise, "now": clock.now()}
    before = open_closures(reference, exercise)
    changed = []
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(REOPEN.format(table=table), parameters)
            changed.append(cursor.rowcount)
    lanes, warehouses, hubs = before - open_closures(reference, exercise), *changed[1:]
    if any(changed):
        propose_return(reference=reference, by=by, exercise=exercise)
        propose_advice(by=by, scope=Scope(), exercise=exercise)
        journal.write(
            kind="dispatch.scope_reopened",
            subject=NETWORK,
            by=by,
            reference=reference,
            exercise=exercise,
            payload={"lanes": lanes, "warehouses": warehouses, "hubs": hubs},
        )
    return lanes
