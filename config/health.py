"""Keeps probes out of the log: a probe that finds the engine sick tells its own caller."""

from __future__ import annotations

import logging


class NotHealth(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        return not str(getattr(request, "path", "")).startswith("/health")
