from django.urls import path

from accounts import api

urlpatterns = [
    path("roster/now", api.RosterNow.as_view(), name="api_roster_now"),
    path("roster/duties", api.DutyList.as_view(), name="api_roster_duties"),
    path("roster/gaps", api.GapList.as_view(), name="api_roster_gaps"),
    path("roster/rotations", api.RotationList.as_view(), name="api_rotations"),
    path("roster/rotations/preview", api.RotationPreviewView.as_view(), name="api_rotation_preview"),
    path("roster/rotations/<int:pk>", api.RotationDetail.as_view(), name="api_rotation"),
    path("roster/swaps", api.SwapList.as_view(), name="api_swaps"),
    path("roster/swaps/<int:pk>", api.SwapDetail.as_view(), name="api_swap"),
    path("roster/days", api.DayList.as_view(), name="api_roster_days"),
]
