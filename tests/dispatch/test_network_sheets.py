"""The network page's sheets: editing, opening, limiting, explaining, importing; by whom."""

import io

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from accounts.actors import SYSTEM
from accounts.roles import Role
from dispatch.models import Hub, Lane, NetworkImport, Warehouse, WarehouseOpening
from dispatch.operations import add_part, close_scope
from dispatch.parts import KINDS
from dispatch.queries import closed_lanes
from dispatch.scope import Scope

pytestmark = pytest.mark.django_db
HUB = {"code": "H", "name": "杭州枢纽", "name_en": "Hangzhou hub", "kind": "sorting", "region": "330100"}


@pytest.fixture
def editor(client, network, make_user):
    client.force_login(make_user("boss", Role.COMMANDER, language="en"))
    return client


def post(client, view, /, *args, **values):
    return client.post(reverse(view, args=args), values, headers={"HX-Request": "true"})


def test_every_part_has_its_page_and_its_sheet(editor):
    add_part(kind="hub", values=HUB, by=SYSTEM)
    add_part(kind="calendar", values={"code": "C", "name": "每天"}, by=SYSTEM)
    terms = {"number": "K1", "carrier": "SF", "valid_from": "2026-01-01", "guaranteed": "5", "surge": "3"}
    add_part(kind="contract", values=terms, by=SYSTEM)
    keys = {"region": "330100", "warehouse": "W01", "carrier": "SF", "hub": "H", "calendar": "C", "contract": "K1"}
    for kind in KINDS:
        key = keys.get(kind) or Lane.objects.first().pk
        assert editor.get(reverse("network"), {"part": kind}).status_code == 200
        assert b"hx-post" in editor.get(reverse("part_change", args=[kind, key])).content
        assert editor.get(reverse("part_add", args=[kind])).status_code == 200
        if kind != "lane":
            assert str(key).encode() in editor.get(reverse("network_parts", args=[kind])).content
    assert b"on call" in editor.get(reverse("network_lanes")).content
    for bad in (("planet", "X"), ("lane", "x"), ("lane", "9" * 30), ("hub", "NOPE")):
        assert editor.get(reverse("part_change", args=bad)).status_code == 404


def test_it_edits_in_a_sheet(editor):
    assert post(editor, "part_add", "hub", **{**HUB, "kind": "castle"}).status_code == 422
    assert post(editor, "part_add", "hub", **HUB).status_code == 204
    page = post(editor, "part_add", "hub", **HUB)
    assert (page.status_code, b"already" in page.content) == (409, True)
    lane = Lane.objects.get(warehouse="W01", region="330100", carrier="SF")
    values = {"warehouse": "W01", "region": "330100", "carrier": "SF", "service_level": "STD", "transit_hours": "24"}
    legs = {"legs-0-mode": "road", "legs-0-hub": "H", "legs-1-mode": "road", "legs-2-mode": ""}
    rates = {"rates-0-min_weight": "0", "rates-0-minimum": "7", "rates-1-min_weight": "", "rates-2-max_weight": "x"}
    page = post(editor, "part_change", "lane", lane.pk, **values, **legs, **rates)
    assert page.status_code == 422
    assert b'name="rates-2-max_weight" value="x"' in page.content
    rates.pop("rates-2-max_weight")
    assert post(editor, "part_change", "lane", lane.pk, **values, **legs, **rates).status_code == 204
    assert [leg.hub_id for leg in lane.legs.all()] == ["H", None]
    assert lane.rates.get().minimum == 7
    page = post(editor, "part_change", "hub", "H", **{**HUB, "version": "9"})
    assert page.status_code == 412
    page = post(editor, "part_retire", "hub", "H")
    assert (page.status_code, b"Lanes: 1" in page.content) == (409, True)


def test_it_opens_a_backup_warehouse_and_says_what_that_gives(editor):
    Warehouse.objects.filter(code="W02").update(standby=True, lead_hours=3)
    page = editor.get(reverse("warehouse_opening", args=["W02"])).content.decode()
    assert "Can be used from" in page
    assert "+100 orders a day" in page
    assert post(editor, "warehouse_opening", "W02", throughput="0").status_code == 422
    answer = post(editor, "warehouse_opening", "W02", throughput="120", reference="incident:7")
    assert (answer.status_code, "Can be used from" in answer["HX-Trigger"]) == (204, True)
    assert WarehouseOpening.objects.get().reference == "incident:7"
    assert "W02仓" in editor.get(reverse("network_state")).content.decode()
    assert post(editor, "warehouse_opening_end", "W02").status_code == 204
    assert post(editor, "warehouse_opening_end", "W02").status_code == 409


