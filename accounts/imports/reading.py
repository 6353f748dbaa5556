"""From a table of texts to rows by column, with what is wrong in single cells."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from accounts.imports.preview import CellError, Column, Preview, Row
from accounts.sheets import FORMULA, LONGEST_CELL, UNPRINTABLE, SheetError, Table

CLEAR = "-"


def folded(heading: str) -> str:
    """Headings are compared without case, spaces, underscores, asterisks and what stands in brackets."""
    return re.sub(r"[\s_*\-'\"]|[(（].*?[)）]", "", heading).casefold()


def read_rows(table: Table, columns: list[Column], preview: Preview) -> list[Row]:
    """Rows without faulty cells; faults go to `preview.errors`, unknown headings to `preview.ignored`.

    Raises SheetError("heading") when a required column is missing, ("doubled") when one appears twice.
    """
    by_heading = {}
    for column in columns:
        for heading in (column.code, str(column.label), *column.aliases):
            by_heading[folded(heading)] = column
    placed: dict[int, Column] = {}
    for index, heading in enumerate(table.header):
        found = by_heading.get(folded(heading))
        if found is None:
            if heading:
                preview.ignored.append(heading[:60])
        elif found in placed.values():
            raise SheetError("doubled", column=str(found.label))
        else:
            placed[index] = found
    missing = [str(column.label) for column in columns if column.required and column not in placed.values()]
    if missing:
        raise SheetError("heading", columns="、".join(missing))
    known = {column.code: column for column in columns}
    rows = []
    for number, cells in table.rows:
        row = Row(number, {}, preview, known)
        sound = True
        for index, column in placed.items():
            text = cells[index] if index < len(cells) else ""
            problem = fault(text, column)
            if problem:
                sound = False
                preview.errors.append(CellError(number, str(column.label), problem, UNPRINTABLE.sub("�", text[:60])))
            row.cells[column.code] = text
        if sound:
            rows.append(row)
    if not table.rows:
        raise SheetError("empty")
    return rows


def fault(text: str, column: Column) -> str:
    """What is wrong with a cell whatever its meaning; blank when nothing is."""
    if column.required and not text:
        return _("This cell must be filled in.")
    if UNPRINTABLE.search(text):
        return _("The text holds control characters; type it again.")
    if len(text) > min(column.longest, LONGEST_CELL):
        return _("The text is longer than %(most)s characters; shorten it.") % {"most": column.longest}
    if text.startswith("="):
        return _("The cell holds a formula; paste its value instead.")
    if column.free_text and text != CLEAR and FORMULA.match(text):
        return _("The text begins with “%(sign)s”, like a formula; begin it with a letter or a digit.") % {
            "sign": text[0]
        }
    return ""
