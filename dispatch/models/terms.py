"""When carriers work and what they have promised."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.naming import Named
from dispatch.models.decimals import ExactDecimalField
from dispatch.models.edited import Edited
from dispatch.models.network import Carrier, Region, Warehouse


class WorkCalendar(Edited, Named):
    """On which days a lane or carrier runs: `weekdays` (1 Monday … 7 Sunday), without statutory days off when
    `holidays_off` (days worked in lieu then count as working days), and CalendarDay above both."""

    code = models.CharField(max_length=32, primary_key=True)
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list)
    holidays_off = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["code"]


class CalendarDay(models.Model):
    """A single day that differs from the calendar's rule."""

    calendar = models.ForeignKey(WorkCalendar, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    works = models.BooleanField()

    class Meta:
        ordering: ClassVar = ["calendar_id", "day"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["calendar", "day"], name="one_rule_per_calendar_and_day"),
        ]

    def __str__(self) -> str:
        return f"{self.calendar_id} {self.day} {self.works}"


class CarrierContract(Edited):
    """What a carrier has promised, in orders a day, from `valid_from` to `valid_until` (both included; None: on).

    It covers the carrier's lanes from `warehouse`, into `region` and what lies inside it, at `service_level`; a blank
    one covers all. `guaranteed` is the room at the lanes' own rates; `surge` comes on top at `surge_price` CNY more
    per order. The most particular contract in force covers a lane; a lane that none covers has its own capacity.
    """

    number = models.CharField(max_length=32, primary_key=True)
    carrier = models.ForeignKey(Carrier, on_delete=models.PROTECT, related_name="contracts")
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, null=True, blank=True, related_name="contracts")
    region = models.ForeignKey(Region, on_delete=models.PROTECT, null=True, blank=True, related_name="contracts")
    service_level = models.CharField(max_length=16, blank=True)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    guaranteed = models.PositiveIntegerField()
    surge = models.PositiveIntegerField(default=0)
    surge_price = ExactDecimalField(default=0)

    class Meta:
        ordering: ClassVar = ["carrier_id", "number"]
        verbose_name = _("contract")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="contract_ends_after_it_begins",
            ),
            models.CheckConstraint(condition=Q(surge_price__gte=0), name="surge_price_is_not_negative"),
        ]

    def __str__(self) -> str:
        return self.number
