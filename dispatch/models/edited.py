from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Edited(models.Model):
    """Something of the network that people change: `version` counts the changes, so that two who edit at once notice.

    A retired thing stays, because orders and the journal name it, but nothing uses it any more.
    """

    version = models.PositiveIntegerField(default=1, db_default=1)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class Cause(models.TextChoices):
    """Why something is closed or runs with less."""

    WEATHER = "weather", _("weather")
    FLOOD = "flood", _("flood")
    EARTHQUAKE = "earthquake", _("earthquake or landslide")
    FIRE = "fire", _("fire")
    ACCIDENT = "accident", _("traffic accident")
    ROAD = "road", _("road closed")
    EQUIPMENT = "equipment", _("equipment failure")
    POWER = "power", _("power failure")
    SYSTEM = "system", _("system failure")
    HEALTH = "health", _("public health")
    STAFF = "staff", _("shortage of staff")
    ORDERED = "ordered", _("order of an authority")
    PLANNED = "planned", _("planned work")
    OTHER = "other", _("other cause")


class Explained(models.Model):
    """Why, who says so, and until when it is thought to last. Blank and None where nobody said."""

    cause = models.CharField(max_length=16, choices=Cause, blank=True, default="", db_default="")
    source = models.CharField(max_length=120, blank=True, default="", db_default="")
    expected_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class Closure(Explained):
    """Something is closed for `reference` from `closed_at` until `opened_at`; closed while any such row is open.

    The real network sees rows without `exercise` only; an exercise sees those and its own.
    """

    reference = models.CharField(max_length=64)
    exercise = models.BigIntegerField(null=True, blank=True)
    closed_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
