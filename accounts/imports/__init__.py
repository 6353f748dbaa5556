"""What a sheet of staff, contacts or duties would change: planned first, applied only when a person confirmed it."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from accounts.actors import Actor
from accounts.imports import contacts, roster, staff
from accounts.imports.preview import Column, Preview
from accounts.imports.reading import read_rows
from accounts.models import ImportKind
from accounts.sheets import read

__all__ = ["Preview", "columns_of", "current_rows", "module_of", "plan", "write"]

MODULES: dict[str, ModuleType] = {
    ImportKind.STAFF: staff,
    ImportKind.CONTACTS: contacts,
    ImportKind.ROSTER: roster,
}


def module_of(kind: str) -> ModuleType:
    return MODULES[ImportKind(kind)]


def columns_of(kind: str) -> list[Column]:
    return list(module_of(kind).COLUMNS)


def plan(*, kind: str, content: bytes, filename: str, by: Actor) -> Preview:
    """What applying this file now would do; writes nothing.

    Times are read in the active time zone. Raises accounts.sheets.SheetError when the file as a whole is unusable.
    """
    preview = Preview(kind)
    rows = read_rows(read(content, filename), columns_of(kind), preview)
    planner: Callable[..., None] = module_of(kind).plan
    planner(rows, preview, by)
    preview.errors.sort(key=lambda error: error.row)
    return preview


def write(preview: Preview) -> list[int]:
    """Carry out a preview without errors in the caller's transaction; returns the ids of the people concerned."""
    return module_of(preview.kind).apply(preview)


def current_rows(kind: str) -> list[list[str]]:
    """Today's data in the sheet's own form: header first, so that it can be edited and sent back."""
    return [[str(column.label) for column in columns_of(kind)], *module_of(kind).current()]
