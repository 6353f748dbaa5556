"""What the log may hold: never a row's values, a phone number or an e-mail address.

A database tells in DETAIL which row it refused, values and all, and a rich traceback shows every local variable. So a
traceback here is plain, an error of the database is its first line, and what still looks like an address is masked.
"""

from __future__ import annotations

import logging
import re
import traceback
from typing import Any, TextIO

import psycopg2
import structlog
from django.db import DataError
from django.db import Error as DatabaseError

VALUES = re.compile(r"(DETAIL|CONTEXT|QUERY|STATEMENT|DataError\([^:\n]*):.*")
PHONE = re.compile(r"(?<![\w.-])(?:\+?86)?(1[3-9]\d)\d{4}(\d{4})(?![\w])")
EMAIL = re.compile(r"\b(\w)[\w.+-]*@((?:[\w-]+\.)+\w{2,})\b")


def discreet(text: str) -> str:
    """The text without rows' values, numbers and addresses."""
    text = VALUES.sub(r"\1: …", text)
    return EMAIL.sub(r"\1•••@\2", PHONE.sub(r"\1••••\2", text))


def plain_traceback(file: TextIO, exc_info: Any) -> None:
    """A traceback of places and types; what an error of the database says of values is left out."""
    whole = traceback.TracebackException(*exc_info)
    told: traceback.TracebackException | None = whole
    error: BaseException | None = exc_info[1]
    while told is not None and error is not None:
        if isinstance(error, DatabaseError | psycopg2.Error):
            first = str(error).partition("\n")[0]
            quotes = isinstance(error, DataError | psycopg2.DataError)  # the value itself
            told._str = first.partition(":")[0] if quotes else first  # type: ignore[attr-defined]
        if told.__cause__ is not None:
            told, error = told.__cause__, error.__cause__
        else:
            told, error = told.__context__, error.__context__
    file.write("\n" + "".join(whole.format()))


class Discreet(structlog.stdlib.ProcessorFormatter):
    """Renders every record of the log, ours and others'."""

    def __init__(self) -> None:
        super().__init__(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.dev.ConsoleRenderer(colors=False, exception_formatter=plain_traceback),
            ],
            foreign_pre_chain=[structlog.stdlib.add_log_level, structlog.processors.TimeStamper(fmt="%H:%M:%S")],
        )

    def format(self, record: logging.LogRecord) -> str:
        return discreet(super().format(record))
