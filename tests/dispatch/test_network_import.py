"""Excel and CSV: what a file would change, what is wrong in it cell by cell, and applying it as a whole."""

import io

import pytest
from openpyxl import Workbook, load_workbook

from accounts.actors import SYSTEM, Actor
from accounts.roles import Permission
from dispatch.models import Hub, Lane, LaneRate, NetworkImport, Warehouse
from dispatch.operations import add_part, apply_import, change_part, plan_import, upload_network
from dispatch.operations.network_import import AppliedAlready, FileRefused, NoSuchImport, NothingToApply, PlanChanged
from dispatch.parts import World
from dispatch.parts.sheets import LAYOUTS, write_csv, write_workbook
from journal.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def rich(network):
    """A network with something of every kind and every child."""
    add_part(kind="hub", values={"code": "H", "name": "=枢纽", "kind": "sorting", "region": "330200"}, by=SYSTEM)
    days = [{"day": "2026-10-10", "works": "yes"}]
    values = {"code": "C", "name": "工作日", "weekdays": "1-5", "holidays_off": "yes", "days": days}
    add_part(kind="calendar", values=values, by=SYSTEM)
    terms = {"number": "K1", "carrier": "SF", "valid_from": "2026-01-01", "guaranteed": "90", "surge_price": "1.5"}
    add_part(kind="contract", values=terms, by=SYSTEM)
    lane = Lane.objects.order_by("id").first()
    legs = [{"mode": "road", "hub": "H", "hours": "6"}, {"mode": "air", "km": "12"}]
    change_part(kind="lane", key=lane.pk, values={"legs": legs, "cutoff": "18:00", "calendar": "C"}, by=SYSTEM)
    Warehouse.objects.update(unit_cost="0.5669761849295618")
    return lane


def excel(**sheets):
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def plan(content, filename="network.xlsx", by=SYSTEM, complete=False):
    draft = upload_network(content=content, filename=filename, by=by, complete=complete)
    return draft, plan_import(draft=draft, by=by)


def cells(found):
    return [f"{fault.sheet} {fault.cell}" for fault in found.faults]


def test_what_is_exported_changes_nothing(rich):
    content = write_workbook(World())
    for complete in (False, True):
        _draft, found = plan(content, complete=complete)
        assert (found.faults, found.changes, found.ignored) == ([], [], [])
    for name in LAYOUTS:
        _draft, found = plan(write_csv(World(), name), f"{name}.csv")
        assert (found.faults, found.changes) == ([], [])


def test_it_shows_what_changes_and_applies_it(rich):
    book = load_workbook(io.BytesIO(write_workbook(World())))
    houses = book["warehouses"]
    column = next(cell.column for cell in houses[1] if cell.value in ("Orders a day", "日处理单量", "单/日"))
    houses.cell(row=2, column=column).value = 350
    lanes = book["lanes"]
    lanes.append(["new", "W01", "330200", "SF", "express", "", "road", 12])
    book["rates"].append(["new", 0, 5, 9.5, 1.1])
    buffer = io.BytesIO()
    book.save(buffer)
    draft, found = plan(buffer.getvalue())
    assert (found.faults, found.counts) == ([], {"change": 1, "add": 1})
    assert found.changes[0].fields == {"daily_capacity": ("300", "350")}
    apply_import(pk=draft.pk, by=SYSTEM, digest=found.digest)
    assert Warehouse.objects.get(code="W01").daily_capacity == 350
    assert LaneRate.objects.get(lane__service_level="express").minimum == 9.5
    kept = NetworkImport.objects.get()
    assert (kept.added, kept.changed, kept.content, len(kept.changes)) == (1, 1, b"", 2)
    assert Entry.objects.get(kind="dispatch.network_edited").payload["added"] == 1
    with pytest.raises(AppliedAlready):
        apply_import(pk=draft.pk, by=SYSTEM, digest=found.digest)


