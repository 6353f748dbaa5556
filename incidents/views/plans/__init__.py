"""Plans (预案) in the browser: read, written, compared, and where none is."""

from incidents.views.plans.beginning import plan_new
from incidents.views.plans.coverage import plan_coverage
from incidents.views.plans.difference import plan_diff
from incidents.views.plans.facts import incident_plan
from incidents.views.plans.measures import plan_measure, plan_measure_act, plan_measures
from incidents.views.plans.reading import plan_detail, plan_list
from incidents.views.plans.sections import plan_edit, plan_section
from incidents.views.plans.steps import plan_step

__all__ = [
    "incident_plan",
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
]
