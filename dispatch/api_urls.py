from django.urls import path

from dispatch.api import assignments, handover, intake, network, orders, reroutes

urlpatterns = [
    path("orders/bulk", intake.BulkIntake.as_view(), name="api_orders_bulk"),
    path("stock/bulk", intake.StockBulk.as_view(), name="api_stock_bulk"),
    path("events", intake.EventsIntake.as_view(), name="api_events"),
    path("orders", orders.OrderList.as_view(), name="api_orders"),
    path("orders/<str:external_id>", orders.OrderDetail.as_view(), name="api_order"),
    path("regions", network.RegionList.as_view(), name="api_regions"),
    path("warehouses", network.WarehouseList.as_view(), name="api_warehouses"),
    path("lanes", network.LaneList.as_view(), name="api_lanes"),
    path("reroutes", reroutes.RunList.as_view(), name="api_reroutes"),
    path("reroutes/<int:pk>", reroutes.RunDetail.as_view(), name="api_reroute"),
    path("reroutes/<int:pk>/proposals", reroutes.ProposalList.as_view(), name="api_reroute_proposals"),
    path("reroutes/<int:pk>/approve", reroutes.Approve.as_view(), name="api_reroute_approve"),
    path("reroutes/<int:pk>/reject", reroutes.Reject.as_view(), name="api_reroute_reject"),
    path("reroutes/<int:pk>/roll_back", reroutes.RollBack.as_view(), name="api_reroute_roll_back"),
    path("reroutes/<int:pk>/skipped", handover.SkippedOrders.as_view(), name="api_reroute_skipped"),
    path("reroutes/<int:pk>/refused", handover.RefusedOrders.as_view(), name="api_reroute_refused"),
    path("assignments", assignments.AssignmentFeed.as_view(), name="api_assignments"),
    path("assignments/ack", assignments.AssignmentAnswers.as_view(), name="api_assignments_ack"),
]
