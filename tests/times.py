"""The time of a test database."""

from datetime import timedelta

from django.db import connection, transaction


def shift(**amount: float) -> None:
    """shift(minutes=30): set it forward and wake the clocks."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO journal_installation (id, epoch, send_hold, time_offset) VALUES (1, 0, false, %s)"
            " ON CONFLICT (id) DO UPDATE SET time_offset = journal_installation.time_offset + excluded.time_offset",
            [timedelta(**amount)],
        )
        cursor.execute("SELECT pg_notify('fenghuo_clock', '')")
