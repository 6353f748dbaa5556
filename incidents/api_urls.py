from collections.abc import Callable
from typing import Any

from django.urls import path
from rest_framework.serializers import Serializer

from incidents import operations as o
from incidents.api import bodies as b
from incidents.api import calling, plans, room, rules, views
from incidents.api.views import incident_act

# (part of the address, summary, operation, body)
ACTS: list[tuple[str, str, Callable[..., Any], type[Serializer[Any]]]] = [
    ("grade", "Apply the severity matrix", o.grade_incident, b.GradeSerializer),
    ("respond", "Start a response", o.respond, b.RespondSerializer),
    ("raise", "Raise the level", o.raise_level, b.LevelSerializer),
    ("lower", "Lower the level, with a reason", o.lower_level, b.LevelSerializer),
    ("confirm", "Confirm a provisional level", o.confirm_level, b.NothingSerializer),
    ("recover", "Move to recovery", o.recover, b.NothingSerializer),
    ("close", "Close the incident", o.close, b.CloseSerializer),
    ("review", "Finish the review", o.review, b.ReviewSerializer),
    ("dismiss", "Dismiss as a false alarm", o.dismiss, b.ReasonSerializer),
    ("verify", "Verify a report", o.verify, b.VerifySerializer),
    ("warn", "Give a pre-alert", o.warn, b.WarnSerializer),
    ("revert-start", "Take an automatic start back, with a reason", o.revert_start, b.ReasonSerializer),
    ("estimate", "Say until when it is expected to last", o.change_estimate, b.EstimateSerializer),
    ("suspend", "Suspend, with a reason", o.suspend, b.ReasonSerializer),
    ("resume", "Go on after a suspension", o.resume, b.ReasonSerializer),
    ("reopen", "Open again after closing, with a reason", o.reopen, b.ReopenSerializer),
    ("merge", "Merge into another incident", o.merge, b.MergeSerializer),
    ("parent", "Link to a larger incident", o.set_parent, b.ParentSerializer),
    ("time-factor", "How fast a drill's time runs", o.set_time_factor, b.FactorSerializer),
    ("post/ready", "The command post is ready", o.confirm_post_ready, b.NothingSerializer),
]
PARTS: list[tuple[str, str, Callable[..., Any], type[Serializer[Any]]]] = [
    ("post/checks/<str:code>", "Tick the readiness checklist", o.tick_readiness, b.TickSerializer),
    ("legal/<str:code>", "Start a legal clock", o.tick_legal_clock, b.NothingSerializer),
    ("legal/<str:code>/fulfil", "A legal duty was done", o.fulfil_legal_clock, b.EvidenceSerializer),
]

SEAT = "incidents/<int:incident_id>/post/seats/<str:post>"
CALL = "callouts/<int:call_out_id>"

urlpatterns = [
    path("incidents", views.IncidentList.as_view(), name="api_incidents"),
    path("incidents/<int:incident_id>", views.IncidentDetail.as_view(), name="api_incident"),
    *(
        path(
            f"incidents/<int:incident_id>/{part}",
            incident_act(operation.__name__, summary, operation, shape).as_view(),
            name=f"api_incident_{part.replace('/', '_').replace('-', '_')}",
        )
        for part, summary, operation, shape in ACTS
    ),
    *(
        path(
            f"incidents/<int:incident_id>/{part}",
            incident_act(operation.__name__, summary, operation, shape).as_view(),
            name=f"api_{operation.__name__}",
        )
        for part, summary, operation, shape in PARTS
    ),
    path("incidents/<int:incident_id>/notes", room.Notes.as_view(), name="api_incident_notes"),
    path("incidents/<int:incident_id>/files", room.Files.as_view(), name="api_incident_files"),
    path("incidents/<int:incident_id>/files/<int:file_id>", room.FileBytes.as_view(), name="api_incident_file"),
    path("incidents/<int:incident_id>/timeline", room.Timeline.as_view(), name="api_incident_timeline"),
    path("incidents/<int:incident_id>/changes", room.Changes.as_view(), name="api_incident_changes"),
    path("incidents/<int:incident_id>/legal", room.Duties.as_view(), name="api_incident_legal"),
    path("incidents/<int:incident_id>/pack", room.SituationPack.as_view(), name="api_incident_pack"),
    path("measures/<int:measure_id>/start", views.MeasureStart.as_view(), name="api_measure_start"),
    path("measures/<int:measure_id>/complete", views.MeasureComplete.as_view(), name="api_measure_complete"),
    path("measures/<int:measure_id>/skip", views.MeasureSkip.as_view(), name="api_measure_skip"),
    path("incidents/<int:incident_id>/post/attendance", calling.AttendanceList.as_view(), name="api_attendance"),
    path(SEAT, calling.SeatTake.as_view(), name="api_take_seat"),
    path(f"{SEAT}/hand-over", calling.SeatHandOver.as_view(), name="api_hand_over_seat"),
    path(f"{SEAT}/take-over", calling.SeatTakeOver.as_view(), name="api_take_over_seat"),
    path(f"{SEAT}/sign-out", calling.SeatSignOut.as_view(), name="api_sign_out"),
    path(
        "callouts/<int:call_out_id>/acknowledge", calling.CallOutAcknowledge.as_view(), name="api_callout_acknowledge"
    ),
    path("callouts/<int:call_out_id>/arrive", calling.CallOutArrive.as_view(), name="api_callout_arrive"),
    path(f"{CALL}/decline", calling.CallOutDecline.as_view(), name="api_callout_decline"),
    path("plans", plans.PlanList.as_view(), name="api_plans"),
    path("plans/coverage", plans.PlanCoverage.as_view(), name="api_plan_coverage"),
    path("plans/<int:plan_id>", plans.PlanDetail.as_view(), name="api_plan"),
    path("plans/<int:plan_id>/submit", plans.PlanSubmit.as_view(), name="api_plan_submit"),
    path("plans/<int:plan_id>/send-back", plans.PlanSendBack.as_view(), name="api_plan_send_back"),
    path("plans/<int:plan_id>/approve", plans.PlanApprove.as_view(), name="api_plan_approve"),
    path("plans/<int:plan_id>/retire", plans.PlanRetire.as_view(), name="api_plan_retire"),
    path("plans/<int:plan_id>/diff/<int:other_id>", plans.PlanDiff.as_view(), name="api_plan_diff"),
    path("rules/<str:area>", rules.Rules.as_view(), name="api_rules"),
    path("rules/<str:area>/versions", rules.RuleVersions.as_view(), name="api_rule_versions"),
]
