"""Taking hold of a row that a person looked at before."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from journal.refusal import Refusal

Row = TypeVar("Row", bound=Model)


def lock_row(rows: QuerySet[Row], expected_version: int | None, *, missing: Refusal, changed: type[Refusal]) -> Row:
    """The only one of `rows`, locked. Raises `missing` without one, `changed` when it is of another version."""
    row: Any = rows.select_for_update(no_key=True).first()
    if row is None:
        raise missing
    if expected_version is not None and row.version != expected_version:
        raise changed(
            _("Somebody changed it meanwhile; look at it again."), version=row.version, expected=expected_version
        )
    return row  # type: ignore[no-any-return]
