"""Writes of command."""

from incidents.operations.callouts import acknowledge_callout, arrive_callout, decline_callout, take_seat
from incidents.operations.closing import close, log_decision, recover, review
from incidents.operations.intake import dismiss, grade_incident, report_incident
from incidents.operations.legal import fulfil_legal_clock, tick_legal_clock
from incidents.operations.levels import confirm_level, lower_level, raise_level
from incidents.operations.measures import complete_measure, skip_measure, start_measure
from incidents.operations.pace import set_time_factor
from incidents.operations.posts import confirm_post_ready, tick_readiness
from incidents.operations.response import respond

__all__ = [
    "acknowledge_callout",
    "arrive_callout",
    "close",
    "complete_measure",
    "confirm_level",
    "confirm_post_ready",
    "decline_callout",
    "dismiss",
    "fulfil_legal_clock",
    "grade_incident",
    "log_decision",
    "lower_level",
    "raise_level",
    "recover",
    "report_incident",
    "respond",
    "review",
    "set_time_factor",
    "skip_measure",
    "start_measure",
    "take_seat",
    "tick_legal_clock",
    "tick_readiness",
]
