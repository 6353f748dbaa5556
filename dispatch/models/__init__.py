"""The network, the orders, what is closed and what a closure hit."""

from dispatch.models.closures import AffectedOrder, AffectedSet, LaneClosure, WarehouseClosure
from dispatch.models.detours import Detour, DetourReason
from dispatch.models.edited import Cause
from dispatch.models.handover import AnswerCount, Promotion, RefusedLane
from dispatch.models.hubs import Hub, HubClosure, HubKind, LaneLeg
from dispatch.models.intake import EarlyStatus, IntakeEvent, Stock
from dispatch.models.loads import LoadCount, NetworkLoad
from dispatch.models.network import (
    Carrier,
    CustomerRestriction,
    Lane,
    LaneRate,
    LaneState,
    Mode,
    Region,
    RegionLevel,
    Warehouse,
    WarehouseKind,
    WarehousePort,
    WarehouseProduct,
)
from dispatch.models.openings import NetworkImport, RegionRisk, WarehouseOpening
from dispatch.models.options import CapacityReservation, RerouteOption, StockReservation
from dispatch.models.orders import MOVING, ORDER_MOVES, HourlyThroughput, Order, OrderState, Parcel, ParcelState
from dispatch.models.reroute import (
    Assignment,
    AssignmentAnswer,
    AssignmentKind,
    Goal,
    Outcome,
    Proposal,
    RerouteRun,
    RerouteSkip,
    RunKind,
    RunState,
    SkipReason,
    Standby,
)
from dispatch.models.terms import CalendarDay, CarrierContract, WorkCalendar
from dispatch.models.waves import WAVE_MOVES, WAVES_AHEAD, RerouteWave, WaveState, Zone

__all__ = [
    "MOVING",
    "ORDER_MOVES",
    "WAVES_AHEAD",
    "WAVE_MOVES",
    "AffectedOrder",
    "AffectedSet",
    "AnswerCount",
    "Assignment",
    "AssignmentAnswer",
    "AssignmentKind",
    "CalendarDay",
    "CapacityReservation",
    "Carrier",
    "CarrierContract",
    "Cause",
    "CustomerRestriction",
    "Detour",
    "DetourReason",
    "EarlyStatus",
    "Goal",
    "HourlyThroughput",
    "Hub",
    "HubClosure",
    "HubKind",
    "IntakeEvent",
    "Lane",
    "LaneClosure",
    "LaneLeg",
    "LaneRate",
    "LaneState",
    "LoadCount",
    "Mode",
    "NetworkImport",
    "NetworkLoad",
    "Order",
    "OrderState",
    "Outcome",
    "Parcel",
    "ParcelState",
    "Promotion",
    "Proposal",
    "RefusedLane",
    "Region",
    "RegionLevel",
    "RegionRisk",
    "RerouteOption",
    "RerouteRun",
    "RerouteSkip",
    "RerouteWave",
    "RunKind",
    "RunState",
    "SkipReason",
    "Standby",
    "Stock",
    "StockReservation",
    "Warehouse",
    "WarehouseClosure",
    "WarehouseKind",
    "WarehouseOpening",
    "WarehousePort",
    "WarehouseProduct",
    "WaveState",
    "WorkCalendar",
    "Zone",
]
