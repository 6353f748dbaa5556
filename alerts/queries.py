"""Reads of warnings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, QuerySet

from alerts.models import State, Warning
from dispatch.models import AffectedSet, Warehouse
from journal.clock import Now

# CAP leaves it to the reader how long a message without `expires` holds.
WITHOUT_EXPIRY = timedelta(hours=24)


def in_force(*, drills: bool = False) -> QuerySet[Warning]:
    """Live warnings that are neither folded nor expired, however severe; with `drills` also those of status Exercise.
    Tests and drafts are never among them."""
    unexpired = Q(expires__gt=Now()) | Q(expires__isnull=True, sent__gt=Now() - WITHOUT_EXPIRY)
    counted = Q(live=True)
    if drills:
        counted |= Q(status="Exercise", msg_type__in=["Alert", "Update"])
    return Warning.objects.filter(unexpired, counted, state=State.CURRENT)


SEVEREST_FIRST = ["Extreme", "Severe", "Moderate", "Minor", "Unknown", ""]


def active_warnings(regions: Iterable[str] | None = None, *, drills: bool = False) -> list[Warning]:
    """Warnings in force, the severest first, then the newest; all, or those that touch one of `regions`.

    A region code (six digits, or a prefix) covers the regions inside it, and is touched by a warning for the region
    around it: "330000" finds a warning for 330100, and "330100" one for 330000.
    """
    rows = in_force(drills=drills).defer("raw").prefetch_related("regions").order_by("-sent", "-id")
    if regions is not None:
        touched = Q(pk__in=[])
        for code in regions:
            stem = prefix(code)
            around = [stem[:2] + "0000", stem[:4].ljust(4, "0") + "00", stem.ljust(6, "0")]
            touched |= Q(regions__region_code__startswith=stem) | Q(regions__region_code__in=around)
        rows = rows.filter(touched).distinct()
    return sorted(rows, key=lambda row: SEVEREST_FIRST.index(row.severity))


def prefix(code: str) -> str:
    """The significant digits of a GB/T 2260 code: 330000 → 33, 330100 → 3301."""
    stem = code
    while len(stem) > 2 and stem.endswith("00"):
        stem = stem[:-2]
    return stem


@dataclass(frozen=True)
class MatterScope:
    """The regions that a matter's affected orders were frozen for, and whether it is an exercise."""

    regions: list[str]
    exercise: bool


def scope_of(reference: str) -> MatterScope:
    """Read from the newest affected set of the matter; nothing before there is one."""
    frozen = AffectedSet.objects.filter(reference=reference).order_by("-id").first()
    if frozen is None:
        return MatterScope([], False)
    houses = Warehouse.objects.filter(code__in=frozen.scope.get("warehouses", []), region__isnull=False)
    regions = [*frozen.scope.get("regions", []), *houses.values_list("region_id", flat=True)]
    return MatterScope(sorted(set(regions)), frozen.exercise is not None)
