"""What else a run could do, and the capacity that approved runs hold."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q

from dispatch.models.network import Lane, Warehouse
from dispatch.models.reroute import Goal, RerouteRun


class RerouteOption(models.Model):
    """A plan for a run's orders that strives for one goal, with the figures that RerouteRun has of its chosen one.

    `moved` orders get another way than they have today. `plan` is the whole plan order by order, compressed
    (operations.options.pack), so that choosing it needs no new solve.
    """

    run = models.ForeignKey(RerouteRun, on_delete=models.CASCADE, related_name="options")
    goal = models.CharField(max_length=16, choices=Goal)
    orders = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    moved = models.PositiveIntegerField(default=0)
    assigned = models.PositiveIntegerField(default=0)
    by_reason = models.JSONField(default=dict)
    cost_before = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    compared_after = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    cost_after = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    on_time_before = models.FloatField(null=True, blank=True)
    on_time_after = models.FloatField(null=True, blank=True)
    objective = models.BigIntegerField(null=True, blank=True)
    bound = models.BigIntegerField(null=True, blank=True)
    scale = models.PositiveIntegerField(default=1)
    penalty_unit = models.BigIntegerField(null=True, blank=True)
    gap = models.FloatField(null=True, blank=True)
    rounding = models.DecimalField(max_digits=14, decimal_places=6, null=True, blank=True)
    exact = models.BooleanField(default=True)
    classes = models.PositiveIntegerField(default=0)
    arcs = models.PositiveIntegerField(default=0)
    prices = models.JSONField(default=dict)
    offered = models.JSONField(default=dict)
    seconds = models.JSONField(default=dict)
    solved_at = models.DateTimeField()
    plan = models.BinaryField()

    class Meta:
        ordering: ClassVar = ["run_id", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "goal"], name="one_option_per_run_and_goal"),
        ]

    def __str__(self) -> str:
        return f"{self.goal} of reroute {self.run_id}"

    @property
    def unroutable(self) -> int:
        return self.orders - self.assigned

    @property
    def cost_change(self) -> Decimal | None:
        """As RerouteRun.cost_change."""
        if not self.cost_before or self.compared_after is None:
            return None
        return self.compared_after / self.cost_before - 1

    @property
    def over_cap(self) -> bool:
        cap = self.run.cost_cap
        return cap is not None and self.cost_change is not None and self.cost_change > cap


class CapacityReservation(models.Model):
    """Orders that a wave of an approved run will put on a lane, or into a warehouse, on a day.

    Made at approval, `released_at` once the wave is applied (its orders then count by themselves), dropped or given
    up. Runs of an exercise reserve nothing.
    """

    run = models.ForeignKey(RerouteRun, on_delete=models.CASCADE, related_name="reservations", db_index=False)
    wave = models.PositiveSmallIntegerField()
    lane = models.ForeignKey(Lane, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    day = models.DateField()
    orders = models.PositiveIntegerField()
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["lane", "day"], condition=Q(released_at=None), name="held_capacity_by_lane"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(lane=None, warehouse__isnull=False) | Q(lane__isnull=False, warehouse=None),
                name="reservation_is_of_a_lane_or_a_warehouse",
            ),
            models.UniqueConstraint(
                fields=["run", "wave", "day", "lane", "warehouse"],
                nulls_distinct=False,
                name="one_reservation_per_wave_day_and_way",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.orders} of reroute {self.run_id} on {self.lane_id or self.warehouse_id}, {self.day}"
