"""Reads of customer care."""

from customers.queries.notices import (
    NoticeProgress,
    exercise_of,
    failures,
    has_affected,
    newest_set,
    notice_progress,
    notices,
    progress_of,
    sendable_templates,
    state_of,
    values_of,
    waves_of,
)

__all__ = [
    "NoticeProgress",
    "exercise_of",
    "failures",
    "has_affected",
    "newest_set",
    "notice_progress",
    "notices",
    "progress_of",
    "sendable_templates",
    "state_of",
    "values_of",
    "waves_of",
]
