"""What came in and must be remembered beside the orders themselves: events, early rows, and stock."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from dispatch.models.network import Warehouse


class IntakeEvent(models.Model):
    """The inbox: an event that was used, so that the same one is never used again. `event_id` is the event's own."""

    source = models.CharField(max_length=255)
    event_id = models.CharField(max_length=255)
    received_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["received_at"], name="intake_event_by_age")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "event_id"], name="one_intake_event_per_source_and_id"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.event_id}"


class EarlyStatus(models.Model):
    """A status update that came before its order, kept until the whole order comes. It holds no personal data.

    Two transactions may miss each other, one bringing the order, the other its status: `due_at` is when a sweep looks
    whether the order has come, None when nothing can be missed any more.
    """

    external_id = models.CharField(max_length=64)
    version = models.BigIntegerField()
    row = models.JSONField()
    received_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="early_status_due"),
            models.Index(fields=["received_at"], name="early_status_by_age"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["external_id", "version"], name="one_early_status_per_order_and_version"),
        ]

    def __str__(self) -> str:
        return f"{self.external_id} v{self.version}"


class Stock(models.Model):
    """How many units of a product a warehouse has to give, as the order system last said; a higher version wins.

    A warehouse and product without a row is not known to have or lack stock.
    """

    warehouse = models.ForeignKey(Warehouse, on_delete=models.CASCADE, related_name="stock", db_index=False)
    product = models.CharField(max_length=64)
    quantity = models.BigIntegerField()
    version = models.BigIntegerField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["warehouse_id", "product"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["warehouse", "product"], name="one_stock_row_per_warehouse_and_product"),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="stock_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.warehouse_id}: {self.product}"
