"""Any list as an Excel file, written row by row: no database, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any

from accounts.sheets import UNPRINTABLE, guarded

if TYPE_CHECKING:
    from openpyxl.cell import Cell

MOST_ROWS = 200_000
LONGEST_TEXT = 32_000
MEDIA = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# How a spreadsheet shows each kind of column.
FORMATS = {
    "text": "General",
    "whole": "#,##0",
    "number": "#,##0.00",
    "percent": "0.00%",
    "moment": "yyyy-mm-dd hh:mm",
    "day": "yyyy-mm-dd",
}

Value = str | int | float | Decimal | datetime | date | bool | None


@dataclass(frozen=True)
class Column:
    """A column's heading and what it holds: "text", "whole", "number", "percent" (0…1), "moment" or "day"."""

    label: str
    kind: str = "text"
    width: int = 16


@dataclass(frozen=True)
class Book:
    """`notes` are lines of (what, value) for the second sheet; `too_long` is what the last row says when the list has
    more than MOST_ROWS rows. Moments are written in `zone`."""

    title: str
    columns: Sequence[Column]
    zone: tzinfo
    notes: Sequence[tuple[str, str]] = ()
    notes_title: str = "Notes"
    too_long: str = ""


def write_book(file: IO[bytes], book: Book, rows: Iterable[Sequence[Value]]) -> int:
    """Write a workbook and return how many rows it has; `rows` is read no further than MOST_ROWS."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(sheet_name(book.title))
    sheet.freeze_panes = "A2"
    for number, column in enumerate(book.columns, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = column.width
    heading = WriteOnlyCell(sheet)
    heading.font, heading.fill = Font(bold=True), PatternFill("solid", fgColor="E8EDF3")
    heading.alignment = Alignment(vertical="center", wrap_text=True)
    sheet.append(filled(heading, plain(column.label)) for column in book.columns)
    # A row is written before the next one is begun, so that one cell a column serves them all.
    cells = [WriteOnlyCell(sheet) for _column in book.columns]
    for cell, column in zip(cells, book.columns, strict=True):
        cell.number_format = FORMATS[column.kind]
    count = 0
    for row in rows:
        if count == MOST_ROWS:
            note = WriteOnlyCell(sheet, value=plain(book.too_long))
            note.font = Font(italic=True, color="595959")
            sheet.append([note])
            break
        count += 1
        sheet.append([typed(value, cell, book.zone) for value, cell in zip(row, cells, strict=True)])
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(book.columns))}{count + 1}"
    notes = workbook.create_sheet(sheet_name(book.notes_title))
    notes.column_dimensions["A"].width, notes.column_dimensions["B"].width = 24, 80
    for what, told in book.notes:
        notes.append([filled(heading, plain(what)), plain(told)])
    workbook.save(file)
    return count


def typed(value: Value, cell: Cell, zone: tzinfo) -> Cell | str | None:
    """A text by itself, anything else in the cell of its column, which gives it the column's format."""
    if value is None or value == "":
        return None
    if isinstance(value, str | bool):
        return plain(str(value))
    return filled(cell, value.astimezone(zone).replace(tzinfo=None) if isinstance(value, datetime) else value)


def filled(cell: Cell, value: Any) -> Cell:
    cell.value = value
    return cell


def plain(text: str) -> str:
    """A text that XML can hold and no spreadsheet takes for a formula."""
    return UNPRINTABLE.sub("", guarded(text))[:LONGEST_TEXT]


def sheet_name(text: str) -> str:
    """At most 31 characters, none of those that Excel forbids."""
    return "".join("·" if sign in "[]:*?/\\'" else sign for sign in UNPRINTABLE.sub("", text))[:31] or "·"
