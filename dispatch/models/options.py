"""What else a run could do, and the capacity and stock that approved runs hold."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from dispatch.models.figures import PlanFigures
from dispatch.models.network import Lane, Warehouse
from dispatch.models.reroute import Goal, RerouteRun


class RerouteOption(PlanFigures):
    """A plan for a run's orders that strives for one goal.

    `plan` is the whole plan order by order, compressed
    (operations.options.pack), so that choosing it needs no new solve.
    """

    run = models.ForeignKey(RerouteRun, on_delete=models.CASCADE, related_name="options")
    goal = models.CharField(max_length=16, choices=Goal)
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
    def over_cap(self) -> bool:
        return self.costs_more_than(self.run.cost_cap)


class RerouteTally(models.Model):
    """What is counted of the plan for one of a run's goals (dispatch.tally): pictures are drawn from that, and parts of
    the plan are solved again by it. `members` are its orders by region."""

    run = models.ForeignKey(RerouteRun, on_delete=models.CASCADE, related_name="tallies", db_index=False)
    goal = models.CharField(max_length=16, choices=Goal)
    tally = models.BinaryField()
    members = models.BinaryField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "goal"], name="one_tally_per_run_and_goal"),
        ]

    def __str__(self) -> str:
        return f"tally of {self.goal} of reroute {self.run_id}"


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


class StockReservation(models.Model):
    """Units of a product that a wave of an approved run takes from a warehouse, for orders that are not there yet.

    Made at approval where the stock is known. `used_position` is the journal's position of the wave once it is applied:
    from then on the units are gone, and are held only until the order system tells a figure that knows of it.
    `released_at` is when it did, or when the wave was dropped or taken back. Runs of an exercise reserve nothing.
    """

    run = models.ForeignKey(RerouteRun, on_delete=models.CASCADE, related_name="stock_reservations", db_index=False)
    wave = models.PositiveSmallIntegerField()
    warehouse = models.ForeignKey(Warehouse, on_delete=models.CASCADE, related_name="+", db_index=False)
    product = models.CharField(max_length=64)
    units = models.BigIntegerField()
    used_position = models.BigIntegerField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["warehouse", "product"], condition=Q(released_at=None), name="held_stock_by_place"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["run", "wave", "warehouse", "product"], name="one_stock_reservation_per_wave_and_place"
            ),
            models.CheckConstraint(condition=Q(units__gte=0), name="reserved_stock_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.units} of {self.product} in {self.warehouse_id} for reroute {self.run_id}"
