"""Writes of dispatch."""

from dispatch.operations.closures import EmptyScope, close_scope, freeze_affected, reopen_scope

__all__ = ["EmptyScope", "close_scope", "freeze_affected", "reopen_scope"]
