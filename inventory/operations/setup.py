"""Equipping warehouses with the items they should hold."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from accounts.actors import Actor
from accounts.roles import Permission
from dispatch.models import Warehouse
from inventory import defaults
from inventory.models import Item, Stock
from journal import operations as journal


@transaction.atomic
def equip_warehouses(*, by: Actor, warehouse_codes: Iterable[str] | None = None) -> int:
    """Give warehouses (all, or these) a stock row with the default par of every item they do not list yet.

    Makes the default items first when there are none. Rows that exist keep their par. Journals inventory.equipped
    when something was added; returns how many rows were. Raises NotAllowed.
    """
    by.require(Permission.MANAGE_NETWORK)
    if not Item.objects.exists():
        Item.objects.bulk_create([Item(**row) for row in defaults.rows()], ignore_conflicts=True)
    houses = Warehouse.objects.order_by("code")
    if warehouse_codes is not None:
        houses = houses.filter(code__in=list(warehouse_codes))
    items = list(Item.objects.order_by("rank", "code"))
    have = set(Stock.objects.values_list("warehouse_code", "item_id"))
    fresh = [
        Stock(warehouse_code=code, item=item, par=item.default_par)
        for code in houses.values_list("code", flat=True)
        for item in items
        if (code, item.pk) not in have
    ]
    Stock.objects.bulk_create(fresh, ignore_conflicts=True)
    if fresh:
        journal.write(
            kind="inventory.equipped",
            subject="stock:all",
            by=by,
            payload={"warehouses": len({row.warehouse_code for row in fresh}), "lines": len(fresh)},
        )
    return len(fresh)
