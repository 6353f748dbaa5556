"""What lanes take on a day: their own capacity, their carrier's contract, their calendar; and what threatens them."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from accounts.actors import SYSTEM
from dispatch.models import CalendarDay, Carrier, CarrierContract, Hub, Lane, LaneLeg, WorkCalendar
from dispatch.operations import set_region_risks
from dispatch.operations.risks import BadRisk
from dispatch.queries import lane_risks, lane_rooms, resting_lanes
from journal.clock import now

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 20)  # a Friday


def contract(number, carrier="SF", **fields):
    return CarrierContract.objects.create(
        number=number, carrier_id=carrier, **{"valid_from": date(2026, 1, 1), "guaranteed": 100, **fields}
    )


def test_a_contract_is_shared_out_exactly(network):
    lanes = list(Lane.objects.filter(carrier="SF").order_by("id"))
    for lane, capacity in zip(lanes, (7, 11, 13, 17, 19, 23), strict=True):
        Lane.objects.filter(pk=lane.pk).update(daily_capacity=capacity)
    contract("K1", guaranteed=50, surge=20, surge_price=Decimal("1.5"))
    rooms = lane_rooms(DAY)
    mine = [rooms[lane.pk] for lane in lanes]
    assert (sum(room.guaranteed for room in mine), sum(room.surge for room in mine)) == (50, 20)
    assert all(room.guaranteed <= 1 + lane for room, lane in zip(mine, (7, 11, 13, 17, 19, 23), strict=True))
    assert (mine[0].surge_price, mine[0].contract) == (Decimal("1.5"), "K1")
    other = Lane.objects.filter(carrier="JD").first()
    assert (rooms[other.pk].guaranteed, rooms[other.pk].surge, rooms[other.pk].total) == (None, 0, None)


def test_a_lane_takes_no_more_than_its_own_capacity(network):
    Lane.objects.update(daily_capacity=5)
    contract("K1", guaranteed=1000, surge=12)
    rooms = lane_rooms(DAY)
    lanes = Lane.objects.filter(carrier="SF").values_list("pk", flat=True)
    assert {rooms[lane].guaranteed for lane in lanes} == {5}
    assert {rooms[lane].total for lane in lanes} == {7}


def test_the_most_particular_contract_in_force_counts(network):
    contract("ALL")
    contract("ZJ", region_id="330000", guaranteed=8)
    contract("W01", warehouse_id="W01", region_id="330100", guaranteed=2)
    contract("OLD", warehouse_id="W01", region_id="330100", service_level="STD", valid_until=DAY - timedelta(days=1))
    found = {
        (lane.warehouse_id, lane.region_id): lane_rooms(DAY)[lane.pk].contract
        for lane in Lane.objects.filter(carrier="SF")
    }
    assert found["W01", "330100"] == "W01"
    assert (found["W02", "330100"], found["W01", "330200"]) == ("ZJ", "ZJ")
    assert (found["W01", "310100"], found["W02", "310100"]) == ("ALL", "ALL")


def test_it_rests_by_its_calendar(network):
    week = WorkCalendar.objects.create(code="MON-FRI", name="工作日", weekdays=[1, 2, 3, 4, 5], holidays_off=True)
    Carrier.objects.filter(code="SF").update(calendar=week)
    lane = Lane.objects.filter(carrier="SF").first()
    daily = WorkCalendar.objects.create(code="DAILY", name="每天", weekdays=[1, 2, 3, 4, 5, 6, 7])
    Lane.objects.filter(pk=lane.pk).update(calendar=daily)
    saturday = DAY + timedelta(days=1)
    assert (len(resting_lanes(DAY)), len(resting_lanes(saturday))) == (0, 5)
    assert lane.pk not in resting_lanes(saturday)
    resting = next(iter(resting_lanes(saturday)))
    assert (lane_rooms(saturday)[resting].total, lane_rooms(saturday)[lane.pk].total) == (0, None)
    assert len(resting_lanes(date(2026, 10, 1))) == 5  # National Day is a Thursday
    CalendarDay.objects.create(calendar=week, day=saturday, works=True)
    assert not resting_lanes(saturday)


def test_a_degraded_lane_takes_its_share(network):
    lane = Lane.objects.first()
    Lane.objects.filter(pk=lane.pk).update(daily_capacity=9, running_share=0.5)
    assert lane_rooms(DAY)[lane.pk].guaranteed == 4


def test_warnings_raise_the_risk_of_lanes_that_touch_a_region(network):
    through = Lane.objects.filter(warehouse="W02", region="310100").first()
    Hub.objects.create(code="H", name="H", kind="sorting", region_id="330200")
    LaneLeg.objects.create(lane=through, position=1, mode="road", hub_id="H")
    Lane.objects.filter(pk=through.pk).update(risk=0.1)
    risks = {"330000": 0.6, "990000": 1.0}
    assert set_region_risks(reference="warning:1", risks=risks, by=SYSTEM, until=now() + timedelta(hours=1)) == 1
    found = lane_risks()
    assert (found[through.pk], sum(risk == 0.6 for risk in found.values())) == (0.6, 11)
    set_region_risks(reference="warning:1", risks={}, by=SYSTEM)
    assert sum(lane_risks().values()) == 0.1
    with pytest.raises(BadRisk):
        set_region_risks(reference="warning:1", risks={"330000": 2}, by=SYSTEM)


def test_a_threat_ends_with_its_warning(network, fast_forward):
    set_region_risks(reference="warning:1", risks={"330000": 0.6}, by=SYSTEM, until=now() + timedelta(hours=1))
    fast_forward(hours=2)
    assert not any(lane_risks().values())
