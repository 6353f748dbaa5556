"""Editing the network: adding, changing, retiring."""

import pytest
from django.utils import translation

from accounts.actors import SYSTEM, Actor, NotAllowed
from accounts.roles import Permission
from dispatch.models import CarrierContract, Hub, Lane, Warehouse, WorkCalendar
from dispatch.operations import add_part, change_part, restore_part, retire_part
from dispatch.operations.parts import BadPart, NoSuchPart, PartChanged, PartExists, PartInUse, PartStays
from dispatch.queries import closed_lanes
from journal.models import Entry

pytestmark = pytest.mark.django_db
HUB = {
    "code": "HZ-H",
    "name": "杭州枢纽",
    "name_en": "Hangzhou hub",
    "kind": "sorting",
    "region": "330100",
    "lat": "30.2",
}
LANE = {"warehouse": "W01", "region": "310100", "carrier": "SF", "service_level": "express", "transit_hours": "20"}


def faults(call):
    with pytest.raises(BadPart) as refusal:
        call()
    return {(fault.child, fault.field) for fault in refusal.value.faults}


def test_it_adds_changes_and_retires(network):
    assert add_part(kind="hub", values=HUB, by=SYSTEM) == "HZ-H"
    hub = Hub.objects.get(code="HZ-H")
    assert (hub.region_id, hub.lat, hub.lon, hub.daily_capacity, hub.version) == ("330100", 30.2, None, None, 1)
    changed = change_part(kind="hub", key="HZ-H", values={"daily_capacity": "9,000"}, by=SYSTEM, expected_version=1)
    assert changed == {"daily_capacity": ("", "9000")}
    assert change_part(kind="hub", key="HZ-H", values=HUB, by=SYSTEM) == {}
    with pytest.raises(PartChanged):
        change_part(kind="hub", key="HZ-H", values={"name": "x"}, by=SYSTEM, expected_version=1)
    retire_part(kind="hub", key="HZ-H", by=SYSTEM, expected_version=2)
    with pytest.raises(NoSuchPart):
        change_part(kind="hub", key="HZ-H", values={"name": "x"}, by=SYSTEM)
    restore_part(kind="hub", key="HZ-H", by=SYSTEM)
    assert Hub.objects.get(code="HZ-H").daily_capacity == 9000
    kinds = Entry.objects.filter(subject="hub:HZ-H").order_by("id").values_list("kind", flat=True)
    assert [kind.removeprefix("dispatch.part_") for kind in kinds] == ["added", "changed", "retired", "restored"]


def test_it_adds_a_lane_with_legs_and_rates(network):
    add_part(kind="hub", values=HUB, by=SYSTEM)
    add_part(kind="hub", values={**HUB, "code": "G60", "kind": "road"}, by=SYSTEM)
    legs = [{"mode": "road", "hub": "HZ-H", "road": "G60"}, {"mode": "air", "hours": "3"}]
    rates = [{"min_weight": "5.01", "minimum": "9"}, {"max_weight": "5", "minimum": "8", "rate": "1.20"}]
    key = add_part(kind="lane", values={**LANE, "legs": legs, "rates": rates, "cutoff": "8:30"}, by=SYSTEM)
    lane = Lane.objects.get(pk=key)
    assert [(leg.position, leg.mode, leg.hub_id, leg.road_id, leg.hours) for leg in lane.legs.all()] == [
        (1, "road", "HZ-H", "G60", None),
        (2, "air", None, None, 3),
    ]
    assert (lane.rates.count(), lane.state, f"{lane.cutoff:%H:%M}") == (2, "open", "08:30")
    changed = change_part(kind="lane", key=key, values={"legs": []}, by=SYSTEM)
    assert changed == {"legs": ("road HZ-H G60 – –; air – – 3 –", "")}
    assert (lane.legs.count(), lane.rates.count()) == (0, 2)
    with pytest.raises(PartExists):
        add_part(kind="lane", values=LANE, by=SYSTEM)


