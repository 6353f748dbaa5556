"""An entry about one row of care, in its matter and exercise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounts.actors import Actor
from journal import operations as journal


def write(kind: str, name: str, row: Any, by: Actor, payload: Mapping[str, object], *, quiet: bool = False) -> None:
    """`name` is what the row is called: the subject is "name:id". `quiet`: not on the matter's timeline."""
    journal.write(
        kind=kind,
        subject=f"{name}:{row.pk}",
        reference="" if quiet else row.reference,
        by=by,
        exercise=row.exercise,
        payload=payload,
    )
