"""Words for what stands as a code in the tables of drills."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from drills.scoring import EXCELLENT, FAIR, GOOD, POOR

ACTIONS = {
    "warn": _("Weather warning issued"),
    "report": _("Incident reported"),
    "grade": _("Incident graded"),
    "respond": _("Response declared"),
    "hurry": _("Drill time made faster"),
    "deliver": _("An hour of deliveries"),
    "recover": _("Moved to recovery"),
    "close": _("Incident closed"),
    "acknowledge": _("On the way"),
    "arrive": _("On post"),
    "decline": _("Cannot come"),
    "check": _("Checklist line ticked"),
    "ready": _("Command post confirmed ready"),
    "confirm": _("Level confirmed"),
    "approve": _("Measure approved"),
    "retry": _("Measure tried again"),
    "complete": _("Task done"),
    "approve_reroute": _("Reroute approved"),
    "launch_notice": _("Notice launched"),
}
ITEMS = {
    "command_post": _("Command post ready in time"),
    "muster": _("At least 80 % of those called on post in time"),
    "alternates": _("Alternates took over from those who could not come"),
    "first_notice": _("First customer notice in time"),
    "reroute": _("At least 80 % of the orders with a way rerouted"),
    "supplies": _("Supplies issued"),
    "deadlines": _("At least 90 % of all deadlines kept"),
    "recovery": _("Throughput back at 80 % within 48 hours"),
}
GRADES = {EXCELLENT: _("excellent"), GOOD: _("good"), FAIR: _("fair"), POOR: _("poor")}