def test_it_says_what_cannot_be(network):
    add_part(kind="hub", values=HUB, by=SYSTEM)
    bad = {**LANE, "carrier": "NO", "p90_hours": "10", "risk": "0.5"}
    legs = [{"mode": "road"}, {"mode": "road", "hub": "HZ-H"}]
    assert faults(lambda: add_part(kind="lane", values={**bad, "legs": legs}, by=SYSTEM)) == {
        ("", "carrier"),
        ("", "p90_hours"),
        ("legs", "hub"),
    }
    bad = {**LANE, "warehouse": "", "transit_hours": "x", "cutoff": "25:00", "risk": "2"}
    assert faults(lambda: add_part(kind="lane", values=bad, by=SYSTEM)) == {
        *(("", name) for name in ("warehouse", "transit_hours", "cutoff", "risk"))
    }
    assert faults(lambda: change_part(kind="region", key="330000", values={"parent": "330100"}, by=SYSTEM)) == {
        ("", "parent")
    }
    assert faults(lambda: change_part(kind="hub", key="HZ-H", values={"code": "OTHER"}, by=SYSTEM)) == {("", "code")}


def test_it_keeps_contracts_apart(network):
    terms = {"carrier": "SF", "valid_from": "2026-01-01", "valid_until": "2026-06-30", "guaranteed": "10"}
    add_part(kind="contract", values={**terms, "number": "K1"}, by=SYSTEM)
    again = {**terms, "number": "K2"}
    assert faults(lambda: add_part(kind="contract", values=again, by=SYSTEM)) == {("", "valid_from")}
    add_part(kind="contract", values={**again, "region": "33"[:2] + "0000"}, by=SYSTEM)
    add_part(
        kind="contract", values={**terms, "number": "K3", "valid_from": "2026-07-01", "valid_until": ""}, by=SYSTEM
    )
    assert CarrierContract.objects.count() == 3


def test_it_keeps_calendars(network):
    days = [{"day": "2026-10-10", "works": "yes"}, {"day": "2026-10-01", "works": "no"}]
    add_part(kind="calendar", values={"code": "C", "name": "工作日", "weekdays": "1-5", "days": days}, by=SYSTEM)
    row = WorkCalendar.objects.get(code="C")
    assert (row.weekdays, row.days.count(), row.days.first().works) == ([1, 2, 3, 4, 5], 2, False)
    change_part(kind="carrier", key="SF", values={"calendar": "C"}, by=SYSTEM)
    with pytest.raises(PartInUse):
        retire_part(kind="calendar", key="C", by=SYSTEM)


def test_it_keeps_what_is_in_use(make_orders):
    make_orders(1)
    lane = Lane.objects.get(warehouse="W01", region="330100", carrier="SF")
    with pytest.raises(PartInUse) as refusal, translation.override("en"):
        retire_part(kind="lane", key=lane.pk, by=SYSTEM)
    assert refusal.value.extra["users"] == ["1 open order"]
    for kind, key in (("warehouse", "W01"), ("carrier", "SF")):
        with pytest.raises(PartInUse):
            retire_part(kind=kind, key=key, by=SYSTEM)
    with pytest.raises(PartStays):
        retire_part(kind="region", key="330100", by=SYSTEM)
    other = Lane.objects.get(warehouse="W02", region="330100", carrier="SF")
    retire_part(kind="lane", key=other.pk, by=SYSTEM)
    assert closed_lanes() == {other.pk}


def test_it_asks_who_edits_what(network):
    here = Actor("user", "9", frozenset({Permission.MANAGE_NETWORK}), warehouses=frozenset({"W01"}))
    change_part(kind="warehouse", key="W01", values={"daily_capacity": "301"}, by=here)
    add_part(kind="lane", values=LANE, by=here)
    for kind, key, values in [
        ("warehouse", "W02", {"daily_capacity": "1"}),
        ("carrier", "SF", {"name": "x"}),
        ("region", "330100", {"core": "yes"}),
        ("lane", Lane.objects.filter(warehouse="W02").first().pk, {"risk": "0.1"}),
        ("lane", Lane.objects.filter(warehouse="W01").first().pk, {"warehouse": "W02"}),
    ]:
        with pytest.raises(NotAllowed):
            change_part(kind=kind, key=key, values=values, by=here)
    there = Actor("user", "9", here.permissions, regions=frozenset({"33"}))
    change_part(kind="region", key="330100", values={"core": "yes"}, by=there)
    with pytest.raises(NotAllowed):
        change_part(kind="warehouse", key="W02", values={"daily_capacity": "1"}, by=there)
    with pytest.raises(NotAllowed):
        change_part(kind="warehouse", key="W01", values={}, by=Actor("user", "9", frozenset({Permission.VIEW})))
    assert Warehouse.objects.get(code="W02").daily_capacity == 100
