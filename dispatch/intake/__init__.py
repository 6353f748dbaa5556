"""Reading what the order system sends: bytes in, checked rows out. No database here."""

from dispatch.intake.reading import (
    MOST_BYTES,
    MOST_ORDERS,
    MalformedOrders,
    TooManyOrders,
    as_array,
    checked,
    read,
    unpacked,
)
from dispatch.intake.rows import Batch, Fault, OrderRow, ParcelRow, illegal_move

__all__ = [
    "MOST_BYTES",
    "MOST_ORDERS",
    "Batch",
    "Fault",
    "MalformedOrders",
    "OrderRow",
    "ParcelRow",
    "TooManyOrders",
    "as_array",
    "checked",
    "illegal_move",
    "read",
    "unpacked",
]
