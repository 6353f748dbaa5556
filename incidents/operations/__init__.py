"""Writes of command."""

from incidents.operations.answers import acknowledge_callout, arrive_at_door, arrive_callout, decline_callout
from incidents.operations.attachments import attach_file
from incidents.operations.autostart import revert_start
from incidents.operations.closing import close, recover, review
from incidents.operations.estimate import change_estimate
from incidents.operations.exporting import Exported, export_pack
from incidents.operations.intake import dismiss, grade_incident, report_incident
from incidents.operations.legal import fulfil_legal_clock, tick_legal_clock
from incidents.operations.levels import confirm_level, lower_level, raise_level
from incidents.operations.life import reopen, verify, warn
from incidents.operations.log import log_entry
from incidents.operations.looking import mark_seen
from incidents.operations.measures import complete_measure, skip_measure, start_measure
from incidents.operations.merging import merge, set_parent
from incidents.operations.pace import set_time_factor
from incidents.operations.planlife import approve_plan, delete_plan, retire_plan, send_back_plan, submit_plan
from incidents.operations.plans import draft_plan, move_measure, remove_measure, write_measure, write_plan
from incidents.operations.posts import confirm_post_ready, tick_readiness
from incidents.operations.response import respond
from incidents.operations.rules import restore_rules, write_rules
from incidents.operations.seats import hand_over_seat, sign_out, take_over_seat, take_seat
from incidents.operations.suspension import resume, suspend

__all__ = [
    "Exported",
    "acknowledge_callout",
    "approve_plan",
    "arrive_at_door",
    "arrive_callout",
    "attach_file",
    "change_estimate",
    "close",
    "complete_measure",
    "confirm_level",
    "confirm_post_ready",
    "decline_callout",
    "delete_plan",
    "dismiss",
    "draft_plan",
    "export_pack",
    "fulfil_legal_clock",
    "grade_incident",
    "hand_over_seat",
    "log_entry",
    "lower_level",
    "mark_seen",
    "merge",
    "move_measure",
    "raise_level",
    "recover",
    "remove_measure",
    "reopen",
    "report_incident",
    "respond",
    "restore_rules",
    "resume",
    "retire_plan",
    "revert_start",
    "review",
    "send_back_plan",
    "set_parent",
    "set_time_factor",
    "sign_out",
    "skip_measure",
    "start_measure",
    "submit_plan",
    "suspend",
    "take_over_seat",
    "take_seat",
    "tick_legal_clock",
    "tick_readiness",
    "verify",
    "warn",
    "write_measure",
    "write_plan",
    "write_rules",
]
