from django.urls import path

from dispatch.views import affected, exports, network, orders, reroutes

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
    path("orders/", orders.order_list, name="order_list"),
    path("orders/<int:pk>/", orders.order_page, name="order"),
    path("orders/excel/", exports.orders, name="orders_excel"),
    path("orders/stock/excel/", exports.stock, name="stock_excel"),
    path("orders/network/lanes/excel/", exports.lanes, name="lanes_excel"),
    path("orders/affected/<int:pk>/", affected.affected_page, name="affected"),
    path("orders/affected/<int:pk>/excel/", exports.affected, name="affected_excel"),
    path("orders/affected/<int:pk>/refresh/", affected.affected_refresh, name="affected_refresh"),
    path("reroutes/<int:pk>/proposals/excel/", exports.proposals, name="proposals_excel"),
    path("reroutes/<int:pk>/waves/excel/", exports.waves, name="waves_excel"),
    path("reroutes/<int:pk>/assignments/excel/", exports.assignments, name="assignments_excel"),
    path("orders/intake/", orders.order_intake, name="order_intake"),
    path("orders/network/", network.network_page, name="network"),
    path("orders/network/state/", network.network_state, name="network_state"),
    path("orders/network/lanes/", network.network_lanes, name="network_lanes"),
    path("orders/network/lanes/<int:pk>/state/", network.lane_state, name="lane_state"),
    path("orders/network/closing/", network.closing, name="closing"),
    path("orders/network/close/", network.close, name="network_close"),
    path("orders/network/reopen/", network.reopen, name="network_reopen"),
]
