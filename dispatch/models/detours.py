"""What is proposed for orders that have left already."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dispatch.models.hubs import Hub
from dispatch.models.network import Lane
from dispatch.models.orders import Order
from dispatch.models.reroute import AssignmentKind, RerouteRun

STEPS = (AssignmentKind.DETOUR, AssignmentKind.HOLD, AssignmentKind.TURN_BACK, AssignmentKind.RESUME)


class DetourReason(models.TextChoices):
    """Why an order on the way is told this."""

    WAY = "way", _("another lane passes the same hub and is open from there")
    NO_WAY = "no_way", _("no other open lane passes a hub that it still reaches")
    UNKNOWN = "unknown", _("nobody told where it is: no time of dispatch, or legs without hours")
    ARRIVED = "arrived", _("by the hours of its legs it should have arrived")
    BEHIND = "behind", _("its way is closed before the next stop; behind it lies only its warehouse")
    REFUSED = "refused", _("the order system refused the last instruction")
    OPEN = "open", _("the way ahead is open again")


class Detour(models.Model):
    """What a run proposes for an order in transit: it can only go on differently from where it is.

    `step`: detour (at `hub`, then by `lane`), hold (at `hub`; without one the carrier must be asked where it is),
    turn_back (to its warehouse) or resume (an earlier hold is over). Orders that may simply go on have no row.
    `leg` is the leg it should be on by the hours since it left, one more than the lane has when it should have
    arrived, None when that is not known; it is a leg of the lane `by` that it was sent by before, else of its own.
    `since` is the last assignment that told it anything before: one told anything later is left alone.
    Written by one INSERT … SELECT; foreign keys are not checked row by row.
    """

    pk = models.CompositePrimaryKey("run_id", "order_id")
    run = models.ForeignKey(
        RerouteRun, on_delete=models.CASCADE, related_name="detours", db_constraint=False, db_index=False
    )
    order = models.ForeignKey(
        Order, on_delete=models.DO_NOTHING, related_name="detours", db_constraint=False, db_index=False
    )
    order_version = models.BigIntegerField()
    wave = models.SmallIntegerField()
    step = models.CharField(max_length=12, choices=AssignmentKind)
    hub = models.ForeignKey(
        Hub, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    lane = models.ForeignKey(
        Lane, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    leg = models.SmallIntegerField(null=True)
    by = models.ForeignKey(
        Lane, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    since = models.BigIntegerField(null=True)
    why = models.CharField(max_length=12, choices=DetourReason)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(step__in=STEPS), name="detour_step_is_known"),
            models.CheckConstraint(
                condition=~Q(step="detour") | Q(hub__isnull=False, lane__isnull=False), name="detour_has_its_way"
            ),
        ]

    def __str__(self) -> str:
        return f"reroute {self.run_id}, order {self.order_id}: {self.step}"
