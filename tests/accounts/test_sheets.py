"""Untrusted files are read within limits, and what is written is never a formula."""

import contextlib
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from accounts import sheets
from accounts.sheets import SheetError

# A heading with other signs that part cells would rightly be taken for another kind of file.
CELLS = st.text(st.characters(codec="utf-8", exclude_characters=";\t"), max_size=20)
LINES = st.lists(st.lists(CELLS, min_size=1, max_size=5), min_size=1, max_size=5)


def saved(book):
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def refused(content, filename="x.csv"):
    with pytest.raises(SheetError) as caught:
        sheets.read(content, filename)
    return caught.value.code


def test_it_refuses_what_is_too_large():
    assert refused(b"a" * (sheets.LARGEST_FILE + 1)) == "too_large"
    assert refused(b"a\n" + b"1\n" * (sheets.MOST_ROWS + 1)) == "rows"
    assert refused(b",".join([b"a"] * (sheets.MOST_COLUMNS + 1))) == "columns"


def test_it_refuses_what_is_no_table():
    assert refused(b"\xd0\xcf\x11\xe0old", "x.xls") == "old_excel"
    assert refused(b"PK\x03\x04broken", "x.xlsx") == "not_excel"
    assert refused(b"not a zip", "x.xlsx") == "not_excel"
    assert refused(b"\xff\xff\xff") == "encoding"
    assert refused(b"") == "empty"
    assert refused(b"\n \n,,\n") == "empty"


def test_it_refuses_a_zip_bomb_and_entities():
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/worksheets/sheet1.xml", b" " * (sheets.LARGEST_UNPACKED + 1))
    assert refused(bomb.getvalue(), "x.xlsx") == "too_large"
    book = saved(Workbook())
    evil = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as package, zipfile.ZipFile(evil, "w") as copy:
        for part in package.namelist():
            data = package.read(part)
            if part == "xl/workbook.xml":
                data = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]>' + data.partition(b"?>")[2]
            copy.writestr(part, data)
    assert refused(evil.getvalue(), "x.xlsx") == "not_excel"


def test_it_reads_a_formula_as_its_text():
    book = Workbook()
    book.active.append(["a", "b"])
    book.active.append(["=1+1", 3.0])
    table = sheets.read(saved(book), "x.xlsx")
    assert table.rows == [(2, ["=1+1", "3"])]


@pytest.mark.parametrize("text", ["=1+1", "+86138", "-1", "@SUM(A1)", "\tx"])
def test_it_writes_no_formula(text):
    assert sheets.write_csv([[text]]).decode("utf-8-sig").strip('"').startswith("'")
    sheet = load_workbook(io.BytesIO(sheets.write_excel([[text]], title="x"))).active
    assert sheet["A1"].data_type == "s"
    assert sheet["A1"].value == f"'{text}"


@given(st.binary(max_size=300))
def test_it_reads_or_refuses_any_bytes(content):
    for filename in ("x.csv", "x.xlsx"):
        with contextlib.suppress(SheetError):
            sheets.read(content, filename)


@given(LINES)
def test_rows_keep_their_numbers(lines):
    try:
        table = sheets.read(sheets.write_csv(lines), "x.csv")
    except SheetError:
        return
    assert all(1 < number <= len(lines) for number, _cells in table.rows)
