"""A small network: Hangzhou gets its goods from W01, and a storm closes Zhejiang."""

import pytest

from accounts.actors import user_actor
from accounts.roles import Role
from dispatch.models import Carrier, Lane, Order, Region, Warehouse
from dispatch.operations import freeze_affected
from dispatch.scope import Scope
from journal import clock
from notifications import sample

REFERENCE = "incident:42"


def build_network():
    Region.objects.create(code="330000", name="浙江省", name_en="Zhejiang", level="province")
    city = Region.objects.create(code="330100", name="杭州市", name_en="Hangzhou", level="city", parent_id="330000")
    warehouse = Warehouse.objects.create(code="W01", name="嘉兴分拨中心", region=city)
    carrier = Carrier.objects.create(code="SF", name="顺丰")
    lane = Lane.objects.create(warehouse=warehouse, region=city, carrier=carrier, service_level="standard")
    sample.load()
    return lane


def place_order(lane, number, **fields):
    now = clock.now()
    values = {
        "external_id": f"A{number:05}",
        "customer_ref": f"C{number}",
        "phone": f"1380000{number:04}",
        "service_level": "standard",
        "region": lane.region,
        "warehouse": lane.warehouse,
        "carrier": lane.carrier,
    }
    return Order.objects.create(lane=lane, version=1, received_at=now, updated_at=now, **{**values, **fields})


def freeze(by, exercise=None, refresh=False, reference=REFERENCE):
    return freeze_affected(reference=reference, scope=Scope(regions=("33",)), by=by, exercise=exercise, refresh=refresh)


@pytest.fixture
def lane(db):
    return build_network()


@pytest.fixture
def order(lane):
    """order(7, phone="…") → an open order of customer C7 to Hangzhou."""

    def place(number, **fields):
        return place_order(lane, number, **fields)

    return place


@pytest.fixture
def chief(make_user):
    return user_actor(make_user("kefu", Role.CUSTOMER_SERVICE, name="陈静"))


@pytest.fixture
def deputy(make_user):
    return user_actor(make_user("kefu2", Role.CUSTOMER_SERVICE, name="周航"))
