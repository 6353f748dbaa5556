"""What is closed and why, and which orders that hit. Rows only: nothing of it is a flag on a lane or an order."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from dispatch.models.edited import Closure
from dispatch.models.network import Carrier, Lane, Warehouse
from dispatch.models.orders import Order


class LaneClosure(Closure):
    """A lane is closed for a matter."""

    lane = models.ForeignKey(Lane, on_delete=models.PROTECT, related_name="closures")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["reference"], condition=Q(opened_at=None), name="open_closure_by_reference"),
            models.Index(fields=["closed_at"], name="closure_by_time"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["lane", "reference", "exercise"],
                condition=Q(opened_at=None),
                nulls_distinct=False,
                name="one_open_closure_per_lane_and_reference",
            ),
        ]

    def __str__(self) -> str:
        return f"lane {self.lane_id} for {self.reference}"


class WarehouseClosure(Closure):
    """A warehouse is closed as a whole: it may not even serve orders that need no lane."""

    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="closures")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["warehouse", "reference", "exercise"],
                condition=Q(opened_at=None),
                nulls_distinct=False,
                name="one_open_closure_per_warehouse_and_reference",
            ),
        ]

    def __str__(self) -> str:
        return f"warehouse {self.warehouse_id} for {self.reference}"


class AffectedSet(models.Model):
    """The orders that a scope hit, frozen at `frozen_at`. A refresh makes a new `version`; sets never change.

    `scope` is Scope.to_json(), `orders` the number of rows in AffectedOrder, of which `in_transit` had left already.
    `added`, `gone` and `changed` count the difference from the version before, None for the first one. `figures` are
    what dispatch.queries.affected reads of it.
    """

    reference = models.CharField(max_length=64)
    version = models.PositiveIntegerField()
    scope = models.JSONField()
    exercise = models.BigIntegerField(null=True, blank=True)
    frozen_at = models.DateTimeField()
    orders = models.PositiveIntegerField(default=0)
    in_transit = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(null=True, blank=True)
    gone = models.PositiveIntegerField(null=True, blank=True)
    changed = models.PositiveIntegerField(null=True, blank=True)
    figures = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering: ClassVar = ["reference", "version"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["reference", "exercise", "version"],
                nulls_distinct=False,
                name="one_affected_set_per_reference_and_version",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} v{self.version}"


class AffectedOrder(models.Model):
    """An order of an affected set, with its version and allocation as they were when the set was frozen.

    `in_transit`: it had been dispatched, so it can only be detoured and never gets another warehouse.
    Written by one INSERT … SELECT over the orders; foreign keys are not checked again row by row.
    """

    pk = models.CompositePrimaryKey("affected_set_id", "order_id")
    affected_set = models.ForeignKey(
        AffectedSet, on_delete=models.CASCADE, related_name="rows", db_constraint=False, db_index=False
    )
    order = models.ForeignKey(
        Order, on_delete=models.DO_NOTHING, related_name="affected_rows", db_constraint=False, db_index=False
    )
    order_version = models.BigIntegerField()
    warehouse = models.ForeignKey(
        Warehouse, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    lane = models.ForeignKey(
        Lane, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    carrier = models.ForeignKey(
        Carrier, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )

    in_transit = models.BooleanField(default=False, db_default=False)

    def __str__(self) -> str:
        return f"{self.affected_set_id}: {self.order_id}"
