"""Writes of dispatch."""

from dispatch.operations.answers import Answer, UnknownAssignment, answer_assignments
from dispatch.operations.closures import (
    BadExplanation,
    EmptyScope,
    NothingClosed,
    close_scope,
    explain_closure,
    freeze_affected,
    reopen_scope,
)
from dispatch.operations.imports import Imported, import_network
from dispatch.operations.intake import Intake, receive_orders
from dispatch.operations.lanes import BadShare, LaneStateRefused, degrade_lane, limit_warehouse, restore_lane
from dispatch.operations.openings import end_opening, open_warehouse, tell_openings
from dispatch.operations.risks import set_region_risks
from dispatch.operations.runs import (
    CostAboveCap,
    IllegalStep,
    NoSuchRun,
    UnknownAffectedSet,
    approve_run,
    reject_run,
    request_reroute,
    solve_run,
)
from dispatch.operations.waves import apply_next_wave, apply_waves, roll_back_run

__all__ = [
    "Answer",
    "BadExplanation",
    "BadShare",
    "CostAboveCap",
    "EmptyScope",
    "IllegalStep",
    "Imported",
    "Intake",
    "LaneStateRefused",
    "NoSuchRun",
    "NothingClosed",
    "UnknownAffectedSet",
    "UnknownAssignment",
    "answer_assignments",
    "apply_next_wave",
    "apply_waves",
    "approve_run",
    "close_scope",
    "degrade_lane",
    "end_opening",
    "explain_closure",
    "freeze_affected",
    "import_network",
    "limit_warehouse",
    "open_warehouse",
    "receive_orders",
    "reject_run",
    "reopen_scope",
    "request_reroute",
    "restore_lane",
    "roll_back_run",
    "set_region_risks",
    "solve_run",
    "tell_openings",
]
