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
    NotYours,
    TooLateToUndo,
    UnknownItem,
    UnknownWarehouse,
)
from inventory.operations.supplies import Issued, IssueResult, Shortage, issue_supplies

__all__ = [
    "BadKey",
    "BadQuantity",
    "IssueResult",
    "Issued",
    "KeyReused",
    "MoreThanIssued",
    "NotEnough",
    "NotYours",
    "Shortage",
    "TooLateToUndo",
    "UnknownItem",
    "UnknownWarehouse",
    "count",
    "issue",
    "issue_supplies",
    "log_movement",
    "receive",
    "return_",
    "set_par",
    "undo_movement",
    "write_off",
]
