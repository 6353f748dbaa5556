"""A small network that the tests of this room share."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from accounts.actors import Actor
from accounts.roles import Permission
from dispatch.models import Carrier, Lane, LaneRate, Order, Region, Warehouse

ORDER_SYSTEM = Actor("key", "1", frozenset({Permission.PUSH_ORDERS, Permission.VIEW}))


@pytest.fixture
def network(db):
    """Zhejiang with Hangzhou and Ningbo, Shanghai; a warehouse in Hangzhou and one in Shanghai, two carriers, and a
    standard lane of each carrier from each warehouse to each city."""
    zhejiang = Region.objects.create(code="330000", name="浙江省", name_en="Zhejiang", level="province")
    shanghai = Region.objects.create(code="310000", name="上海市", name_en="Shanghai", level="province")
    for code, name, parent in [
        ("330100", "杭州市", zhejiang),
        ("330200", "宁波市", zhejiang),
        ("310100", "上海市", shanghai),
    ]:
        Region.objects.create(code=code, name=name, level="city", parent=parent)
    for code, region, capacity in [("W01", "330100", 300), ("W02", "310100", 100)]:
        Warehouse.objects.create(
            code=code, name=f"{code}仓", region_id=region, daily_capacity=capacity, unit_cost=Decimal("0.5")
        )
    for code in ("SF", "JD"):
        Carrier.objects.create(code=code, name=code)
    for warehouse in ("W01", "W02"):
        for region in ("330100", "330200", "310100"):
            for carrier in ("SF", "JD"):
                lane = Lane.objects.create(
                    warehouse_id=warehouse, region_id=region, carrier_id=carrier, service_level="STD"
                )
                LaneRate.objects.create(lane=lane, max_weight=50, minimum=8, rate=Decimal("1.2"))


@pytest.fixture
def order_row():
    """order_row("A1", version=2, …) → one row of an intake call."""

    def make(name: str, version: int = 1, /, **fields: object) -> dict[str, object]:
        row: dict[str, object] = {
            "external_id": name,
            "version": version,
            "region": "330100",
            "warehouse": "W01",
            "carrier": "SF",
            "service_level": "STD",
            "weight": 1.5,
            "lines": [{"product": "P1", "quantity": 2}],
            "promise_at": "2026-12-01T18:00:00+08:00",
            "customer_name": "王芳",
            "phone": "+8613800001234",
        }
        row.update(fields)
        return {key: value for key, value in row.items() if value is not None}

    return make


@pytest.fixture
def send(network):
    """send(rows) → Intake: hand rows to the operation as the order system."""
    from dispatch.operations import receive_orders

    def call(*rows: object, body: bytes | None = None):
        return receive_orders(body=json.dumps(list(rows)).encode() if body is None else body, by=ORDER_SYSTEM)

    return call


@pytest.fixture
def make_orders(send, order_row):
    """make_orders(3, region="330200") → that many open orders."""

    def make(count: int, prefix: str = "A", **fields: object) -> list[Order]:
        names = [f"{prefix}{number}" for number in range(count)]
        result = send(*(order_row(name, **fields) for name in names))
        assert result.created == count, result
        return list(Order.objects.filter(external_id__in=names).order_by("id"))

    return make
