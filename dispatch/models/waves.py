"""The waves of a reroute: zone by zone, each applied in one transaction."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dispatch.models.reroute import RerouteRun


class Zone(models.TextChoices):
    """Where a wave goes: core regions first, then by the great regions of GB/T 2260 (the code's first digit). Orders
    in transit have a wave of their own, whose detours are told before everything else: they move while we decide."""

    CORE = "core", _("core regions")
    NORTH = "1", _("North China")
    NORTHEAST = "2", _("Northeast China")
    EAST = "3", _("East China")
    SOUTH = "4", _("Central and South China")
    SOUTHWEST = "5", _("Southwest China")
    NORTHWEST = "6", _("Northwest China")
    TAIWAN = "7", _("Taiwan")
    HONG_KONG_MACAO = "8", _("Hong Kong and Macao")
    OTHER = "other", _("other destinations")
    TRANSIT = "transit", _("orders in transit")


class WaveState(models.TextChoices):
    HELD = "held", _("held for approval")
    WAITING = "waiting", _("waiting")
    PAUSED = "paused", _("paused")
    APPLIED = "applied", _("applied")
    DROPPED = "dropped", _("dropped")
    ROLLED_BACK = "rolled_back", _("rolled back")


WAVE_MOVES: dict[str, frozenset[str]] = {
    WaveState.HELD: frozenset({WaveState.WAITING, WaveState.DROPPED}),
    WaveState.WAITING: frozenset({WaveState.APPLIED, WaveState.PAUSED, WaveState.DROPPED}),
    WaveState.PAUSED: frozenset({WaveState.WAITING, WaveState.DROPPED}),
    WaveState.APPLIED: frozenset({WaveState.ROLLED_BACK}),
    WaveState.DROPPED: frozenset(),
    WaveState.ROLLED_BACK: frozenset(),
}
# Waves that may still be applied.
WAVES_AHEAD = (WaveState.HELD, WaveState.WAITING, WaveState.PAUSED)


class RerouteWave(models.Model):
    """The part of a run that is applied in one transaction. `sha256` is over its ordered assignments.

    `decided_by` is who last approved, paused, resumed, dropped or rolled it back by itself.
    """

    run = models.ForeignKey(RerouteRun, on_delete=models.CASCADE, related_name="waves")
    number = models.PositiveSmallIntegerField()
    zone = models.CharField(max_length=8, choices=Zone)
    orders = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=WaveState, default=WaveState.WAITING)
    applied_at = models.DateTimeField(null=True, blank=True)
    applied = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    restored = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering: ClassVar = ["run_id", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "number"], name="one_wave_per_run_and_number"),
            models.CheckConstraint(condition=Q(state__in=WaveState.values), name="wave_state_is_known"),
        ]

    def __str__(self) -> str:
        return f"wave {self.number} of reroute {self.run_id}"
