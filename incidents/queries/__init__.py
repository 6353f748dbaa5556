"""Reads of command: the board, the room, the list, and the page behind a call-out's link."""

from incidents.queries import backfill, files, log
from incidents.queries.board import board_cards, cards, level_names, open_incidents, running_incidents
from incidents.queries.changes import Changes, changes_since
from incidents.queries.family import (
    Family,
    Notice,
    announcements,
    family,
    notice_of,
    possible_parents,
    possible_targets,
)
from incidents.queries.legal import Duty, legal_duties
from incidents.queries.plans import content_of, coverage, coverage_regions, in_force, plan_difference
from incidents.queries.room import CallOutPage, call_out_page, grade_sentence, incident_list, incident_room
from incidents.queries.rows import Card, DeadlineRow, MeasureRow, PostGroup, Room, SeatRow
from incidents.queries.rules import content_of_rules, newest_rules, rule_number
from incidents.queries.steps import NEEDED, NextStep, Step, legal_actions, legal_steps, next_step
from incidents.queries.warnings import Suggestion, relevant_warnings, suggested_warning

__all__ = [
    "NEEDED",
    "CallOutPage",
    "Card",
    "Changes",
    "DeadlineRow",
    "Duty",
    "Family",
    "MeasureRow",
    "NextStep",
    "Notice",
    "PostGroup",
    "Room",
    "SeatRow",
    "Step",
    "Suggestion",
    "announcements",
    "backfill",
    "board_cards",
    "call_out_page",
    "cards",
    "changes_since",
    "content_of",
    "content_of_rules",
    "coverage",
    "coverage_regions",
    "family",
    "files",
    "grade_sentence",
    "in_force",
    "incident_list",
    "incident_room",
    "legal_actions",
    "legal_duties",
    "legal_steps",
    "level_names",
    "log",
    "newest_rules",
    "next_step",
    "notice_of",
    "open_incidents",
    "plan_difference",
    "possible_parents",
    "possible_targets",
    "relevant_warnings",
    "rule_number",
    "running_incidents",
    "suggested_warning",
]
