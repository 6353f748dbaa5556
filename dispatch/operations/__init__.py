"""Writes of dispatch."""

from dispatch.operations.answers import Answer, UnknownAssignment, answer_assignments
from dispatch.operations.asking import UnknownAffectedSet, request_reroute
from dispatch.operations.closures import (
    BadExplanation,
    EmptyScope,
    NothingClosed,
    close_scope,
    explain_closure,
    freeze_affected,
    reopen_scope,
)
from dispatch.operations.decisions import (
    AnotherIsAhead,
    CostAboveCap,
    NoSuchOption,
    adjust_run,
    approve_run,
    choose_option,
    reject_run,
)
from dispatch.operations.imports import Imported, import_network
from dispatch.operations.intake import Intake, receive_orders
from dispatch.operations.lanes import BadShare, LaneStateRefused, degrade_lane, limit_warehouse, restore_lane
from dispatch.operations.openings import end_opening, open_warehouse, tell_openings
from dispatch.operations.reservations import CapacityTaken
from dispatch.operations.returns import propose_return
from dispatch.operations.risks import set_region_risks
from dispatch.operations.rollbacks import roll_back_run, roll_back_wave
from dispatch.operations.runs import solve_run
from dispatch.operations.steps import IllegalStep, IllegalWaveStep, NoSuchRun, RunChanged
from dispatch.operations.wave_steps import (
    NoSuchWave,
    approve_wave,
    drop_wave,
    pause_run,
    pause_wave,
    resume_run,
    resume_wave,
)
from dispatch.operations.waves import apply_next_wave, apply_waves
from dispatch.operations.wishes import BadWishes

__all__ = [
    "AnotherIsAhead",
    "Answer",
    "BadExplanation",
    "BadShare",
    "BadWishes",
    "CapacityTaken",
    "CostAboveCap",
    "EmptyScope",
    "IllegalStep",
    "IllegalWaveStep",
    "Imported",
    "Intake",
    "LaneStateRefused",
    "NoSuchOption",
    "NoSuchRun",
    "NoSuchWave",
    "NothingClosed",
    "RunChanged",
    "UnknownAffectedSet",
    "UnknownAssignment",
    "adjust_run",
    "answer_assignments",
    "apply_next_wave",
    "apply_waves",
    "approve_run",
    "approve_wave",
    "choose_option",
    "close_scope",
    "degrade_lane",
    "drop_wave",
    "end_opening",
    "explain_closure",
    "freeze_affected",
    "import_network",
    "limit_warehouse",
    "open_warehouse",
    "pause_run",
    "pause_wave",
    "propose_return",
    "receive_orders",
    "reject_run",
    "reopen_scope",
    "request_reroute",
    "restore_lane",
    "resume_run",
    "resume_wave",
    "roll_back_run",
    "roll_back_wave",
    "set_region_risks",
    "solve_run",
    "tell_openings",
]