def test_it_names_the_cells_that_are_wrong(rich):
    content = excel(
        lanes=[
            ["lane", "warehouse", "region", "carrier", "service_level", "transit_hours", "cutoff"],
            ["", "W01", "330100", "NOBODY", "x", "twelve", "18:00"],
            [999999, "W01", "330100", "SF", "x", 12, "18:00"],
            ["", "W01", "330100", "SF", "x", 12, "half past six"],
            ["", "W01", "", "SF", "y", 12, "=NOW()"],
        ],
        rates=[["lane", "min_weight", "max_weight"], [rich.pk, 5, 1], ["nothing", 0, 1]],
        hubs=[["code", "name", "kind"], ["H", "枢纽", "castle"], ["", "枢纽", "sorting"]],
        planets=[["code"], ["X"]],
    )
    draft, found = plan(content)
    assert set(cells(found)) == {
        *("hubs C2", "hubs A3", "lanes D2", "lanes F2", "lanes A3", "lanes G4", "lanes C5", "lanes G5"),
        *("rates C2", "rates A3"),
    }
    assert found.ignored == ["planets"]
    with pytest.raises(NothingToApply):
        apply_import(pk=draft.pk, by=SYSTEM, digest=found.digest)
    assert Lane.objects.count() == 12
    assert Hub.objects.get().name == "=枢纽"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "lanes.csv"),
        (b"\x00\xff\xfe garbage", "lanes.csv"),
        (b"PK\x03\x04 not a zip", "x.xlsx"),
        (b"\xd0\xcf\x11\xe0 old", "x.xls"),
        (b"a,b\n1,2\n", "strange.csv"),
        (b"x" * 16_000_000, "lanes.csv"),
    ],
)
def test_it_refuses_what_is_no_network(network, content, name):
    with pytest.raises(FileRefused):
        plan(content, name)
    assert not Entry.objects.exists()


def test_a_complete_file_retires_what_it_lacks(rich):
    book = load_workbook(io.BytesIO(write_workbook(World())))
    book["lanes"].delete_rows(2)
    buffer = io.BytesIO()
    book.save(buffer)
    draft, found = plan(buffer.getvalue(), complete=True)
    assert [(change.action, change.key) for change in found.changes] == [("retire", rich.pk)]
    # Its legs and rates still stand in the file: they belong to nothing.
    assert {fault.sheet for fault in found.faults} == {"legs", "rates"}
    for name in ("legs", "rates"):
        for row in sorted(r for r in range(2, book[name].max_row + 1) if book[name].cell(r, 1).value == rich.pk)[::-1]:
            book[name].delete_rows(row)
    buffer = io.BytesIO()
    book.save(buffer)
    draft, found = plan(buffer.getvalue(), complete=True)
    assert found.faults == []
    apply_import(pk=draft.pk, by=SYSTEM, digest=found.digest)
    assert Lane.objects.get(pk=rich.pk).retired_at is not None
    book["warehouses"].delete_rows(2)
    buffer = io.BytesIO()
    book.save(buffer)
    _draft, found = plan(buffer.getvalue(), complete=True)
    assert {fault.sheet for fault in found.faults} == {"warehouses"}


def test_it_applies_only_what_was_shown(rich):
    content = excel(hubs=[["code", "name"], ["H", "新名"]])
    draft, found = plan(content)
    change_part(kind="hub", key="H", values={"name": "别名"}, by=SYSTEM)
    with pytest.raises(PlanChanged):
        apply_import(pk=draft.pk, by=SYSTEM, digest=found.digest)
    apply_import(pk=draft.pk, by=SYSTEM, digest=plan_import(draft=draft, by=SYSTEM).digest)
    assert Hub.objects.get().name == "新名"


def test_it_reads_sheets_and_headings_of_both_languages(network):
    rows = [["code", "name", "单/日"], ["W01", "一号仓", 400]]
    _draft, found = plan(excel(仓库=rows))
    assert found.changes[0].fields == {"name": ("W01仓", "一号仓"), "daily_capacity": ("300", "400")}
    text = "\n".join(",".join(map(str, row)) for row in rows).encode("gb18030")
    assert plan(text, "仓库 2026.csv")[1].changes == found.changes


def test_it_refuses_what_lies_beyond_the_sender(network):
    here = Actor("user", "9", frozenset({Permission.MANAGE_NETWORK}), warehouses=frozenset({"W01"}))
    content = excel(warehouses=[["code", "daily_capacity"], ["W01", 301], ["W02", 101]])
    draft, found = plan(content, by=here)
    assert cells(found) == ["warehouses 3"]
    with pytest.raises(NoSuchImport):
        apply_import(pk=draft.pk, by=Actor("user", "8", here.permissions), digest=found.digest)
