"""Reads of dispatch."""

from dispatch.queries.feed import BadCursor, FeedPage, assignments_after
from dispatch.queries.impact import Impact, impact
from dispatch.queries.network import (
    NetworkCapacity,
    closed_hubs,
    closed_lanes,
    closed_warehouses,
    network_capacity,
    open_closures,
    warehouse_states,
)
from dispatch.queries.orders import OrderFigures, find_orders, order_figures, visible_orders
from dispatch.queries.reroutes import (
    RerouteProgress,
    money,
    newest_advice,
    newest_return,
    newest_run,
    reroute_progress,
    reroutes_progress,
)
from dispatch.queries.rooms import Room, lane_risks, lane_rooms, resting_lanes, warehouse_rooms
from dispatch.queries.standby import StillOpen, still_open
from dispatch.queries.throughput import ThroughputPoint, throughput

__all__ = [
    "BadCursor",
    "FeedPage",
    "Impact",
    "NetworkCapacity",
    "OrderFigures",
    "RerouteProgress",
    "Room",
    "StillOpen",
    "ThroughputPoint",
    "assignments_after",
    "closed_hubs",
    "closed_lanes",
    "closed_warehouses",
    "find_orders",
    "impact",
    "lane_risks",
    "lane_rooms",
    "money",
    "network_capacity",
    "newest_advice",
    "newest_return",
    "newest_run",
    "open_closures",
    "order_figures",
    "reroute_progress",
    "reroutes_progress",
    "resting_lanes",
    "still_open",
    "throughput",
    "visible_orders",
    "warehouse_rooms",
    "warehouse_states",
]
