"""Backup and temporary warehouses put to use, and what threatens regions."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from dispatch.models.network import Region, Warehouse


class WarehouseOpening(models.Model):
    """A standby warehouse is opened for `reference` by `opened_by`: usable from `usable_from` until `until` or until
    it is ended. `throughput` is what it takes, in orders a day. Rows with `exercise` are seen by that exercise only.
    """

    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="openings")
    reference = models.CharField(max_length=64)
    exercise = models.BigIntegerField(null=True, blank=True)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=64)
    usable_from = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    throughput = models.PositiveIntegerField()
    told_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["warehouse", "exercise"],
                condition=Q(ended_at=None),
                nulls_distinct=False,
                name="one_opening_per_warehouse_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(usable_from__gte=F("opened_at")), name="warehouse_is_usable_after_it_is_opened"
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gt=F("usable_from")), name="opening_ends_after_it_is_usable"
            ),
        ]

    def __str__(self) -> str:
        return f"warehouse {self.warehouse_id} for {self.reference}"


class RegionRisk(models.Model):
    """Something (a warning: `reference`) threatens a region until `until`; `risk` (0…1) falls on lanes there."""

    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="risks")
    reference = models.CharField(max_length=64)
    exercise = models.BigIntegerField(null=True, blank=True)
    risk = models.FloatField()
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["reference", "region", "exercise"],
                nulls_distinct=False,
                name="one_risk_per_reference_and_region",
            ),
            models.CheckConstraint(condition=Q(risk__gte=0, risk__lte=1), name="region_risk_is_a_share"),
        ]

    def __str__(self) -> str:
        return f"{self.region_id} {self.risk} {self.reference}"


class NetworkImport(models.Model):
    """A file that is to change the network, or did: how many things, and every value before and after.

    The file waits in `content` from its upload until it is applied; `complete`: what it lacks is to be retired.
    `changes` is [[kind, key, "add" | "change" | "retire", title, {field: [before, after]}], …] once applied.
    """

    made_at = models.DateTimeField()
    by = models.CharField(max_length=64)
    filename = models.CharField(max_length=200)
    content = models.BinaryField(default=b"")
    sha256 = models.CharField(max_length=64)
    complete = models.BooleanField(default=False)
    applied_at = models.DateTimeField(null=True, blank=True)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    retired = models.PositiveIntegerField(default=0)
    changes = models.JSONField(default=list)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(applied_at=None) | Q(content=b""), name="applied_file_is_not_kept"),
        ]

    def __str__(self) -> str:
        return f"{self.filename} {self.made_at:%Y-%m-%d %H:%M}"
