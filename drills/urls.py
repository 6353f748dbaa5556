from django.urls import path

from drills import views

urlpatterns = [
    path("drills/", views.drill_list, name="drill_list"),
    path("drills/start/", views.drills_start, name="drills_start"),
    path("drills/<int:pk>/", views.drill_detail, name="drill_detail"),
    path("drills/<int:pk>/abort/", views.drills_abort, name="drills_abort"),
    path("panels/drill-card/", views.drills_start_card, name="drills_start_card"),
    path("panels/drills/<int:pk>/", views.drill_progress, name="drill_progress"),
]
