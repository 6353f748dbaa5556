from django.urls import path

from dispatch.api import network, orders

urlpatterns = [
    path("orders/bulk", orders.BulkIntake.as_view(), name="api_orders_bulk"),
    path("orders", orders.OrderList.as_view(), name="api_orders"),
    path("orders/<str:external_id>", orders.OrderDetail.as_view(), name="api_order"),
    path("regions", network.RegionList.as_view(), name="api_regions"),
    path("warehouses", network.WarehouseList.as_view(), name="api_warehouses"),
    path("lanes", network.LaneList.as_view(), name="api_lanes"),
]
