"""The browser's pages of command."""

from incidents.views.calling import callout_link, callout_step, check_step, seat_step
from incidents.views.plans import incident_plan, plan_detail, plan_list, plan_step
from incidents.views.reporting import grade_preview, incident_list, incident_report, places
from incidents.views.room import incident_head, incident_measures, incident_posts, incident_room
from incidents.views.steps import incident_note, incident_step, measure_step

__all__ = [
    "callout_link",
    "callout_step",
    "check_step",
    "grade_preview",
    "incident_head",
    "incident_list",
    "incident_measures",
    "incident_note",
    "incident_plan",
    "incident_posts",
    "incident_report",
    "incident_room",
    "incident_step",
    "measure_step",
    "places",
    "plan_detail",
    "plan_list",
    "plan_step",
    "seat_step",
]
