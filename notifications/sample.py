"""What the sample organisation needs of notifications: the default templates, which every database has anyway."""

from __future__ import annotations

from notifications.operations import load_defaults


def load() -> None:
    load_defaults()
