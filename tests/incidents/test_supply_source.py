"""Supplies come from the nearest warehouse the network knows."""

from types import SimpleNamespace

import pytest

from dispatch.models import Region, Warehouse
from incidents.systems import warehouse_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("region", "scope", "source"),
    [
        ("330100", {}, "HZ"),
        ("330200", {}, "HZ"),  # none in the city: one in the province
        ("330000", {}, "HZ"),
        ("440300", {}, ""),
        ("330100", {"warehouses": ["SH"]}, "SH"),
        ("", {}, ""),
    ],
)
def test_it_finds_the_warehouse(region, scope, source):
    Region.objects.create(code="330000", name="浙江省", level="province")
    city = Region.objects.create(code="330100", name="杭州市", level="city", parent_id="330000")
    Warehouse.objects.create(code="HZ", name="杭州仓", region=city)
    Warehouse.objects.create(code="SH", name="上海仓")
    assert warehouse_of(SimpleNamespace(region_code=region, scope=scope)) == source
