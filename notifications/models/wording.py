"""What the words may not say, what providers think of them, and how long messages keep personal data."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q


class ForbiddenWord(models.Model):
    """A word that no template may use (compared without regard to case), and why."""

    word = models.CharField(max_length=40, unique=True)
    reason = models.CharField(max_length=200, blank=True)
    added_by = models.CharField(max_length=64)
    added_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["word"]

    def __str__(self) -> str:
        return self.word


class Retention(models.Model):
    """How many days a message keeps its address and values after it was sent; exactly one row.

    `purge_at` is when the clock looks next.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    days = models.PositiveSmallIntegerField(default=180)
    purge_at = models.DateTimeField()
    changed_by = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(id=1), name="one_retention_row"),
            models.CheckConstraint(condition=Q(days__gte=1), name="retention_is_at_least_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.days} days"
