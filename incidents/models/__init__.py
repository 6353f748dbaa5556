"""Tables of command, by theme."""

from incidents.models.incident import Decision, Incident
from incidents.models.plans import Plan, PlanMeasure
from incidents.models.response import (
    CallOut,
    CommandPost,
    Deadline,
    Measure,
    MeasureJob,
    PostSeat,
    ReadinessCheck,
)
from incidents.models.rules import (
    LadderStep,
    LegalClock,
    LevelRule,
    ReadinessItem,
    SeverityIndicator,
    SeverityThreshold,
)
from incidents.models.vocabulary import (
    DEADLINE_MOVES,
    FOLLOWED_KINDS,
    SYSTEM_KINDS,
    TOLD_KINDS,
    WORKED_KINDS,
    Category,
    DeadlineKind,
    DeadlineState,
    Level,
    MeasureKind,
    OfficialClass,
    Phase,
    WarningColor,
)

__all__ = [
    "DEADLINE_MOVES",
    "FOLLOWED_KINDS",
    "SYSTEM_KINDS",
    "TOLD_KINDS",
    "WORKED_KINDS",
    "CallOut",
    "Category",
    "CommandPost",
    "Deadline",
    "DeadlineKind",
    "DeadlineState",
    "Decision",
    "Incident",
    "LadderStep",
    "LegalClock",
    "Level",
    "LevelRule",
    "Measure",
    "MeasureJob",
    "MeasureKind",
    "OfficialClass",
    "Phase",
    "Plan",
    "PlanMeasure",
    "PostSeat",
    "ReadinessCheck",
    "ReadinessItem",
    "SeverityIndicator",
    "SeverityThreshold",
    "WarningColor",
]
