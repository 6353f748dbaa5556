"""Writes of customer care."""

from customers.operations.drafts import (
    OPEN,
    BadWords,
    CannotFill,
    NothingAffected,
    NoticeMoved,
    approve_notice,
    edit_notice,
    prepare_notice,
)
from customers.operations.sending import (
    HINT_AGAIN,
    SecondApprovalNeeded,
    StillPreparing,
    cancel_notice,
    end_notice,
    fill_notice,
    launch_notice,
    pause_notice,
    resume_notice,
)

__all__ = [
    "HINT_AGAIN",
    "OPEN",
    "BadWords",
    "CannotFill",
    "NothingAffected",
    "NoticeMoved",
    "SecondApprovalNeeded",
    "StillPreparing",
    "approve_notice",
    "cancel_notice",
    "edit_notice",
    "end_notice",
    "fill_notice",
    "launch_notice",
    "pause_notice",
    "prepare_notice",
    "resume_notice",
]
