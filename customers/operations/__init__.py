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
from customers.operations.following import NothingTold, correct_notice, follow_up_notice, propose_follow_up
from customers.operations.retrying import NothingToRetry, fall_back, retry_failed
from customers.operations.sending import (
    ChannelBlocked,
    SecondApprovalNeeded,
    StillPreparing,
    WordsMissing,
    cancel_notice,
    end_notice,
    launch_notice,
    pause_notice,
    resume_notice,
)
from customers.operations.waves import HINT_AGAIN, fill_notice, release_wave

# What people do with a notice by its number, by the word in the address of page and API.
STEPS = {
    "approve": approve_notice,
    "launch": launch_notice,
    "pause": pause_notice,
    "resume": resume_notice,
    "cancel": cancel_notice,
    "retry": retry_failed,
}

__all__ = [
    "HINT_AGAIN",
    "OPEN",
    "STEPS",
    "BadWords",
    "CannotFill",
    "ChannelBlocked",
    "NothingAffected",
    "NothingToRetry",
    "NothingTold",
    "NoticeMoved",
    "SecondApprovalNeeded",
    "StillPreparing",
    "WordsMissing",
    "approve_notice",
    "cancel_notice",
    "correct_notice",
    "edit_notice",
    "end_notice",
    "fall_back",
    "fill_notice",
    "follow_up_notice",
    "launch_notice",
    "pause_notice",
    "prepare_notice",
    "propose_follow_up",
    "release_wave",
    "resume_notice",
    "retry_failed",
]
