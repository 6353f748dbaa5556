"""Workbooks and CSV files of the network: sheets, rows and cells as texts, and writing what stands now."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils import translation

from accounts.sheets import FORMULA, UNPRINTABLE, SheetError, as_text, csv_rows, excel_sheets, guarded
from dispatch.parts.fields import Field
from dispatch.parts.kinds import KINDS, Child, Kind
from dispatch.parts.world import World

LARGEST_FILE = 15 * 1024 * 1024
MOST_ROWS, MOST_COLUMNS, LONGEST_CELL = 120_000, 40, 500
LANGUAGES = ("zh-hans", "en")
NUMBERS = {"number", "decimal"}
GUARDED = re.compile(r"^'[=+\-@\t\r]")


@dataclass(frozen=True)
class Layout:
    """A sheet's shape: its name, its columns, whose records it holds. `link` is the column that names a row's parent
    (of a child's sheet), or a lane by its number."""

    name: str
    kind: Kind
    child: Child | None
    fields: tuple[Field, ...]
    link: str = ""

    @property
    def columns(self) -> list[str]:
        return [*([self.link] if self.link else []), *(column.name for column in self.fields)]


def layouts() -> list[Layout]:
    found = []
    for kind in KINDS.values():
        found.append(Layout(f"{kind.name}s", kind, None, kind.fields, kind.name if kind.numbered else ""))
        for child in kind.children:
            found.append(Layout(child.name, kind, child, child.fields, kind.name))
    return found


LAYOUTS = {layout.name: layout for layout in layouts()}


@dataclass(frozen=True)
class Row:
    number: int
    cells: dict[str, str]


@dataclass
class Sheet:
    layout: Layout
    letters: dict[str, str] = field(default_factory=dict)  # column → letter
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class CellFault:
    """What is wrong and where: a cell, a whole row ("12"), or the sheet."""

    sheet: str
    cell: str
    message: str
    value: str = ""

    @property
    def whole_row(self) -> bool:
        return self.cell.isdigit()


@dataclass
class Book:
    sheets: dict[str, Sheet] = field(default_factory=dict)
    faults: list[CellFault] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


def read_book(content: bytes, filename: str) -> Book:
    """Every sheet of an Excel file whose name is known, or a CSV file of one kind.

    Raises accounts.sheets.SheetError when the file as a whole cannot be used.
    """
    if len(content) > LARGEST_FILE:
        raise SheetError("too_large", megabytes=LARGEST_FILE // 1024 // 1024)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise SheetError("old_excel")
    book = Book()
    excel = content.startswith(b"PK\x03\x04") or filename.lower().endswith((".xlsx", ".xlsm"))
    for name, lines in excel_file(content) if excel else csv_file(content, filename):
        layout = layout_of(name) or (None if excel else by_header(lines))
        if layout is None:
            book.ignored.append(name[:60])
            continue
        if layout.name in book.sheets:
            book.faults.append(CellFault(layout.name, "", "doubled"))
            continue
        book.sheets[layout.name] = read_sheet(layout, lines, book)
    if not book.sheets:
        raise SheetError("no_sheet", sheets=", ".join(LAYOUTS))
    if not any(sheet.letters for sheet in book.sheets.values()):
        raise SheetError("heading")
    return book


def excel_file(content: bytes) -> Iterator[tuple[str, list[list[str]]]]:
    total = 0
    for title, rows in excel_sheets(content, columns=MOST_COLUMNS):
        lines = lines_of(rows, MOST_ROWS - total)
        total += len(lines)
        yield title, lines


def csv_file(content: bytes, filename: str) -> Iterator[tuple[str, list[list[str]]]]:
    stem = re.split(r"[\\/]", filename)[-1].rpartition(".")[0] or filename
    yield stem, lines_of(csv_rows(content), MOST_ROWS)


def lines_of(rows: Iterable[Sequence[object]], most: int) -> list[list[str]]:
    lines: list[list[str]] = []
    for row in rows:
        if len(lines) == most:
            raise SheetError("rows", most=MOST_ROWS)
        lines.append([cell_text(value) for value in row])
    return lines


def cell_text(value: object) -> str:
    """A cell as a person would type it. The apostrophe that guards a text stays: it says that this is no formula."""
    return value.strip()[: LONGEST_CELL + 2] if isinstance(value, str) else as_text(value)


def folded(text: str) -> str:
    return re.sub(r"[\s_*\-'\"]|[(（].*?[)）]", "", text).casefold()


def layout_of(name: str) -> Layout | None:
    """By the sheet's name, in either language: "lanes", "线路", "Lanes 2026"."""
    wanted = re.sub(r"[\d.\s]+$", "", name)
    for layout in LAYOUTS.values():
        for known in (layout.name, *labels_of(layout.child.label if layout.child else layout.kind.plural)):
            if folded(known) in (folded(name), folded(wanted)):
                return layout
    return None


def labels_of(label: object) -> list[str]:
    found = []
    for language in LANGUAGES:
        with translation.override(language):
            found.append(str(label))
    return found


def by_header(lines: list[list[str]]) -> Layout | None:
    """The layout that a CSV file's header fits best; None when none fits."""
    header = {folded(cell) for cell in (lines[0] if lines else []) if cell}
    best, most = None, 1
    for layout in LAYOUTS.values():
        known = headings(layout)
        fits = len({known[cell] for cell in header if cell in known})
        key = layout.link or layout.kind.key
        needed = layout.kind.numbered or key in {known.get(cell) for cell in header}
        if needed and fits > most:
            best, most = layout, fits
    return best


def headings(layout: Layout) -> dict[str, str]:
    found = {folded(layout.link): layout.link} if layout.link else {}
    if layout.link:
        found |= {folded(label): layout.link for label in labels_of(layout.kind.label)}
    for column in layout.fields:
        for heading in (column.name, *labels_of(column.label)):
            found[folded(heading)] = column.name
    return found


def read_sheet(layout: Layout, lines: list[list[str]], book: Book) -> Sheet:
    from openpyxl.utils import get_column_letter

    sheet = Sheet(layout)
    known = headings(layout)
    placed: dict[int, str] = {}
    for index, heading in enumerate(lines[0] if lines else []):
        column = known.get(folded(heading))
        if column is None:
            if heading:
                book.ignored.append(f"{layout.name}: {heading[:60]}")
        elif column in placed.values():
            book.faults.append(CellFault(layout.name, f"{get_column_letter(index + 1)}1", "doubled", heading[:60]))
        else:
            placed[index] = column
            sheet.letters[column] = get_column_letter(index + 1)
    if not placed:
        book.faults.append(CellFault(layout.name, "", "heading"))
        return sheet
    for number, line in enumerate(lines[1:], start=2):
        if not any(line):
            continue
        cells = {}
        for index, column in placed.items():
            text = line[index] if index < len(line) else ""
            if problem := fault(text):
                book.faults.append(
                    CellFault(
                        layout.name, f"{get_column_letter(index + 1)}{number}", problem, UNPRINTABLE.sub("�", text[:60])
                    )
                )
                text = ""
            cells[column] = text[1:] if GUARDED.match(text) else text
        sheet.rows.append(Row(number, cells))
    return sheet


def fault(text: str) -> str:
    if UNPRINTABLE.search(text):
        return "control"
    if len(text) > LONGEST_CELL:
        return "long"
    if GUARDED.match(text):
        return ""
    if text.startswith("=") or (FORMULA.match(text) and not re.fullmatch(r"[+-][\d.,eE]+", text)):
        return "formula"
    return ""


# --- writing ---------------------------------------------------------------------------------------------------------


def tables(
    world: World, names: Iterable[str] | None = None
) -> Iterator[tuple[Layout, list[list[tuple[Field | None, Any]]]]]:
    """What stands now, sheet by sheet: a row of (field, value) each, retired things left out."""
    for layout in LAYOUTS.values():
        if names is not None and layout.name not in names:
            continue
        lines: list[list[tuple[Field | None, Any]]] = []
        for key, record in world.in_use(layout.kind).items():
            link: list[tuple[Field | None, Any]] = [(None, key)] if layout.link else []
            if layout.child is None:
                lines.append([*link, *((column, record[column.name]) for column in layout.fields)])
            else:
                lines += [[*link, *zip(layout.fields, row, strict=True)] for row in record[layout.child.name]]
        yield layout, lines


def header_of(layout: Layout) -> list[str]:
    link = [str(layout.kind.label)] if layout.link else []
    return [*link, *(str(column.label) for column in layout.fields)]


def cell_value(column: Field | None, value: Any) -> Any:
    """A number where a spreadsheet keeps it exactly, a guarded text otherwise."""
    text = str(value) if column is None else column.show(value)
    if column is None:
        return int(text) if text.isdigit() and len(text) < 15 else guarded(text)
    if column.kind in NUMBERS and text:
        number = float(text)
        if Decimal(repr(number)) == Decimal(text):
            return int(number) if number.is_integer() and abs(number) < 1e15 else number
    return guarded(text)


def write_workbook(world: World, notes: Sequence[Sequence[str]] = ()) -> bytes:
    """The whole network as an Excel file with a sheet per kind, which can be edited and sent back."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font, PatternFill
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    bold, fill = Font(bold=True), PatternFill("solid", fgColor="E7ECF3")
    for layout, lines in tables(world):
        sheet = book.create_sheet(layout.name)
        sheet.freeze_panes = "A2"
        for index, column in enumerate(layout.columns):
            wide = 26 if column in ("name", "name_en") else 15
            sheet.column_dimensions[get_column_letter(index + 1)].width = wide
        top = []
        for heading in header_of(layout):
            cell = WriteOnlyCell(sheet, value=heading)
            cell.font, cell.fill = bold, fill
            top.append(cell)
        sheet.append(top)
        for line in lines:
            sheet.append([cell_value(column, value) for column, value in line])
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(layout.columns))}{max(len(lines), 1) + 1}"
    if notes:
        sheet = book.create_sheet("notes")
        sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 26, 90
        for row in notes:
            sheet.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def write_csv(world: World, name: str) -> bytes:
    """One sheet as CSV in UTF-8 with BOM, which Excel opens rightly in every language."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    for layout, lines in tables(world, [name]):
        writer.writerow(header_of(layout))
        for line in lines:
            writer.writerow([guarded(str(value) if column is None else column.show(value)) for column, value in line])
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()
