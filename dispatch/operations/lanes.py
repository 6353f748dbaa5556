"""A lane that still runs, but with less than agreed."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _
from django_fsm import can_proceed

from accounts.actors import Actor
from accounts.roles import Permission
from dispatch.models import Lane
from dispatch.operations.closures import NETWORK
from journal import operations as journal
from journal.refusal import Refusal


class LaneStateRefused(Refusal):
    """The lane is in that state already; `legal` in the answer says what can be done."""


@transaction.atomic
def degrade_lane(*, lane_id: int, by: Actor) -> Lane:
    """Mark a lane as running with less than agreed. Journals dispatch.lane_degraded.

    Raises LaneStateRefused, Lane.DoesNotExist, NotAllowed.
    """
    lane = locked(lane_id, by)
    if not can_proceed(lane.degrade):
        raise LaneStateRefused(_("This lane is degraded already."), legal=["restore"])
    lane.degrade()
    lane.save(update_fields=["state"])
    journal.write(kind="dispatch.lane_degraded", subject=NETWORK, by=by, payload={"lane": f"lane:{lane.pk}"})
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
    lane.save(update_fields=["state"])
    journal.write(kind="dispatch.lane_restored", subject=NETWORK, by=by, payload={"lane": f"lane:{lane.pk}"})
    return lane


def locked(lane_id: int, by: Actor) -> Lane:
    by.require(Permission.APPROVE_REROUTE)
    lane = Lane.objects.select_related("warehouse").select_for_update(of=("self",)).get(pk=lane_id)
    by.require(Permission.APPROVE_REROUTE, region=lane.warehouse.region_id or "", warehouse=lane.warehouse_id)
    return lane
