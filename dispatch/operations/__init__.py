"""Writes of dispatch."""

from dispatch.operations.answers import Answer, UnknownAssignment, answer_assignments
from dispatch.operations.approvals import NothingToAsk, ask_approval, set_authority
from dispatch.operations.asking import UnknownAffectedSet, request_reroute
from dispatch.operations.closures import (
    BadExplanation,
    EmptyScope,
    NothingClosed,
    close_scope,
    explain_closure,
    reopen_scope,
)
from dispatch.operations.decisions import (
    AnotherIsAhead,
    BeyondAuthority,
    CostAboveCap,
    NoSuchOption,
    adjust_run,
    approve_run,
    choose_option,
    reject_run,
    withdraw_undecided,
)
from dispatch.operations.events import EventIntake, receive_events
from dispatch.operations.freezing import freeze_affected, refresh_affected
from dispatch.operations.imports import Imported, import_network
from dispatch.operations.intake import Intake, receive_orders
from dispatch.operations.lanes import BadShare, LaneStateRefused, degrade_lane, limit_warehouse, restore_lane
from dispatch.operations.late_rows import forget_early
from dispatch.operations.loads import count_loads
from dispatch.operations.network_import import apply_import, discard_import, plan_import, upload_network
from dispatch.operations.openings import end_opening, end_openings, open_warehouse, tell_openings
from dispatch.operations.parts import add_part, change_part, restore_part, retire_part
from dispatch.operations.polishing import polish_run
from dispatch.operations.pressure import TooBusy
from dispatch.operations.reservations import CapacityTaken
from dispatch.operations.returns import propose_return
from dispatch.operations.risks import set_region_risks
from dispatch.operations.rollbacks import NoRoomBack, roll_back_run, roll_back_wave
from dispatch.operations.runs import solve_run
from dispatch.operations.steps import IllegalStep, IllegalWaveStep, NoSuchRun, RunChanged
from dispatch.operations.stock import StockIntake, receive_stock
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
    "BeyondAuthority",
    "CapacityTaken",
    "CostAboveCap",
    "EmptyScope",
    "EventIntake",
    "IllegalStep",
    "IllegalWaveStep",
    "Imported",
    "Intake",
    "LaneStateRefused",
    "NoRoomBack",
    "NoSuchOption",
    "NoSuchRun",
    "NoSuchWave",
    "NothingClosed",
    "NothingToAsk",
    "RunChanged",
    "StockIntake",
    "TooBusy",
    "UnknownAffectedSet",
    "UnknownAssignment",
    "add_part",
    "adjust_run",
    "answer_assignments",
    "apply_import",
    "apply_next_wave",
    "apply_waves",
    "approve_run",
    "approve_wave",
    "ask_approval",
    "change_part",
    "choose_option",
    "close_scope",
    "count_loads",
    "degrade_lane",
    "discard_import",
    "drop_wave",
    "end_opening",
    "end_openings",
    "explain_closure",
    "forget_early",
    "freeze_affected",
    "import_network",
    "limit_warehouse",
    "open_warehouse",
    "pause_run",
    "pause_wave",
    "plan_import",
    "polish_run",
    "propose_return",
    "receive_events",
    "receive_orders",
    "receive_stock",
    "refresh_affected",
    "reject_run",
    "reopen_scope",
    "request_reroute",
    "restore_lane",
    "restore_part",
    "resume_run",
    "resume_wave",
    "retire_part",
    "roll_back_run",
    "roll_back_wave",
    "set_authority",
    "set_region_risks",
    "solve_run",
    "tell_openings",
    "upload_network",
    "withdraw_undecided",
]
