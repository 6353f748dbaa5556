from django.urls import path

from alerts import api

urlpatterns = [
    path("alerts/cap", api.CapView.as_view(), name="api_cap"),
    path("alerts/warnings", api.WarningsView.as_view(), name="api_warnings"),
]
