"""Customer care: who is told what, what they may choose, what they get, and what they thought of it."""

from customers.models.care import CareRules, Complaint, ComplaintState, Pace, Reply
from customers.models.choices import Choice, ChoiceKind, ChoiceState, Satisfaction, SurveyRound
from customers.models.compensation import (
    CompensationPolicy,
    CompensationRun,
    CustomerTier,
    ExemptSpan,
    Grant,
    GrantState,
    PolicyState,
    RunScope,
    SpanState,
)
from customers.models.estimates import NewEstimate
from customers.models.notices import (
    NoticeApproval,
    NoticeKind,
    NoticeLeg,
    NoticePolicy,
    NoticeRecipient,
    NoticeRun,
    NoticeState,
    NoticeWave,
    Preference,
    WaveKind,
)
from customers.models.places import NoticePlaces

__all__ = [
    "CareRules",
    "Choice",
    "ChoiceKind",
    "ChoiceState",
    "CompensationPolicy",
    "CompensationRun",
    "Complaint",
    "ComplaintState",
    "CustomerTier",
    "ExemptSpan",
    "Grant",
    "GrantState",
    "NewEstimate",
    "NoticeApproval",
    "NoticeKind",
    "NoticeLeg",
    "NoticePlaces",
    "NoticePolicy",
    "NoticeRecipient",
    "NoticeRun",
    "NoticeState",
    "NoticeWave",
    "Pace",
    "PolicyState",
    "Preference",
    "Reply",
    "RunScope",
    "Satisfaction",
    "SpanState",
    "SurveyRound",
    "WaveKind",
]
