from django.urls import path

from customers import operations
from customers.api import care, compensation, contacts, people, policies, rules, trial
from customers.api import notices as api
from customers.operations import compensation_out, exemptions
from customers.operations import policies as policy_operations

urlpatterns = [
    path("notices", api.NoticesView.as_view(), name="api_notices"),
    path("templates/<int:pk>/preview", trial.TemplatePreview.as_view(), name="api_template_preview"),
    path("notices/<int:pk>", api.NoticeView.as_view(), name="api_notice"),
    path("notices/<int:pk>/preview", api.PreviewView.as_view(), name="api_notice_preview"),
    path("notices/<int:pk>/places", people.PlacesView.as_view(), name="api_notice_places"),
    path("notices/<int:pk>/people", people.NoticePeopleView.as_view(), name="api_notice_people"),
    path("notices/<int:pk>/count", api.CountView.as_view(), name="api_notice_count"),
    path("notices/<int:pk>/correct", api.CorrectView.as_view(), name="api_notice_correct"),
    path("notices/<int:pk>/follow-up", api.FollowUpView.as_view(), name="api_notice_follow_up"),
    path("notices/<int:pk>/waves/<int:number>", api.WaveView.as_view(), name="api_notice_wave"),
    *(
        path(f"notices/<int:pk>/{step}", api.StepView.as_view(step=step), name=f"api_notice_{step}")
        for step in operations.STEPS
    ),
    path("compensation", compensation.CompensationsView.as_view(), name="api_compensations"),
    path("compensation/simulation", compensation.SimulationView.as_view(), name="api_compensation_simulation"),
    path("compensation/paid", compensation.PaidView.as_view(), name="api_compensation_paid"),
    path("compensation/claims/refuse", compensation.ClaimsView.as_view(), name="api_claims_refuse"),
    path("compensation/<int:pk>", compensation.CompensationView.as_view(), name="api_compensation"),
    path("compensation/<int:pk>/grants", compensation.GrantsView.as_view(), name="api_compensation_grants"),
    path("compensation/<int:pk>/reject", compensation.RejectView.as_view(), name="api_compensation_reject"),
    path(
        "compensation/<int:pk>/reject-orders",
        compensation.RejectOrdersView.as_view(),
        name="api_compensation_reject_orders",
    ),
    *(
        path(
            f"compensation/<int:pk>/{step}",
            compensation.CompensationStepView.as_view(step=step),
            name=f"api_compensation_{step}",
        )
        for step in compensation_out.STEPS
    ),
    path("compensation-policy", policies.PoliciesView.as_view(), name="api_policies"),
    *(
        path(
            f"compensation-policy/<int:number>/{step}",
            policies.PolicyStepView.as_view(step=step),
            name=f"api_policy_{step}",
        )
        for step in policy_operations.STEPS
    ),
    path("notice-rules", rules.NoticeRulesView.as_view(), name="api_notice_rules"),
    path("care-rules", rules.CareRulesView.as_view(), name="api_care_rules"),
    path("exempt-spans", policies.SpansView.as_view(), name="api_spans"),
    *(
        path(f"exempt-spans/<int:pk>/{step}", policies.SpanStepView.as_view(step=step), name=f"api_span_{step}")
        for step in exemptions.STEPS
    ),
    path("contacts/bulk", contacts.ContactsView.as_view(), name="api_contacts"),
    path("customer-tiers", compensation.TiersView.as_view(), name="api_customer_tiers"),
    path("customer-requests", care.WishesView.as_view(), name="api_customer_requests"),
    path("customer-requests/<int:pk>/answer", care.WishView.as_view(), name="api_customer_request_answer"),
    path("surveys", care.SurveysView.as_view(), name="api_surveys"),
    path("satisfaction", care.SatisfactionView.as_view(), name="api_satisfaction"),
    path("desk/search", care.DeskSearchView.as_view(), name="api_desk_search"),
    path("complaints", care.ComplaintsView.as_view(), name="api_complaints"),
    path("complaints/<int:pk>/answer", care.ComplaintView.as_view(), name="api_complaint_answer"),
    path("replies", care.RepliesView.as_view(), name="api_replies"),
]
