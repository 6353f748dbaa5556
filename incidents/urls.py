from django.urls import path

from incidents import views

urlpatterns = [
    path("incidents/", views.incident_list, name="incident_list"),
    path("incidents/report/", views.incident_report, name="incident_report"),
    path("incidents/report/preview/", views.grade_preview, name="incident_grade_preview"),
    path("incidents/report/places/", views.places, name="incident_places"),
    path("incidents/<int:pk>/", views.incident_room, name="incident_room"),
    path("incidents/<int:pk>/head/", views.incident_head, name="incident_head"),
    path("incidents/<int:pk>/measures/", views.incident_measures, name="incident_measures"),
    path("incidents/<int:pk>/posts/", views.incident_posts, name="incident_posts"),
    path("incidents/<int:pk>/plan/", views.incident_plan, name="incident_plan"),
    path("incidents/<int:pk>/do/<slug:action>/", views.incident_step, name="incident_step"),
    path("incidents/<int:pk>/note/", views.incident_note, name="incident_note"),
    path("incidents/<int:pk>/seats/<slug:post>/", views.seat_step, name="seat_step"),
    path("incidents/<int:pk>/checks/<slug:code>/", views.check_step, name="check_step"),
    path("incidents/measures/<int:pk>/<slug:action>/", views.measure_step, name="measure_step"),
    path("incidents/callouts/<int:pk>/<slug:action>/", views.callout_step, name="callout_step"),
    path("plans/", views.plan_list, name="plan_list"),
    path("plans/<int:pk>/", views.plan_detail, name="plan_detail"),
    path("plans/<int:pk>/<slug:action>/", views.plan_step, name="plan_step"),
    path("c/<str:token>/", views.callout_link, name="callout_link"),
]
