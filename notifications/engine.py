"""Sending: see the package's docstring for the flow."""

from __future__ import annotations


def send_due(*, urgent: bool, limit: int) -> int:
    """Claim and send up to `limit` due chunks, one after the other; return how many were handled."""
    return 0


def more_due(*, urgent: bool) -> bool:
    """Whether another chunk could be claimed now."""
    return False
