"""How many orders lie on each way through the network, counted now and then for pages that cannot count them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from journal.models import Leased


class LoadCount(Leased):
    """The counting itself, one row: `counted_at` is when what NetworkLoad holds was counted, `seconds` how long that
    took."""

    counted_at = models.DateTimeField(null=True, blank=True)
    seconds = models.FloatField(default=0)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(pk=1), name="one_load_count")]

    def __str__(self) -> str:
        return f"counted {self.counted_at}"


class NetworkLoad(models.Model):
    """`open` orders of one destination and allocation, and how many are `leaving` on the day of the count: open ones
    not planned for later, and those that left already. Its columns are named like those of the orders."""

    region_id = models.CharField(max_length=32)
    warehouse_id = models.CharField(max_length=32, null=True)  # noqa: DJ001 - an order without one has NULL as well
    carrier_id = models.CharField(max_length=32, null=True)  # noqa: DJ001
    lane_id = models.BigIntegerField(null=True)
    open = models.IntegerField()
    leaving = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.region_id} by lane {self.lane_id}: {self.open}"
