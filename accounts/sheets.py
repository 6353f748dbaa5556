"""Reading and writing tables as CSV and Excel files that strangers made: no database, no clock, no Django.

A file is untrusted: it is read within fixed limits, formulas are never evaluated, and what we write cannot become a
formula in the reader's spreadsheet (CWE-1236).
"""

from __future__ import annotations

import contextlib
import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from xml.etree.ElementTree import ParseError

LARGEST_FILE = 5 * 1024 * 1024
LARGEST_UNPACKED = 60 * 1024 * 1024
MOST_PARTS = 500
MOST_ROWS = 5_000
MOST_COLUMNS = 40
LONGEST_CELL = 500

FORMULA = re.compile(r"^[=+\-@\t\r]")
# Control characters, and lone surrogates, which are no characters at all.
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
ENCODINGS = ("utf-8", "gb18030")


class SheetError(Exception):
    """The file as a whole cannot be used; `code` says why and `figures` hold the limits in question."""

    def __init__(self, code: str, **figures: object) -> None:
        super().__init__(code)
        self.code, self.figures = code, figures


@dataclass(frozen=True)
class Table:
    """A header and its rows; each row carries its number in the file (the header is row 1)."""

    header: list[str]
    rows: list[tuple[int, list[str]]]


def read(content: bytes, filename: str) -> Table:
    """The first sheet of an Excel file, or a CSV file in UTF-8, UTF-16 with BOM or GB 18030 (which includes GBK).

    Raises SheetError: too_large, not_excel, old_excel, encoding, csv, rows, columns, empty.
    """
    if len(content) > LARGEST_FILE:
        raise SheetError("too_large", megabytes=LARGEST_FILE // 1024 // 1024)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise SheetError("old_excel")
    if content.startswith(b"PK\x03\x04") or filename.lower().endswith((".xlsx", ".xlsm")):
        sheets = excel_sheets(content, columns=MOST_COLUMNS + 1, rows=MOST_ROWS * 2 + 1)
        numbered = numbered_rows(next(sheets, ("", ()))[1])
    else:
        numbered = numbered_rows(csv_rows(content))
    if not numbered:
        raise SheetError("empty")
    (_, header), *rows = numbered
    return Table([cell.strip() for cell in header], rows)


def numbered_rows(rows: Iterable[Sequence[object]]) -> list[tuple[int, list[str]]]:
    """Rows that hold anything, as texts, each with its number in the file."""
    kept: list[tuple[int, list[str]]] = []
    for number, row in enumerate(rows, start=1):
        if number > MOST_ROWS * 2:
            raise SheetError("rows", most=MOST_ROWS)
        cells = [as_text(value) for value in row]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        if len(cells) > MOST_COLUMNS:
            raise SheetError("columns", most=MOST_COLUMNS)
        if len(kept) > MOST_ROWS:
            raise SheetError("rows", most=MOST_ROWS)
        kept.append((number, cells))
    return kept


def as_text(value: object) -> str:
    """A cell as a person would type it; the apostrophe that guards against formulas is taken off again."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value).strip()
    if text.startswith("'") and FORMULA.match(text[1:]):
        text = text[1:]
    return text[: LONGEST_CELL + 1]


def csv_rows(content: bytes) -> Iterable[list[str]]:
    text = decoded(content)
    first = text.partition("\n")[0]
    delimiter = max(",\t;", key=first.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error as error:
        raise SheetError("csv") from error


def decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        content = content.removeprefix(b"\xef\xbb\xbf")
        encodings = ENCODINGS
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SheetError("encoding")


def excel_sheets(
    content: bytes, *, columns: int, rows: int | None = None
) -> Iterator[tuple[str, Iterator[Sequence[object]]]]:
    """The name and the rows of each sheet, read no further than asked. Raises SheetError, also while rows are read."""
    from openpyxl import load_workbook

    with readable():
        refuse_bombs(content)
        # Formulas are read as their text ("=1+1"), never as a value somebody else's program computed.
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        for sheet in book.worksheets:
            if (sheet.max_column or 0) > columns * 10:
                sheet.reset_dimensions()
            yield sheet.title, rows_of(sheet.iter_rows(values_only=True, max_col=columns, max_row=rows))


def rows_of(rows: Iterator[Sequence[object]]) -> Iterator[Sequence[object]]:
    with readable():
        yield from rows


# openpyxl's answers to a package whose parts contradict each other.
BROKEN = (KeyError, ValueError, TypeError, IndexError, AttributeError, EOFError, NotImplementedError)


@contextlib.contextmanager
def readable() -> Iterator[None]:
    """What is raised about a file that is no workbook, as SheetError."""
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        yield
    except SheetError:
        raise
    except (InvalidFileException, zipfile.BadZipFile, ParseError, OSError, *BROKEN) as error:
        raise SheetError("not_excel") from error


def refuse_bombs(content: bytes) -> None:
    """An Excel file is a zip of XML: refuse one that unpacks too large or declares entities."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        parts = package.infolist()
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
            raise SheetError("too_large", megabytes=LARGEST_FILE // 1024 // 1024)
        for part in parts:
            if part.filename.endswith((".xml", ".rels")):
                with package.open(part) as file:
                    beginning = file.read(4096)
                if b"<!DOCTYPE" in beginning or b"<!ENTITY" in beginning:
                    raise SheetError("not_excel")


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if FORMULA.match(text) else text


def write_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """CSV in UTF-8 with BOM, which Excel opens rightly in every language."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([[guarded(cell) for cell in row] for row in rows])
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()


def write_excel(rows: Iterable[Sequence[str]], *, title: str, notes: Iterable[Sequence[str]] = ()) -> bytes:
    """An Excel file whose cells are all texts; `notes` fill a second sheet."""
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheets = [(sheet, rows)]
    if listed := list(notes):
        sheets.append((book.create_sheet("Notes"), listed))
    sheet.title = title[:31]
    for target, lines in sheets:
        for number, line in enumerate(lines, start=1):
            for column, text in enumerate(line, start=1):
                cell = target.cell(row=number, column=column)
                cell.value = guarded(text)
                cell.data_type = "s"
                cell.number_format = "@"
                if number == 1:
                    cell.font = Font(bold=True)
        target.freeze_panes = "A2"
        for letter in "ABCDEFGHIJKLMN":
            target.column_dimensions[letter].width = 18
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
