"""The rules that hold for an incident."""

from __future__ import annotations

from incidents.models import Incident, Level, LevelRule


def rule_of(incident: Incident) -> LevelRule:
    """What the incident's level switches on."""
    return LevelRule.objects.get(level=incident.response_level or Level.IV)
