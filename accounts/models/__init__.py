"""Who we are: people, what they may do, how they are reached, when they are on duty, and machine keys."""

from accounts.models.people import (
    ApiKey,
    Channel,
    ContactPoint,
    IdempotentCall,
    ImportDraft,
    ImportKind,
    ImportState,
    RoleGrant,
    User,
)
from accounts.models.roster import (
    HIGHEST_RANK,
    CalendarDay,
    DayHandling,
    Duty,
    MemberDays,
    RosterGap,
    RosterWatch,
    Rotation,
    RotationMember,
    Swap,
    TurnUnit,
)

__all__ = [
    "HIGHEST_RANK",
    "ApiKey",
    "CalendarDay",
    "Channel",
    "ContactPoint",
    "DayHandling",
    "Duty",
    "IdempotentCall",
    "ImportDraft",
    "ImportKind",
    "ImportState",
    "MemberDays",
    "RoleGrant",
    "RosterGap",
    "RosterWatch",
    "Rotation",
    "RotationMember",
    "Swap",
    "TurnUnit",
    "User",
]
