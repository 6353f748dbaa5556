"""Lanes and warehouses that still run, but with less than agreed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django_fsm import can_proceed

from accounts.actors import Actor
from accounts.roles import Permission
from dispatch.models import Lane, Warehouse
from dispatch.operations.closures import explained
from dispatch.operations.openings import locked as locked_warehouse
from dispatch.operations.steps import NETWORK
from journal import clock
from journal import operations as journal
from journal.refusal import Invalid, Refusal

WHY = ("running_share", "cause", "source", "expected_until")


class LaneStateRefused(Refusal):
    """The lane is in that state already; `legal` in the answer says what can be done."""


class BadShare(Invalid):
    """A share that still runs lies above 0 and at most at 1."""


@transaction.atomic
def degrade_lane(
    *,
    lane_id: int,
    by: Actor,
    share: float = 1.0,
    cause: str = "",
    source: str = "",
    expected_until: datetime | None = None,
) -> Lane:
    """Mark a lane as running with less than agreed: `share` of its capacity runs. Journals dispatch.lane_degraded.

    Raises LaneStateRefused, BadShare, BadExplanation, Lane.DoesNotExist, NotAllowed.
    """
    lane = locked(lane_id, by)
    if not can_proceed(lane.degrade):
        raise LaneStateRefused(_("This lane is degraded already."), legal=["restore"])
    lane.degrade()
    limit(lane, share, cause, source, expected_until)
    lane.save(update_fields=["state", *WHY])
    note("lane_degraded", by, lane=f"lane:{lane.pk}", share=round(100 * share))
    return lane


@transaction.atomic
def restore_lane(*, lane_id: int, by: Actor) -> Lane:
    """Mark a lane as running as agreed again. Journals dispatch.lane_restored.

    Raises LaneStateRefused, Lane.DoesNotExist, NotAllowed.
    """
    lane = locked(lane_id, by)
    if not can_proceed(lane.restore):
        raise LaneStateRefused(_("This lane runs as agreed already."), legal=["degrade"])
    lane.restore()
    limit(lane, 1.0, "", "", None)
    lane.save(update_fields=["state", *WHY])
    note("lane_restored", by, lane=f"lane:{lane.pk}")
    return lane


@transaction.atomic
def limit_warehouse(
    *,
    code: str,
    share: float,
    by: Actor,
    cause: str = "",
    source: str = "",
    expected_until: datetime | None = None,
) -> Warehouse:
    """Say which share of a warehouse's capacity runs now, and why; 1 means all of it again.

    Journals dispatch.warehouse_limited or dispatch.warehouse_unlimited.
    Raises UnknownWarehouse, BadShare, BadExplanation, NotAllowed.
    """
    house = locked_warehouse(code, by)
    limit(house, share, *(("", "", None) if share == 1 else (cause, source, expected_until)))
    house.save(update_fields=list(WHY))
    what = "warehouse_unlimited" if share == 1 else "warehouse_limited"
    note(what, by, warehouse=f"warehouse:{house.code}", share=round(100 * share))
    return house


def limit(thing: Lane | Warehouse, share: float, cause: str, source: str, until: datetime | None) -> None:
    if not 0 < share <= 1:
        raise BadShare(_("What still runs is more than nothing and at most everything."), field="share")
    why: dict[str, Any] = explained(cause, source, until, clock.now())
    thing.running_share = share
    thing.cause, thing.source, thing.expected_until = why["cause"], why["source"], why["expected_until"]


def note(what: str, by: Actor, **figures: object) -> None:
    journal.write(kind=f"dispatch.{what}", subject=NETWORK, by=by, payload=figures)


def locked(lane_id: int, by: Actor) -> Lane:
    by.require(Permission.APPROVE_REROUTE)
    lane = Lane.objects.select_related("warehouse").select_for_update(of=("self",)).get(pk=lane_id)
    by.require(Permission.APPROVE_REROUTE, region=lane.warehouse.region_id or "", warehouse=lane.warehouse_id)
    return lane
