"""Whether the engine runs: for the probe, for the commander's eyes, and for a monitor outside.

The web process asks the database, not the clocks: a clock that hangs cannot say so itself.
"""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError

from config.clockwork import all_sources
from journal.clock import engine_state

log = structlog.get_logger()

KEPT_SECONDS, KNOWN_SECONDS = 3.0, 15.0
PING_SECONDS = 5.0


@dataclass(frozen=True)
class Engine:
    """The engine's health with the figures behind it; `away` when the database did not answer."""

    healthy: bool
    figures: dict[str, Any] = field(default_factory=dict)
    away: bool = False

    @property
    def no_clock(self) -> bool:
        return not self.away and not self.figures.get("clocks")

    @property
    def late_seconds(self) -> float:
        """How long the oldest row that may not wait has been due."""
        return max(self.figures.get("late", {}).values(), default=0.0)


class Watchdog:
    """Asks at most once in KEPT_SECONDS, however many pages want to know; one asks, the others wait for its answer."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.asked_at = float("-inf")
        self.engine = Engine(healthy=True)

    def look(self) -> Engine:
        return self.at_most(KEPT_SECONDS)

    def known(self) -> Engine:
        """What a page says when it is opened; the banner asks again by itself, so it costs most pages nothing."""
        return self.at_most(KNOWN_SECONDS)

    def at_most(self, seconds: float) -> Engine:
        if time.monotonic() - self.asked_at > seconds:
            with self.lock:
                if time.monotonic() - self.asked_at > seconds:
                    self.engine = ask()
                    self.asked_at = time.monotonic()
        return self.engine

    def forget(self) -> None:
        self.asked_at = float("-inf")


def ask() -> Engine:
    """What the database says now."""
    try:
        healthy, figures = engine_state(all_sources())
    except DatabaseError:
        return Engine(healthy=False, away=True)
    return Engine(healthy, figures)


watchdog = Watchdog()


class Heartbeat:
    """Pings the operator's address; a failure is logged when it begins, and so is its end."""

    def __init__(self) -> None:
        self.failing = False

    def send(self, url: str) -> bool:
        try:
            if not url.startswith(("http://", "https://")):
                raise ValueError("FENGHUO_HEARTBEAT_URL must begin with https:// or http://")
            request = urllib.request.Request(url, headers={"User-Agent": "Fenghuo"})
            with urllib.request.urlopen(request, timeout=PING_SECONDS) as answer:
                answer.read(1)
        except (urllib.error.URLError, OSError, ValueError) as error:
            if not self.failing:
                log.warning("heartbeat not delivered", error=str(error))
            self.failing = True
            return False
        if self.failing:
            log.info("heartbeat delivered again")
        self.failing = False
        return True


beat = Heartbeat()


def send_heartbeat() -> bool:
    """Ping FENGHUO_HEARTBEAT_URL while the engine is healthy; a sick engine keeps silent, so that the monitor outside
    raises the alarm. Returns whether a ping was delivered. Runs outside of any transaction, in no timer's way."""
    if not settings.HEARTBEAT_URL or not ask().healthy:
        return False
    return beat.send(settings.HEARTBEAT_URL)
