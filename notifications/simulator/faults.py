"""How a simulated provider misbehaves around a call, as its knobs say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from notifications.simulator.knobs import Knobs
from notifications.simulator.ledger import Ledger

HANG_SECONDS = 3600.0


class Refused(Exception):
    """An error answer: the provider's code and the HTTP status."""

    def __init__(self, code: str, message: str = "", status: int = 400) -> None:
        super().__init__(code)
        self.code, self.message, self.status = code, message or code, status


class LateError(Exception):
    """Taken, and then answered with 504 by something on the way."""


class Provider(Protocol):
    """What is refused with which words when the account is in arrears, when too much is asked, or by a fault."""

    ledger: Ledger
    knobs: Knobs
    arrears: Refused
    throttled: Refused
    broken: Refused


async def perform(provider: Provider, name: str, action: Callable[[], Any], *, asked: bool = False) -> Any:
    """Count, wait, perhaps refuse; act; perhaps hang or lose the answer. Questions (`asked`) are only counted and
    delayed. Raises Refused, LateError."""
    knobs, ledger = provider.knobs, provider.ledger
    ledger.calls[name] += 1
    if knobs.latency:
        await asyncio.sleep(knobs.latency)
    if not asked:
        if knobs.out_of_service:
            raise provider.arrears
        if knobs.hit(knobs.throttle):
            raise provider.throttled
        if knobs.hit(knobs.error):
            raise provider.broken
    answer = action()
    if not asked and knobs.hit(knobs.hang):
        ledger.calls["hung"] += 1
        await asyncio.sleep(HANG_SECONDS)
    if not asked and knobs.hit(knobs.late_error):
        raise LateError
    return answer
