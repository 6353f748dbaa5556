"""Any list as an Excel file, written row by row: no database, no clock.

A workbook is a zip of XML. openpyxl would take a minute for what is written here in seconds, so the few parts that a
list needs are written directly: one sheet with a frozen header and typed cells, and one that says what it is.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import IO
from xml.sax.saxutils import escape

from accounts.sheets import UNPRINTABLE, guarded

MOST_ROWS = 200_000
LONGEST_TEXT = 32_000
MEDIA = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FIRST_DAY = date(1899, 12, 30)
# Styles by kind, as their place in STYLES' cellXfs.
KINDS = {"text": 0, "header": 1, "whole": 2, "number": 3, "moment": 4, "percent": 5, "day": 6, "note": 7}

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


HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
SPREAD = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
TYPES = (
    f'{HEAD}<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{SHEET_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{SHEET_TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet2.xml" ContentType="{SHEET_TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{SHEET_TYPE}.styles+xml"/></Types>'
)
RELATIONS = (
    f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
PARTS = (
    f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{OFFICE}/worksheet" Target="worksheets/sheet2.xml"/>'
    f'<Relationship Id="rId3" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>'
)
STYLES = (
    f'{HEAD}<styleSheet xmlns="{SPREAD}"><numFmts count="2">'
    '<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
    '<fonts count="3"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font>'
    '<font><i/><sz val="11"/><color rgb="FF595959"/><name val="Calibri"/></font></fonts>'
    '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFE8EDF3"/></patternFill></fill></fills>'
    "<borders count='1'><border/></borders><cellStyleXfs count='1'><xf/></cellStyleXfs>"
    "<cellXfs count='8'>"
    '<xf numFmtId="49" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="1" fillId="2" applyFont="1" applyFill="1" applyAlignment="1">'
    '<alignment vertical="center" wrapText="1"/></xf>'
    '<xf numFmtId="3" applyNumberFormat="1"/><xf numFmtId="4" applyNumberFormat="1"/>'
    '<xf numFmtId="164" applyNumberFormat="1"/><xf numFmtId="10" applyNumberFormat="1"/>'
    '<xf numFmtId="165" applyNumberFormat="1"/><xf numFmtId="49" fontId="2" applyFont="1"/>'
    "</cellXfs></styleSheet>"
)


def write_book(file: IO[bytes], book: Book, rows: Iterable[Sequence[Value]]) -> int:
    """Write a workbook and return how many rows it has; `rows` is read no further than MOST_ROWS."""
    count = 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as package:
        with package.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(sheet_head(book).encode())
            for row in rows:
                if count == MOST_ROWS:
                    sheet.write(line(count + 2, [cell(count + 2, 0, book.too_long, "note", book.zone)]).encode())
                    break
                count += 1
                values = zip(row, book.columns, strict=True)
                cells = [
                    cell(count + 1, place, value, column.kind, book.zone)
                    for place, (value, column) in enumerate(values)
                ]
                sheet.write(line(count + 1, cells).encode())
            last = f"{letter(len(book.columns) - 1)}{count + 1}"
            sheet.write(f'</sheetData><autoFilter ref="A1:{last}"/></worksheet>'.encode())
        package.writestr("xl/worksheets/sheet2.xml", notes_sheet(book))
        package.writestr("[Content_Types].xml", TYPES)
        package.writestr("_rels/.rels", RELATIONS)
        package.writestr("xl/_rels/workbook.xml.rels", PARTS)
        package.writestr("xl/styles.xml", STYLES)
        package.writestr("xl/workbook.xml", workbook(book))
    return count


def sheet_head(book: Book) -> str:
    columns = "".join(
        f'<col min="{place}" max="{place}" width="{column.width}" customWidth="1"/>'
        for place, column in enumerate(book.columns, start=1)
    )
    cells = [cell(1, place, column.label, "header", book.zone) for place, column in enumerate(book.columns)]
    return (
        f'{HEAD}<worksheet xmlns="{SPREAD}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"<cols>{columns}</cols><sheetData>{line(1, cells)}"
    )


def line(number: int, cells: Iterable[str]) -> str:
    return f'<row r="{number}">{"".join(cells)}</row>'


def cell(row: int, place: int, value: Value, kind: str, zone: tzinfo) -> str:
    if value is None or value == "":
        return ""
    at, style = f'r="{letter(place)}{row}"', KINDS[kind]
    if isinstance(value, datetime):
        local = value.astimezone(zone)
        seconds = local.hour * 3600 + local.minute * 60 + local.second
        value = round((local.date() - FIRST_DAY).days + seconds / 86_400, 9)
    elif isinstance(value, date):
        value = (value - FIRST_DAY).days
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool) and kind not in ("text", "header"):
        return f'<c {at} s="{style}"><v>{value}</v></c>'
    text = escape(UNPRINTABLE.sub("", guarded(str(value)))[:LONGEST_TEXT])
    style = style if kind in ("header", "note") else KINDS["text"]
    return f'<c {at} s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def letter(place: int) -> str:
    """A, B, …, Z, AA, …"""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(65 + rest) + name
    return name


def notes_sheet(book: Book) -> str:
    rows = "".join(
        line(number, [cell(number, 0, what, "header", book.zone), cell(number, 1, value, "text", book.zone)])
        for number, (what, value) in enumerate(book.notes, start=1)
    )
    return (
        f'{HEAD}<worksheet xmlns="{SPREAD}"><cols><col min="1" max="1" width="24" customWidth="1"/>'
        f'<col min="2" max="2" width="80" customWidth="1"/></cols><sheetData>{rows}</sheetData></worksheet>'
    )


def workbook(book: Book) -> str:
    names = [sheet_name(book.title), sheet_name(book.notes_title)]
    sheets = "".join(
        f'<sheet name="{escape(name, {chr(34): "&quot;"})}" sheetId="{number}" r:id="rId{number}"/>'
        for number, name in enumerate(names, start=1)
    )
    return f'{HEAD}<workbook xmlns="{SPREAD}" xmlns:r="{OFFICE}"><sheets>{sheets}</sheets></workbook>'


def sheet_name(text: str) -> str:
    """At most 31 characters, none of those that Excel forbids."""
    return "".join("·" if sign in "[]:*?/\\'" else sign for sign in UNPRINTABLE.sub("", text))[:31] or "·"
