"""What a lane passes on its way, leg by leg."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.naming import Named
from dispatch.models.edited import Closure, Edited
from dispatch.models.network import Lane, Mode, Region


class HubKind(models.TextChoices):
    SORTING = "sorting", _("sorting hub")
    AIRPORT = "airport", _("airport")
    SEAPORT = "seaport", _("seaport")
    RAIL = "rail", _("rail station")
    ROAD = "road", _("road section")


class Hub(Edited, Named):
    """A place that lanes go through, or a road that they use: closed, it closes every lane with a leg to or along it.

    `daily_capacity` is what it can turn over in orders a day, None when nobody counts.
    """

    code = models.CharField(max_length=32, primary_key=True)
    kind = models.CharField(max_length=8, choices=HubKind)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, null=True, blank=True, related_name="hubs")
    lat = models.FloatField(null=True, blank=True)
    lon = models.FloatField(null=True, blank=True)
    daily_capacity = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["code"]


class LaneLeg(models.Model):
    """One leg of a lane: by `mode` to `hub`, or to the destination when there is none, along `road` if it needs one.

    A lane without legs goes straight. `position` counts from 1.
    """

    lane = models.ForeignKey(Lane, on_delete=models.CASCADE, related_name="legs")
    position = models.PositiveSmallIntegerField()
    mode = models.CharField(max_length=16, choices=Mode)
    hub = models.ForeignKey(Hub, on_delete=models.PROTECT, null=True, blank=True, related_name="legs")
    road = models.ForeignKey(Hub, on_delete=models.PROTECT, null=True, blank=True, related_name="road_legs")
    hours = models.PositiveSmallIntegerField(null=True, blank=True)
    km = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["lane_id", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["lane", "position"], name="one_leg_per_lane_and_position"),
        ]

    def __str__(self) -> str:
        return f"{self.lane_id}.{self.position} {self.mode} {self.hub_id or '→'}"


class HubClosure(Closure):
    """A hub is closed for a matter; the lanes through it are found, not written down."""

    hub = models.ForeignKey(Hub, on_delete=models.PROTECT, related_name="closures")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["hub", "reference", "exercise"],
                condition=Q(opened_at=None),
                nulls_distinct=False,
                name="one_open_closure_per_hub_and_reference",
            ),
        ]

    def __str__(self) -> str:
        return f"hub {self.hub_id} for {self.reference}"
