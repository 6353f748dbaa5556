"""The network, the orders, what is closed and what a closure hit."""

from dispatch.models.closures import AffectedOrder, AffectedSet, LaneClosure, WarehouseClosure
from dispatch.models.network import (
    Carrier,
    CustomerRestriction,
    Lane,
    LaneRate,
    LaneState,
    Region,
    RegionLevel,
    Warehouse,
    WarehouseKind,
    WarehousePort,
    WarehouseProduct,
)
from dispatch.models.orders import ORDER_MOVES, HourlyThroughput, Order, OrderState

__all__ = [
    "ORDER_MOVES",
    "AffectedOrder",
    "AffectedSet",
    "Carrier",
    "CustomerRestriction",
    "HourlyThroughput",
    "Lane",
    "LaneClosure",
    "LaneRate",
    "LaneState",
    "Order",
    "OrderState",
    "Region",
    "RegionLevel",
    "Warehouse",
    "WarehouseClosure",
    "WarehouseKind",
    "WarehousePort",
    "WarehouseProduct",
]
