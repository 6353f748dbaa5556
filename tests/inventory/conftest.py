"""One warehouse, a few items."""

from decimal import Decimal

import pytest

from accounts.actors import user_actor
from accounts.roles import Role
from dispatch.models import Warehouse
from inventory.models import Item, Stock


@pytest.fixture
def hand(make_user):
    """A warehouse hand of W01."""
    return user_actor(make_user("cang", Role.WAREHOUSE, warehouse_code="W01", name="赵强"))


@pytest.fixture
def stock(db):
    """stock("GEN30", 3) → the stock row of that item at W01 with so much on hand."""
    for code in ("W01", "W02"):
        Warehouse.objects.get_or_create(code=code, defaults={"name": f"仓库{code}"})

    def make(code, quantity=0, *, warehouse="W01", par=0, whole=True, **fields):
        item, _fresh = Item.objects.get_or_create(
            code=code, defaults={"name": code, "unit": "台", "category": "power", "whole": whole}
        )
        return Stock.objects.create(
            item=item, warehouse_code=warehouse, quantity=Decimal(str(quantity)), par=par, **fields
        )

    return make
