"""The browser's pages of command."""

from incidents.views.announcing import incident_announcement
from incidents.views.backfill import backfill_row, incident_backfill
from incidents.views.calling import callout_link, callout_step, check_step
from incidents.views.door import door_scan, incident_door, incident_door_code
from incidents.views.legal import incident_legal, legal_step
from incidents.views.log import (
    incident_changes,
    incident_file,
    incident_files,
    incident_note,
    incident_people,
    incident_seen,
    incident_timeline,
)
from incidents.views.pack import incident_pack
from incidents.views.plans import (
    incident_plan,
    plan_coverage,
    plan_detail,
    plan_diff,
    plan_edit,
    plan_list,
    plan_measure,
    plan_measure_act,
    plan_measures,
    plan_new,
    plan_section,
    plan_step,
)
from incidents.views.reporting import grade_preview, incident_list, incident_report, places
from incidents.views.room import incident_head, incident_measures, incident_room, measure_detail
from incidents.views.rules import rule_restore, rule_version, rules
from incidents.views.seats import seat_change, seat_leave, seat_step
from incidents.views.signin import incident_board, incident_board_panel, incident_posts
from incidents.views.steps import incident_step, measure_step

__all__ = [
    "backfill_row",
    "callout_link",
    "callout_step",
    "check_step",
    "door_scan",
    "grade_preview",
    "incident_announcement",
    "incident_backfill",
    "incident_board",
    "incident_board_panel",
    "incident_changes",
    "incident_door",
    "incident_door_code",
    "incident_file",
    "incident_files",
    "incident_head",
    "incident_legal",
    "incident_list",
    "incident_measures",
    "incident_note",
    "incident_pack",
    "incident_people",
    "incident_plan",
    "incident_posts",
    "incident_report",
    "incident_room",
    "incident_seen",
    "incident_step",
    "incident_timeline",
    "legal_step",
    "measure_detail",
    "measure_step",
    "places",
    "plan_coverage",
    "plan_detail",
    "plan_diff",
    "plan_edit",
    "plan_list",
    "plan_measure",
    "plan_measure_act",
    "plan_measures",
    "plan_new",
    "plan_section",
    "plan_step",
    "rule_restore",
    "rule_version",
    "rules",
    "seat_change",
    "seat_leave",
    "seat_step",
]
