"""Where goods lie, where they go, and on what terms they get there.

Money and weights are exact decimals without a fixed scale (PostgreSQL `numeric`): freight tables have bands such as
99.99–249.99 kg, and a rounded weight would fall into another band.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_fsm import FSMField, FSMModelMixin, transition

from accounts.naming import Named
from dispatch.models.decimals import ExactDecimalField
from dispatch.models.edited import Edited, Explained

SERVICES = {"standard": _("standard"), "express": _("express")}


def service_name(code: str) -> str:
    """A service level by name when it is one that everybody has, by its own code otherwise."""
    return str(SERVICES.get(code, code))


class RegionLevel(models.TextChoices):
    PROVINCE = "province", _("province")
    CITY = "city", _("city")
    DISTRICT = "district", _("district")
    PORT = "port", _("port")


class Region(Named):
    """A place that orders go to: a GB/T 2260 region by its six-digit code, or a place with a code of its own.

    `core` regions are served first when capacity is short. `lat`, `lon` are WGS84 degrees of a point inside it.
    """

    code = models.CharField(max_length=32, primary_key=True)
    level = models.CharField(max_length=16, choices=RegionLevel)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    lat = models.FloatField(null=True, blank=True)
    lon = models.FloatField(null=True, blank=True)
    core = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["code"]


class WarehouseKind(models.TextChoices):
    PRIMARY = "primary", _("primary")
    BACKUP = "backup", _("backup")
    TEMPORARY = "temporary", _("temporary")


class Warehouse(Edited, Explained, Named):
    """A place that orders leave from.

    `daily_capacity` is in orders a day, `unit_cost` the handling cost of one unit. With `full_assortment` it can
    serve any product; otherwise only those listed in WarehouseProduct. A warehouse that has CustomerRestriction rows
    is managed for those customers and serves nobody else.

    A `standby` one serves nobody until it is opened (WarehouseOpening), and can be used `lead_hours` after that.
    `running_share` is the part of its capacity that runs now; cause, source and expected end say why it is not all.
    """

    code = models.CharField(max_length=32, primary_key=True)
    kind = models.CharField(max_length=16, choices=WarehouseKind, default=WarehouseKind.PRIMARY)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, null=True, blank=True, related_name="warehouses")
    lat = models.FloatField(null=True, blank=True)
    lon = models.FloatField(null=True, blank=True)
    daily_capacity = models.PositiveIntegerField(default=0)
    unit_cost = ExactDecimalField(default=0)
    full_assortment = models.BooleanField(default=True)
    standby = models.BooleanField(default=False, db_default=False)
    lead_hours = models.PositiveSmallIntegerField(default=0, db_default=0)
    running_share = models.FloatField(default=1.0, db_default=1.0)

    class Meta:
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(running_share__gt=0, running_share__lte=1), name="warehouse_runs_at_a_share"
            ),
            models.CheckConstraint(condition=Q(unit_cost__gte=0), name="handling_cost_is_not_negative"),
        ]


class WarehouseProduct(models.Model):
    """A product that a warehouse without a full assortment makes or stocks."""

    warehouse = models.ForeignKey(Warehouse, on_delete=models.CASCADE, related_name="products")
    product = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["warehouse", "product"], name="one_row_per_warehouse_and_product"),
        ]

    def __str__(self) -> str:
        return f"{self.warehouse_id}: {self.product}"


class WarehousePort(models.Model):
    """A port or station where a warehouse hands its goods to carriers; a warehouse may have several."""

    warehouse = models.ForeignKey(Warehouse, on_delete=models.CASCADE, related_name="ports")
    port = models.CharField(max_length=32)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["warehouse", "port"], name="one_row_per_warehouse_and_port"),
        ]

    def __str__(self) -> str:
        return f"{self.warehouse_id}: {self.port}"


class CustomerRestriction(models.Model):
    """A customer for whom a customer-managed warehouse works."""

    warehouse = models.ForeignKey(Warehouse, on_delete=models.CASCADE, related_name="restrictions")
    customer_ref = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["warehouse", "customer_ref"], name="one_row_per_warehouse_and_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.warehouse_id}: {self.customer_ref}"


class Carrier(Edited, Named):
    """A partner who drives, flies or ships. It runs on the days of its `calendar`, every day without one."""

    code = models.CharField(max_length=32, primary_key=True)
    calendar = models.ForeignKey(
        "dispatch.WorkCalendar", on_delete=models.PROTECT, null=True, blank=True, related_name="carriers"
    )

    class Meta:
        ordering: ClassVar = ["code"]


class LaneState(models.TextChoices):
    OPEN = "open", pgettext_lazy("lane", "open")
    DEGRADED = "degraded", _("degraded")


class Mode(models.TextChoices):
    ROAD = "road", _("road")
    AIR = "air", _("air")
    RAIL = "rail", _("rail")
    SEA = "sea", _("sea")


class Lane(Edited, Explained, FSMModelMixin, models.Model):  # type: ignore[django-manager-missing]
    """A way from a warehouse to a region by a carrier at a service level, in one leg or several (LaneLeg).

    `origin` is the port it leaves from, blank when the warehouse has none. `daily_capacity` is in orders a day, None
    is no limit; its carrier's contract may promise less or more. Half of the orders arrive within `transit_hours`,
    nine in ten within `p90_hours` (None: not known). It runs on the days of its `calendar`, or of its carrier's.
    `risk` 0…1 is its own, lasting one (a mountain pass); warnings add to it (RegionRisk). While it is degraded,
    `running_share` of its capacity runs, and cause, source and expected end say why. Whether a lane is closed is
    never kept here: see LaneClosure and dispatch.queries.network.
    """

    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, related_name="lanes")
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="lanes")
    carrier = models.ForeignKey(Carrier, on_delete=models.PROTECT, related_name="lanes")
    service_level = models.CharField(max_length=16)
    origin = models.CharField(max_length=32, blank=True)
    mode = models.CharField(max_length=16, blank=True)
    transit_hours = models.PositiveIntegerField(default=24)
    cutoff = models.TimeField(null=True, blank=True)
    daily_capacity = models.PositiveIntegerField(null=True, blank=True)
    p90_hours = models.PositiveIntegerField(null=True, blank=True)
    calendar = models.ForeignKey(
        "dispatch.WorkCalendar", on_delete=models.PROTECT, null=True, blank=True, related_name="lanes"
    )
    risk = models.FloatField(default=0.0, db_default=0.0)
    running_share = models.FloatField(default=1.0, db_default=1.0)
    state = FSMField(max_length=16, choices=LaneState, default=LaneState.OPEN, protected=True)

    class Meta:
        ordering: ClassVar = ["warehouse_id", "region_id", "carrier_id", "service_level", "origin", "transit_hours"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(risk__gte=0, risk__lte=1), name="lane_risk_is_a_share"),
            models.CheckConstraint(condition=Q(running_share__gt=0, running_share__lte=1), name="lane_runs_at_a_share"),
            models.CheckConstraint(
                condition=Q(p90_hours=None) | Q(p90_hours__gte=F("transit_hours")), name="most_arrive_after_half_did"
            ),
            models.UniqueConstraint(
                fields=["warehouse", "region", "carrier", "service_level", "origin", "transit_hours"],
                name="one_lane_per_service",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.warehouse_id}→{self.region_id} {self.carrier_id} {self.service_level}"

    @transition(field=state, source=LaneState.OPEN, target=LaneState.DEGRADED)
    def degrade(self) -> None:
        """It still runs, but slower or with less room than agreed."""

    @transition(field=state, source=LaneState.DEGRADED, target=LaneState.OPEN)
    def restore(self) -> None:
        """It runs as agreed again."""


class LaneRate(models.Model):
    """What a lane costs for orders of `min_weight` ≤ weight ≤ `max_weight` kg (None: no upper end).

    Freight is max(`minimum`, `rate` × weight). Bands of a lane may overlap; the cheapest that fits is paid.
    """

    lane = models.ForeignKey(Lane, on_delete=models.CASCADE, related_name="rates")
    min_weight = ExactDecimalField(default=0)
    max_weight = ExactDecimalField(null=True, blank=True)
    minimum = ExactDecimalField(default=0)
    rate = ExactDecimalField(default=0)

    class Meta:
        ordering: ClassVar = ["lane_id", "min_weight", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(max_weight=None) | Q(max_weight__gte=F("min_weight")), name="weight_band_is_not_reversed"
            ),
            models.CheckConstraint(
                condition=Q(minimum__gte=0, rate__gte=0, min_weight__gte=0), name="freight_is_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.min_weight}–{self.max_weight} kg"
