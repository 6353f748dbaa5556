from django.urls import path

from customers import public
from customers.views import audience, compensation, desk, places, policies, rules, satisfaction, trial
from customers.views import notices as views

urlpatterns = [
    path("notices/", views.notice_list, name="notice_list"),
    path("notices/prepare/<str:reference>/", views.prepare, name="notice_prepare"),
    path("notices/words/<int:pk>/people/", trial.template_people, name="template_people"),
    path("notices/<int:pk>/", views.notice, name="notice"),
    path("notices/<int:pk>/body/", views.notice_body, name="notice_body"),
    path("notices/<int:pk>/map/", places.notice_map, name="notice_map"),
    path("notices/<int:pk>/edit/", views.edit, name="notice_edit"),
    path("notices/<int:pk>/filters/", audience.filters, name="notice_filters"),
    path("notices/<int:pk>/count/", audience.count, name="notice_count"),
    path("notices/<int:pk>/people/", audience.recipients, name="notice_people"),
    path("notices/<int:pk>/people/<str:kind>/", audience.people_file, name="notice_people_file"),
    path("notices/<int:pk>/correct/", views.correct, name="notice_correct"),
    path("notices/<int:pk>/follow-up/", views.follow_up, name="notice_follow_up"),
    path("notices/<int:pk>/waves/<int:number>/", views.release, name="notice_wave"),
    path("notices/<int:pk>/<str:step>/", views.take_step, name="notice_step"),
    path("panels/customers/<str:reference>/", views.panel, name="customers_panel"),
    path("s/<str:token>/", public.status, name="customer_status"),
    path("desk/", desk.desk_page, name="desk"),
    path("desk/search/", desk.desk_search, name="desk_search"),
    path("desk/satisfaction/", satisfaction.satisfaction_page, name="satisfaction"),
    path("desk/satisfaction/<str:reference>/send/", satisfaction.survey_send, name="survey_send"),
    path("desk/rules/<str:area>/", rules.rules_page, name="care_rules"),
    path("desk/compensation/", compensation.compensation_list, name="compensation_list"),
    path("desk/compensation/policy/", policies.policy_page, name="policy"),
    path("desk/compensation/policy/<int:number>/<str:step>/", policies.policy_step, name="policy_step"),
    path("desk/compensation/spans/<int:pk>/<str:step>/", compensation.span_step, name="span_step"),
    path("desk/compensation/for/<str:reference>/", compensation.compensation_matter, name="compensation_matter"),
    path(
        "desk/compensation/for/<str:reference>/propose/", compensation.compensation_propose, name="compensation_propose"
    ),
    path("desk/compensation/for/<str:reference>/refuse/", compensation.claims_refuse, name="claims_refuse"),
    path("desk/compensation/for/<str:reference>/spans/", compensation.span_add, name="span_add"),
    path("desk/compensation/<int:pk>/", compensation.compensation_page, name="compensation"),
    path("desk/compensation/<int:pk>/file/<str:kind>/", compensation.compensation_file, name="compensation_file"),
    path("desk/compensation/<int:pk>/<str:step>/", compensation.compensation_step, name="compensation_step"),
    path("desk/complaints/<int:pk>/answer/", desk.complaint_answer, name="complaint_answer"),
    path("desk/<int:pk>/", desk.desk_order, name="desk_order"),
    path("desk/<int:pk>/unmask/", desk.desk_unmask, name="desk_unmask"),
    path("desk/<int:pk>/reply/", desk.desk_reply, name="desk_reply"),
    path("desk/<int:pk>/complain/", desk.desk_complain, name="desk_complain"),
]
