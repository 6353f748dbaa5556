"""Warnings of the authorities that bear on an incident, and the level at which to prepare."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from incidents.models import Incident, Level, WarningColor
from journal import clock

if TYPE_CHECKING:
    from alerts.models import Warning

WITHIN = timedelta(hours=24)
GRAVE = (WarningColor.RED, WarningColor.ORANGE)


@dataclass(frozen=True)
class Suggestion:
    """At which level to prepare: the grade, or Ⅲ when a red or orange warning takes effect within a day.

    Warnings alone never suggest Ⅰ or Ⅱ. `warnings` are those that made it Ⅲ.
    """

    level: int
    warnings: list[Warning] = field(default_factory=list)


def regions_of(incident: Incident) -> list[str]:
    """The regions that an incident lies in: those of its scope, of its warehouses, and its own."""
    from dispatch.models import Warehouse

    houses = Warehouse.objects.filter(code__in=incident.scope.get("warehouses") or [], region__isnull=False)
    codes = [*(incident.scope.get("regions") or []), *houses.values_list("region_id", flat=True)]
    return sorted({code for code in [*codes, incident.region_code] if code})


def relevant_warnings(incident: Incident) -> list[Warning]:
    """Red and orange warnings in force for its regions, now or within a day; a drill also sees exercise warnings."""
    from alerts.queries import active_warnings

    regions = regions_of(incident)
    if not regions:
        return []
    soon = clock.now() + WITHIN
    found = active_warnings(regions, drills=incident.exercise is not None)
    return [row for row in found if row.color in GRAVE and (row.onset or row.effective or row.sent) <= soon]


def suggested_warning(incident: Incident) -> Suggestion:
    """The level whose plan a pre-alert should prepare."""
    grade = incident.grade or Level.IV
    warnings = relevant_warnings(incident)
    if warnings and grade > Level.III:
        return Suggestion(Level.III, warnings)
    return Suggestion(grade)
