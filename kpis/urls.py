from django.urls import path

from kpis import views

urlpatterns = [
    path("figures/", views.kpi_list, name="kpi_list"),
    path("figures/<int:pk>/", views.kpi_detail, name="kpi_detail"),
    path("panels/figures/<str:reference>/", views.kpis_panel, name="kpis_panel"),
]
