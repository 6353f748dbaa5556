from django.urls import path

from dispatch.views import reroutes

urlpatterns = [
    path("panels/dispatch/<str:reference>/", reroutes.panel, name="dispatch_panel"),
    path("panels/dispatch/<str:reference>/ask/", reroutes.ask, name="reroute_ask"),
    path("reroutes/", reroutes.run_list, name="reroute_list"),
    path("reroutes/<int:pk>/", reroutes.run_page, name="reroute"),
    path("reroutes/<int:pk>/summary/", reroutes.run_summary, name="reroute_summary"),
    path("reroutes/<int:pk>/explain/", reroutes.explain, name="reroute_explain"),
    path("reroutes/<int:pk>/approve/", reroutes.approve, name="reroute_approve"),
    path("reroutes/<int:pk>/reject/", reroutes.reject, name="reroute_reject"),
    path("reroutes/<int:pk>/roll-back/", reroutes.roll_back, name="reroute_roll_back"),
]
