"""The rules are changed by their own operation only: the administration does not know their tables."""

from django.contrib import admin

from incidents.models import LadderStep, LegalClock, LevelRule, ReadinessItem, RuleVersion, SeverityIndicator
from incidents.models.rules import SeverityThreshold

TABLES = (LadderStep, LegalClock, LevelRule, ReadinessItem, RuleVersion, SeverityIndicator, SeverityThreshold)


def test_the_administration_cannot_change_rules():
    assert not [table for table in TABLES if admin.site.is_registered(table)]
