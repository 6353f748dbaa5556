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
from dispatch.operations.lanes import LaneStateRefused, degrade_lane, restore_lane
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
    "explain_closure",
    "freeze_affected",
    "import_network",
    "receive_orders",
    "reject_run",
    "reopen_scope",
    "request_reroute",
    "restore_lane",
    "roll_back_run",
    "solve_run",
]
