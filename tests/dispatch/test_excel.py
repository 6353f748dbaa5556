"""Any list as an Excel file: typed, headed, harmless, and no longer than Excel can bear."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from dispatch import excel
from dispatch.excel import Book, Column, write_book
from tests.dispatch.rerouting import applied_run

ZONE = ZoneInfo("Asia/Shanghai")


def book(*columns, **fields):
    return Book(title="Orders: [all]?", columns=columns, zone=ZONE, **fields)


def read(content):
    return load_workbook(io.BytesIO(content))


def test_it_writes_typed_cells_under_a_frozen_header():
    file = io.BytesIO()
    columns = [Column("订单"), Column("n", "whole"), Column("¥", "number"), Column("at", "moment"), Column("on", "day")]
    at = datetime(2026, 12, 1, 10, 30, tzinfo=UTC)
    rows = [("A1", 5, Decimal("1.25"), at, date(2026, 12, 2)), ("<&>", None, None, None, None)]
    assert write_book(file, book(*columns, notes=[("list", "orders")]), rows) == 2
    sheets = read(file.getvalue())
    sheet = sheets.worksheets[0]
    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheets.sheetnames) == (
        "A2",
        "A1:E3",
        ["Orders· ·all··", "Notes"],
    )
    assert [cell.value for cell in sheet[1]] == ["订单", "n", "¥", "at", "on"]
    assert [cell.value for cell in sheet[2]] == [
        "A1",
        5,
        1.25,
        datetime(2026, 12, 1, 18, 30),
        datetime(2026, 12, 2),
    ]
    assert [cell.value for cell in sheet[3]] == ["<&>", None, None, None, None]
    assert sheets.worksheets[1]["B1"].value == "orders"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0"])
def test_it_writes_no_formula(text):
    file = io.BytesIO()
    write_book(file, book(Column("a")), [(text,)])
    cell = read(file.getvalue()).worksheets[0]["A2"]
    assert cell.data_type == "s"
    assert cell.value == f"'{text}"


def test_it_drops_what_xml_cannot_hold():
    file = io.BytesIO()
    write_book(file, book(Column("a")), [("x\x00\x0b\ud800y",)])
    assert read(file.getvalue()).worksheets[0]["A2"].value == "xy"


def test_it_stops_at_the_limit_and_says_so(monkeypatch):
    monkeypatch.setattr(excel, "MOST_ROWS", 3)
    file = io.BytesIO()
    assert write_book(file, book(Column("a"), too_long="only three"), ((str(n),) for n in iter(int, 1))) == 3
    column = [cell.value for cell in read(file.getvalue()).worksheets[0]["A"]]
    assert column == ["a", "0", "0", "0", "only three"]


@pytest.mark.django_db
def test_it_offers_every_list(make_orders, client, make_user):
    make_orders(3)
    run = applied_run()
    client.force_login(make_user("li", "commander"))
    for path, first in [
        ("/orders/excel/?state=open", "A2"),
        (f"/orders/affected/{run.affected_set_id}/excel/", "A2"),
        ("/orders/network/lanes/excel/?region=33", 1),
        ("/orders/stock/excel/", None),
        (f"/reroutes/{run.pk}/proposals/excel/", "A0"),
        (f"/reroutes/{run.pk}/waves/excel/", 1),
        (f"/reroutes/{run.pk}/assignments/excel/", 1),
    ]:
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert ".xlsx" in answer.headers["Content-Disposition"]
        content = b"".join(answer.streaming_content)
        sheet = read(content).worksheets[0]
        assert sheet["A2"].value == first or (isinstance(first, int) and isinstance(sheet["A2"].value, int)), path
        assert "13800001234" not in str(list(sheet.values))
