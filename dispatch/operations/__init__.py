"""Writes of dispatch."""

from dispatch.operations.closures import EmptyScope, close_scope, freeze_affected, reopen_scope
from dispatch.operations.intake import Intake, receive_orders

__all__ = ["EmptyScope", "Intake", "close_scope", "freeze_affected", "receive_orders", "reopen_scope"]
