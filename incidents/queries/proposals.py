"""Why a level is proposed, in words."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.utils.translation import gettext as _

from incidents import grading
from incidents.models import Incident, SeverityIndicator


def figure(value: Decimal, unit: str) -> str:
    """A figure as it is read: 17 %, 45 min, ¥500,000."""
    return grading.figure(value, unit) + (" " + _("min") if unit == SeverityIndicator.Unit.MINUTES else "")


def proposal_reason(incident: Incident, indicators: Mapping[str, SeverityIndicator] | None = None) -> str:
    """ "active lanes blocked 17 % ≥ 15 %": what decided the grade, in the active language; blank when nothing did.

    `indicators` by code, when the caller has them already.
    """
    code = incident.graded_by_indicator
    indicator = SeverityIndicator.objects.filter(code=code).first() if indicators is None else indicators.get(code)
    if indicator is None or incident.grade_value is None or incident.grade_threshold is None:
        return ""
    return _("%(indicator)s %(value)s ≥ %(threshold)s") % {
        "indicator": indicator.label,
        "value": figure(incident.grade_value, indicator.unit),
        "threshold": figure(incident.grade_threshold, indicator.unit),
    }
