"""Reads of accounts."""

from accounts.queries.lanes import highest_rank, roster_days, roster_lanes
from accounts.queries.people import able, addresses, people, reachable_channels, zone_of
from accounts.queries.roster import (
    PostDay,
    PostNow,
    PostWeek,
    Turn,
    on_duty,
    roster_now,
    roster_week,
    rostered_regions,
)
from accounts.queries.rotations import (
    Gap,
    RotationPreview,
    coming_gaps,
    living_swaps,
    rotations,
    shape_of,
    stand_ins,
    unknown_years,
)

__all__ = [
    "Gap",
    "PostDay",
    "PostNow",
    "PostWeek",
    "RotationPreview",
    "Turn",
    "able",
    "addresses",
    "coming_gaps",
    "highest_rank",
    "living_swaps",
    "on_duty",
    "people",
    "reachable_channels",
    "roster_days",
    "roster_lanes",
    "roster_now",
    "roster_week",
    "rostered_regions",
    "rotations",
    "shape_of",
    "stand_ins",
    "unknown_years",
    "zone_of",
]
