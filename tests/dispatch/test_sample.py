"""The sample network hangs together: every order can be served where it is allocated."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Count, F, Q

from accounts.actors import SYSTEM
from dispatch import sample
from dispatch.models import (
    Carrier,
    HourlyThroughput,
    Hub,
    Lane,
    LaneLeg,
    Order,
    Region,
    RegionLevel,
    Warehouse,
    WarehouseKind,
    WarehouseProduct,
)
from dispatch.operations import freeze_affected
from dispatch.queries import closed_warehouses, lane_rooms
from dispatch.scope import Scope
from drills.sample_lekima import SCOPE
from journal.clock import now

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def loaded(django_db_setup, django_db_blocker):
    """Loaded once for this file, in a transaction that is thrown away."""
    with django_db_blocker.unblock():
        atomic = transaction.atomic()
        atomic.__enter__()
        sample.load()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        # Here, once: each test would otherwise check every foreign key of the sample at its end.
        connection.check_constraints()
        yield
        transaction.set_rollback(True)
        atomic.__exit__(None, None, None)


def test_it_has_the_promised_size():
    assert Region.objects.filter(level=RegionLevel.PROVINCE).count() == 34
    assert Region.objects.filter(level=RegionLevel.CITY).count() > 350
    assert 28 <= Warehouse.objects.count() <= 32
    assert set(Warehouse.objects.values_list("kind", flat=True)) == set(WarehouseKind.values)
    assert Carrier.objects.count() == 12
    assert 2000 <= Lane.objects.count() <= 6000
    assert Order.objects.filter(state="open").count() == 20_000
    assert HourlyThroughput.objects.filter(exercise=None).count() == 5 * 7 * 24


def test_it_names_every_region_in_both_languages_and_puts_it_inside_china():
    assert not Region.objects.filter(Q(name="") | Q(name_en="")).exists()
    assert not Region.objects.exclude(lat__range=(3, 54), lon__range=(73, 136)).exists()
    cities = Region.objects.filter(level=RegionLevel.CITY).select_related("parent")
    assert all(city.parent and city.parent.code == f"{city.code[:2]}0000" for city in cities)


def test_it_allocates_each_order_to_a_lane_of_its_region_and_level():
    orders = Order.objects.select_related("lane")
    assert not orders.exclude(
        region=F("lane__region"), warehouse=F("lane__warehouse"), carrier=F("lane__carrier")
    ).exists()
    assert not orders.exclude(service_level=F("lane__service_level")).exists()
    assert not orders.exclude(lane__warehouse__full_assortment=True).exists()


def test_it_prices_every_lane_for_every_weight():
    assert not Lane.objects.annotate(bands=Count("rates")).exclude(bands=4).exists()


def test_it_limits_what_stand_in_warehouses_keep():
    for warehouse in Warehouse.objects.exclude(kind=WarehouseKind.PRIMARY):
        assert not warehouse.full_assortment
        assert WarehouseProduct.objects.filter(warehouse=warehouse).exists()


def test_it_leaves_room_in_every_primary_warehouse():
    for warehouse in Warehouse.objects.filter(kind=WarehouseKind.PRIMARY).annotate(open=Count("orders")):
        assert warehouse.open < warehouse.daily_capacity, warehouse


def test_it_ends_its_throughput_with_the_hour_that_has_just_passed():
    newest = HourlyThroughput.objects.order_by("hour").last()
    assert timedelta(hours=1) <= now() - newest.hour < timedelta(hours=2)


def test_it_promises_nearly_all_orders_for_the_future():
    late = Order.objects.filter(promise_at__lt=now()).count()
    assert late < 0.1 * 20_000
    assert not Order.objects.exclude(promise_at=F("first_promise_at")).exists()


def test_it_uses_only_addresses_that_reach_nobody():
    assert not Order.objects.exclude(phone="").exclude(phone__startswith="+861700000").exists()
    assert not Order.objects.exclude(email="").exclude(email__endswith=".example").exists()
    assert Order.objects.filter(phone="", email="").exists()


def test_it_sends_far_lanes_through_hubs():
    assert set(Hub.objects.values_list("kind", flat=True)) >= {"sorting", "airport", "rail", "road"}
    assert 2000 < LaneLeg.objects.count() < 20_000
    # Every hub and road is used, and each lane's last leg goes to the destination.
    used = set(LaneLeg.objects.values_list("hub", flat=True)) | set(LaneLeg.objects.values_list("road", flat=True))
    assert not Hub.objects.exclude(code__in=used - {None}).exists()
    last = {
        lane: hub for lane, _place, hub in LaneLeg.objects.order_by("position").values_list("lane", "position", "hub")
    }
    assert set(last.values()) == {None}


def test_it_keeps_a_backup_warehouse_for_every_great_region():
    standby = Warehouse.objects.filter(standby=True, lead_hours__gt=0)
    assert {code[0] for code in standby.values_list("region", flat=True)} >= set("123456")
    assert closed_warehouses() == set(standby.values_list("code", flat=True))


def test_its_contracts_promise_what_its_lanes_have():
    rooms = lane_rooms(now().date())
    for lane in Lane.objects.filter(carrier="C01")[:50]:
        assert rooms[lane.pk].guaranteed == lane.daily_capacity
        assert rooms[lane.pk].contract


def test_the_sample_drill_hits_orders_on_the_way():
    assert Order.objects.filter(state="dispatched", dispatched_at__lte=now()).count() == 3_000
    cut_off = Scope(regions=tuple(SCOPE["regions"]), warehouses=tuple(SCOPE["warehouses"]))
    assert freeze_affected(reference="incident:1", scope=cut_off, by=SYSTEM).in_transit > 20
