"""Writes of the stock ledger."""

from inventory.operations.movements import (
    count,
    issue,
    log_movement,
    receive,
    return_,
    set_par,
    undo_movement,
    write_off,
)
from inventory.operations.rules import (
    BadKey,
    BadQuantity,
    KeyReused,
    MoreThanIssued,
    NotEnough,
    NothingMissing,
    NotYours,
    TooLateToUndo,
    UnknownItem,
    UnknownWarehouse,
)
from inventory.operations.setup import equip_warehouses
from inventory.operations.supplies import Issued, IssueResult, Shortage, issue_missing, issue_supplies

__all__ = [
    "BadKey",
    "BadQuantity",
    "IssueResult",
    "Issued",
    "KeyReused",
    "MoreThanIssued",
    "NotEnough",
    "NotYours",
    "NothingMissing",
    "Shortage",
    "TooLateToUndo",
    "UnknownItem",
    "UnknownWarehouse",
    "count",
    "equip_warehouses",
    "issue",
    "issue_missing",
    "issue_supplies",
    "log_movement",
    "receive",
    "return_",
    "set_par",
    "undo_movement",
    "write_off",
]
