from django.urls import path

from dispatch.api import affected, assignments, closings, handover, intake, network, orders, reroute_steps, reroutes
from dispatch.api.parts import VIEWS

urlpatterns = [
    path("orders/bulk", intake.BulkIntake.as_view(), name="api_orders_bulk"),
    path("stock/bulk", intake.StockBulk.as_view(), name="api_stock_bulk"),
    path("affected", affected.AffectedList.as_view(), name="api_affected_sets"),
    path("affected/<int:pk>", affected.AffectedDetail.as_view(), name="api_affected"),
    path("affected/<int:pk>/orders", affected.AffectedOrders.as_view(), name="api_affected_orders"),
    path("affected/<int:pk>/refresh", affected.RefreshAffected.as_view(), name="api_affected_refresh"),
    path("events", intake.EventsIntake.as_view(), name="api_events"),
    path("orders", orders.OrderList.as_view(), name="api_orders"),
    path("orders/<str:external_id>", orders.OrderDetail.as_view(), name="api_order"),
    *(path(f"network/{kind}s", found["many"].as_view(), name=f"api_{kind}_parts") for kind, found in VIEWS.items()),
    *(path(f"network/{kind}s/<str:key>", found["one"].as_view(), name=f"api_{kind}") for kind, found in VIEWS.items()),
    *(
        path(f"network/{kind}s/<str:key>/restore", found["restore"].as_view(), name=f"api_{kind}_restore")
        for kind, found in VIEWS.items()
        if kind != "region"
    ),
    path("network/warehouses/<str:key>/opening", closings.Opening.as_view(), name="api_warehouse_opening"),
    path("network/warehouses/<str:key>/limit", closings.Limit.as_view(), name="api_warehouse_limit"),
    path("network/closings", closings.Closings.as_view(), name="api_closings"),
    path("network/closings/<str:name>", closings.Closing.as_view(), name="api_closing"),
    path("network/files", closings.Files.as_view(), name="api_network_files"),
    path("network/files/<int:pk>/apply", closings.FileApply.as_view(), name="api_network_apply"),
    path("network/export", closings.Export.as_view(), name="api_network_export"),
    path("regions", network.RegionList.as_view(), name="api_regions"),
    path("warehouses", network.WarehouseList.as_view(), name="api_warehouses"),
    path("lanes", network.LaneList.as_view(), name="api_lanes"),
    path("reroutes", reroutes.RunList.as_view(), name="api_reroutes"),
    path("reroutes/<int:pk>", reroutes.RunDetail.as_view(), name="api_reroute"),
    path("reroutes/<int:pk>/proposals", reroutes.ProposalList.as_view(), name="api_reroute_proposals"),
    path("reroutes/<int:pk>/options", reroute_steps.OptionList.as_view(), name="api_reroute_options"),
    path("reroutes/<int:pk>/choose", reroute_steps.Choose.as_view(), name="api_reroute_choose"),
    path("reroutes/<int:pk>/polish", reroute_steps.Polish.as_view(), name="api_reroute_polish"),
    path("reroutes/<int:pk>/adjust", reroute_steps.Adjust.as_view(), name="api_reroute_adjust"),
    path("reroutes/<int:pk>/compare", reroute_steps.Compare.as_view(), name="api_reroute_compare"),
    path("reroutes/<int:pk>/orders/<str:external_id>", reroute_steps.Explain.as_view(), name="api_reroute_order"),
    path("reroutes/<int:pk>/pause", reroute_steps.Pause.as_view(), name="api_reroute_pause"),
    path("reroutes/<int:pk>/resume", reroute_steps.Resume.as_view(), name="api_reroute_resume"),
    path("reroutes/<int:pk>/waves/<int:number>/approve", reroute_steps.WaveApprove.as_view(), name="api_wave_approve"),
    path("reroutes/<int:pk>/waves/<int:number>/pause", reroute_steps.WavePause.as_view(), name="api_wave_pause"),
    path("reroutes/<int:pk>/waves/<int:number>/resume", reroute_steps.WaveResume.as_view(), name="api_wave_resume"),
    path("reroutes/<int:pk>/waves/<int:number>/drop", reroute_steps.WaveDrop.as_view(), name="api_wave_drop"),
    path(
        "reroutes/<int:pk>/waves/<int:number>/roll_back",
        reroute_steps.WaveRollBack.as_view(),
        name="api_wave_roll_back",
    ),
    path("reservations", reroute_steps.ReservationList.as_view(), name="api_reservations"),
    path("reroutes/<int:pk>/approve", reroutes.Approve.as_view(), name="api_reroute_approve"),
    path("reroutes/<int:pk>/ask_approval", reroute_steps.AskApproval.as_view(), name="api_reroute_ask_approval"),
    path("reroutes/<int:pk>/reject", reroutes.Reject.as_view(), name="api_reroute_reject"),
    path("reroutes/<int:pk>/roll_back", reroutes.RollBack.as_view(), name="api_reroute_roll_back"),
    path("reroutes/<int:pk>/detours", handover.Detours.as_view(), name="api_reroute_detours"),
    path("reroutes/<int:pk>/skipped", handover.SkippedOrders.as_view(), name="api_reroute_skipped"),
    path("reroutes/<int:pk>/refused", handover.RefusedOrders.as_view(), name="api_reroute_refused"),
    path("reroutes/<int:pk>/forecast", handover.RecoveryForecast.as_view(), name="api_reroute_forecast"),
    path("assignments", assignments.AssignmentFeed.as_view(), name="api_assignments"),
    path("assignments/ack", assignments.AssignmentAnswers.as_view(), name="api_assignments_ack"),
]
