"""Reads of dispatch."""

from dispatch.queries.impact import Impact, impact
from dispatch.queries.network import (
    NetworkCapacity,
    closed_lanes,
    closed_warehouses,
    network_capacity,
    open_closures,
)
from dispatch.queries.orders import find_orders, visible_orders
from dispatch.queries.throughput import ThroughputPoint, throughput

__all__ = [
    "Impact",
    "NetworkCapacity",
    "ThroughputPoint",
    "closed_lanes",
    "closed_warehouses",
    "find_orders",
    "impact",
    "network_capacity",
    "open_closures",
    "throughput",
    "visible_orders",
]
