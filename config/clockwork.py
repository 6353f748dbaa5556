"""The roof hands every room's due tables and journal readers to the clock: each `<room>/due.py` lists SOURCES."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.conf import settings

from journal.clock import Source


def all_sources() -> list[Source]:
    sources: list[Source] = []
    for room in settings.ROOMS:
        if find_spec(f"{room}.due"):
            sources += import_module(f"{room}.due").SOURCES
    return sources
