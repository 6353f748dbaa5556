"""What the order system would not do, and which days the forecast leaves out."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.naming import Named
from dispatch.models.network import Lane, Warehouse
from dispatch.models.orders import Order


class RefusedLane(models.Model):
    """The order system refused to move this order there: no later run proposes the same way for the same version.

    `lane` None: over the counter of `warehouse`. `restored`: the order was put back to where the frozen set found it;
    otherwise it had moved on by itself. `assignment` and `run` are those that were refused.
    """

    order = models.ForeignKey(Order, on_delete=models.DO_NOTHING, related_name="refused", db_constraint=False)
    order_version = models.BigIntegerField()
    lane = models.ForeignKey(
        Lane, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    warehouse = models.ForeignKey(
        Warehouse, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    assignment_id = models.BigIntegerField(unique=True)
    run_id = models.BigIntegerField(db_index=True)
    reason = models.CharField(max_length=200)
    restored = models.BooleanField()
    refused_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(reason=""), name="refused_lane_has_its_reason"),
        ]

    def __str__(self) -> str:
        return f"order {self.order_id} not over lane {self.lane_id}"


class AnswerCount(models.Model):
    """How many assignments of a run the order system has accepted and refused: counted as they are answered, because
    a run may have a million."""

    run_id = models.BigIntegerField(primary_key=True)
    accepted = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    answered_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"reroute {self.run_id}: {self.accepted} accepted, {self.refused} refused"


class Promotion(Named):
    """Days of every year on which people buy as on no other day (618, 双11), eves included: they say nothing about an
    ordinary week, so that baselines leave them out. `factor` is how many times an ordinary day's orders they bring,
    for the forecast of such a day itself; None where nobody knows."""

    first_month = models.PositiveSmallIntegerField()
    first_day = models.PositiveSmallIntegerField()
    last_month = models.PositiveSmallIntegerField()
    last_day = models.PositiveSmallIntegerField()
    factor = models.FloatField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["first_month", "first_day"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(first_month__range=(1, 12), last_month__range=(1, 12))
                & Q(first_day__range=(1, 31), last_day__range=(1, 31)),
                name="promotion_days_are_days",
            ),
        ]