def test_it_closes_a_hub_with_its_impact_and_says_why(editor, make_orders):
    add_part(kind="hub", values={**HUB, "region": ""}, by=SYSTEM)
    lane = Lane.objects.get(warehouse="W01", region="330100", carrier="SF")
    lane.legs.create(position=1, mode="road", hub_id="H")
    make_orders(2)
    page = editor.get(reverse("closing"), {"kind": "hub", "code": "H"}).content.decode()
    assert "2 (100.0%)" in page
    values = {"kind": "hub", "code": "H", "cause": "flood", "source": "Traffic police"}
    assert post(editor, "network_close", **values).status_code == 302
    assert closed_lanes() == {lane.pk}
    for name in ("network_state", "network_lanes"):
        assert "flood" in editor.get(reverse(name), {"state": "closed"}).content.decode()
    address = f"{reverse('network_explain')}?reference=closure:hub:H"
    assert editor.post(address, {"cause": "power"}, headers={"HX-Request": "true"}).status_code == 204
    assert "power failure" in editor.get(reverse("network_state")).content.decode()
    assert any(way["closed"] for way in editor.get(reverse("network_map")).json()["ways"]) is False  # no places yet


def test_it_limits_a_lane_and_a_warehouse(editor):
    lane = Lane.objects.first()
    assert post(editor, "network_limit", "lane", lane.pk, share="40", cause="staff").status_code == 204
    assert post(editor, "network_limit", "warehouse", "W01", share="0").status_code == 422
    assert post(editor, "network_limit", "warehouse", "W01", share="40").status_code == 204
    lane.refresh_from_db(fields=["running_share", "cause", "version"])
    assert (lane.running_share, lane.cause) == (0.4, "staff")
    for kind, key in (("lane", lane.pk), ("warehouse", "W01")):
        assert editor.get(reverse("network_limit", args=[kind, key])).status_code == 200
        assert post(editor, "network_unlimit", kind, key).status_code == 204
    assert set(Warehouse.objects.values_list("running_share", flat=True)) == {1.0}


def test_it_imports_what_it_exported_and_changed(editor):
    answer = editor.get(reverse("network_export"))
    book = load_workbook(io.BytesIO(answer.content))
    assert [sheet.title for sheet in book][-1] == "notes"
    book["warehouses"]["B2"] = "一号仓"
    buffer = io.BytesIO()
    book.save(buffer)
    buffer.name = "network.xlsx"
    buffer.seek(0)
    answer = editor.post(reverse("network_files"), {"file": buffer}, follow=True)
    page = answer.content.decode()
    assert "Apply 1 change" in page
    draft = NetworkImport.objects.get()
    digest = page.partition('name="digest" value="')[2][:64]
    assert "W01仓" in page
    answer = editor.post(reverse("network_apply", args=[draft.pk]), {"digest": digest}, follow=True)
    assert "applied" in answer.content.decode()
    assert Warehouse.objects.get(code="W01").name == "一号仓"
    assert editor.get(reverse("network_export"), {"sheet": "rates"}).content.startswith(b"\xef\xbb\xbf")
    buffer = io.BytesIO(b"code,name,kind\nH,x,castle\n")
    buffer.name = "hubs.csv"
    page = editor.post(reverse("network_files"), {"file": buffer}, follow=True).content.decode()
    assert "Sheet hubs, C2" in page
    draft = NetworkImport.objects.get(applied_at=None)
    assert editor.post(reverse("network_discard", args=[draft.pk])).status_code == 302
    assert not Hub.objects.exists()


def test_it_lets_only_those_edit_who_may(client, network, make_user):
    client.force_login(make_user("duty", Role.DUTY_OFFICER, language="en"))
    close_scope(reference="closure:warehouse:W01", scope=Scope(warehouses=("W01",)), by=SYSTEM)
    assert "Say why" in client.get(reverse("network_state")).content.decode()
    for name, args in [("part_add", ["hub"]), ("part_change", ["hub", "H"]), ("network_files", [])]:
        assert client.get(reverse(name, args=args)).status_code == 403
    client.force_login(make_user("hand", Role.WAREHOUSE, language="en"))
    assert "Say why" not in client.get(reverse("network_state")).content.decode()
    assert post(client, "warehouse_opening", "W02", throughput="1").status_code == 403
