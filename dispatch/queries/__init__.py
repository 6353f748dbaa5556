"""Reads of dispatch."""

from dispatch.queries.feed import BadCursor, FeedPage, assignments_after
from dispatch.queries.impact import Impact, impact
from dispatch.queries.network import (
    NetworkCapacity,
    closed_lanes,
    closed_warehouses,
    network_capacity,
    open_closures,
)
from dispatch.queries.orders import find_orders, visible_orders
from dispatch.queries.reroutes import RerouteProgress, money, newest_run, reroute_progress
from dispatch.queries.throughput import ThroughputPoint, throughput

__all__ = [
    "BadCursor",
    "FeedPage",
    "Impact",
    "NetworkCapacity",
    "RerouteProgress",
    "ThroughputPoint",
    "assignments_after",
    "closed_lanes",
    "closed_warehouses",
    "find_orders",
    "impact",
    "money",
    "network_capacity",
    "newest_run",
    "open_closures",
    "reroute_progress",
    "throughput",
    "visible_orders",
]
