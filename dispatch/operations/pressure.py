"""Back-pressure: how many intakes may be at work at once, counted in the database over all processes.

An intake holds a slot (an advisory lock) until its transaction ends. When none is free the caller is asked to come
again: more at once would only wait for each other's rows and for two cores, and the reroute with them. A call that
meets rows which a wave is just moving waits a while for them and is then asked to come again as well.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import ClassVar

from django.db import OperationalError, connection
from psycopg2.errors import LockNotAvailable

from journal.refusal import Refusal

SLOTS = 4
PATIENCE_MS = 4_000
FREE_SLOT = """
SELECT set_config('lock_timeout', %(patience)s, true), (
    SELECT pg_try_advisory_xact_lock(hashtext('dispatch:intake'), slot)
    FROM generate_series(0, %(slots)s - 1) slot
    WHERE pg_try_advisory_xact_lock(hashtext('dispatch:intake'), slot) LIMIT 1
)
"""


class TooBusy(Refusal):
    """As many intakes as the database can serve are at work; `retry_after` says when to send the call again."""

    status: ClassVar[int] = 429

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message, retry_after=retry_after)
        self.retry_after = retry_after


def take_slot() -> None:
    """Hold a slot until the transaction ends, and wait no longer than PATIENCE_MS for a row. Raises TooBusy."""
    with connection.cursor() as cursor:
        cursor.execute(FREE_SLOT, {"slots": SLOTS, "patience": f"{PATIENCE_MS}ms"})
        if not cursor.fetchone()[1]:
            raise TooBusy(f"{SLOTS} calls are being taken in already; send this one again in a second.", 1)


@contextlib.contextmanager
def rows_in_use() -> Iterator[None]:
    """A wait for rows that took too long, as TooBusy. Wraps the transaction."""
    try:
        yield
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise TooBusy("Rows of this call are in use, perhaps by a reroute; come again in 2 seconds.", 2) from error
        raise
