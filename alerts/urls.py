from django.urls import path

from alerts import views

urlpatterns = [
    path("alerts/", views.alert_list, name="alert_list"),
    path("alerts/rows/", views.alert_rows, name="alert_rows"),
    path("alerts/file/", views.file_warning, name="alert_file"),
    path("alerts/<int:pk>/", views.alert_detail, name="alert_detail"),
    path("alerts/<int:pk>/raw/", views.alert_raw, name="alert_raw"),
    path("panels/alerts/<str:reference>/", views.panel, name="alerts_panel"),
]
